//go:build !race

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestEveryStageHasAFunctionOfItsOwnThatCodeDeployMayCall(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "verify": {"timeout": "3m"}, "stages": {
		"AfterAllowTraffic": {"timeout": "2m", "load": {"rate": 5}}, "BeforeInstall": {}}}]}`)["sample-website"]
	_, group := s.with(t, "AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName", "DgpECS-cutover-Sample-Website")
	called := allowed(t, s, group.Properties["ServiceRoleArn"])
	_, report := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-report")
	_, main := s.with(t, "AWS::Lambda::Function", "FunctionName", "CodeDeployHook_sample-website")
	for name, want := range map[string]struct {
		stage           string
		timeout, memory float64
	}{
		"CodeDeployHook_sample-website":                   {"AfterAllowTestTraffic", 240, 256},
		"CodeDeployHook_sample-website-BeforeInstall":     {"BeforeInstall", 360, 256},
		"CodeDeployHook_sample-website-AfterAllowTraffic": {"AfterAllowTraffic", 180, 1769},
	} {
		id, f := s.with(t, "AWS::Lambda::Function", "FunctionName", name)
		if got := at(t, f.Properties, "Environment", "Variables", "CUTOVER_STAGE"); got != want.stage {
			t.Errorf("%s is told %v", name, got)
		}
		if f.Properties["Timeout"] != want.timeout || f.Properties["MemorySize"] != want.memory {
			t.Errorf("%s has %v s and %v MiB", name, f.Properties["Timeout"], f.Properties["MemorySize"])
		}
		if text(f.Properties["VpcConfig"]) != text(main.Properties["VpcConfig"]) {
			t.Errorf("%s stands elsewhere than the main hook", name)
		}
		if line := "lambda:InvokeFunction on arn:aws:lambda:us-east-1:111122223333:function:" + name; !slices.Contains(called, line) {
			t.Errorf("CodeDeploy may not call %s:\n%s", name, strings.Join(called, "\n"))
		}
		if !slices.Contains(group.DependsOn, id) {
			t.Errorf("the group may stand before %s: %v", name, group.DependsOn)
		}
		if got := allowed(t, s, f.Properties["Role"]); !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "lambda:InvokeFunction on ") }) {
			t.Errorf("%s hands its failures to nobody: %v", name, got)
		}
	}
	if _, told := at(t, report.Properties, "Environment", "Variables").(map[string]any)["CUTOVER_STAGE"]; told {
		t.Error("the function that reports for the dead is told a stage")
	}
	egress := func(document string) string {
		_, g := synth(t, document)["sample-website"].with(t, "AWS::EC2::SecurityGroup", "GroupName", "sample-website-verify-sg")
		return fmt.Sprint(g.Properties["SecurityGroupEgress"])
	}
	if !strings.Contains(egress(`{"services": [{"name": "sample-website", "stages": {"AfterAllowTraffic": {}}}]}`), "production listener") {
		t.Error("a hook that asks the production listener cannot reach it")
	}
	if strings.Contains(egress(`{"services": [{"name": "sample-website", "stages": {"BeforeAllowTraffic": {}}}]}`), "production listener") {
		t.Error("hooks reach the production listener though none asks it")
	}
}
