//go:build !race

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAServiceThatStoodGetsWhatWatchesOverItAndNothingElse(t *testing.T) {
	all := synth(t, adopted)
	for stack, s := range all {
		for id, r := range s.Resources {
			for _, kind := range []string{"AWS::ECS::", "AWS::ElasticLoadBalancingV2::", "AWS::CodeDeploy::", "AWS::ApplicationAutoScaling::", "AWS::ECR::", "AWS::EC2::VPC", "AWS::EC2::Subnet"} {
				if strings.HasPrefix(r.Type, kind) {
					t.Errorf("stack %s makes %s, a %s", stack, id, r.Type)
				}
			}
		}
	}
	s := all["shop"]
	var functions []string
	for _, id := range s.ids("AWS::Lambda::Function") {
		functions = append(functions, s.Resources[id].Properties["FunctionName"].(string))
	}
	slices.Sort(functions)
	if diff := cmp.Diff([]string{"CodeDeployHook_shop", "shop-release", "shop-report"}, functions); diff != "" {
		t.Error(diff)
	}
	in := s.only(t, "AWS::EC2::SecurityGroupIngress").Properties
	hook := s.ids("AWS::EC2::SecurityGroup")[0]
	if in["GroupId"] != "sg-0a1b2c3d" || text(in["FromPort"]) != "9000" || text(in["ToPort"]) != "9000" || unescaped(text(account(in["SourceSecurityGroupId"]))) != `"<`+hook+`.GroupId>"` {
		t.Errorf("the load balancer's security group admits %s", text(in))
	}
	_, first := s.with(t, "AWS::CloudWatch::Alarm", "AlarmName", "shop-tg-1-5xx")
	if got := text(first.Properties["Dimensions"]); !strings.Contains(got, `"app/shop/0a1b"`) || !strings.Contains(got, `"targetgroup/shop-blue/3e"`) {
		t.Errorf("the alarm watches %s", got)
	}
	if woken := text(account(s.Resources)); !strings.Contains(woken, `"application":["shop-app"],"deploymentGroup":["shop-group"]`) {
		t.Error("no rule takes the ends of the group's deployments")
	}
	starts := s
	for _, other := range all {
		if len(other.ids("AWS::Lambda::Function")) == 1 {
			starts = other
		}
	}
	if got := text(account(starts.Resources)); !strings.Contains(got, "cluster/prod") || !strings.Contains(got, "service:shop-web") || strings.Contains(got, "cluster/cutover") {
		t.Errorf("the starts of the service are not watched in its own cluster: %s", got)
	}
}

func TestTheFunctionsOfAServiceThatStoodMayTouchItsOwnPartsAlone(t *testing.T) {
	s := synth(t, adopted)["shop"]
	id, _ := s.with(t, "AWS::Lambda::Function", "FunctionName", "shop-release")
	role := at(t, s.Resources[id].Properties, "Role", "Fn::GetAtt", 0).(string)
	granted := map[string]string{}
	for _, p := range at(t, s.Resources[role].Properties, "Policies").([]any) {
		for _, statement := range at(t, p, "PolicyDocument", "Statement").([]any) {
			one := account(statement).(map[string]any)
			actions, several := one["Action"].([]any)
			if !several {
				actions = []any{one["Action"]}
			}
			for _, a := range actions {
				granted[a.(string)] += text(one["Resource"]) + text(one["Condition"])
			}
		}
	}
	const here = "arn:aws:ecs:us-east-1:111122223333:"
	for action, want := range map[string]string{
		"codedeploy:CreateDeployment":            `["arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop-app/shop-group"]null`,
		"codedeploy:RegisterApplicationRevision": `["arn:aws:codedeploy:us-east-1:111122223333:application:shop-app"]null`,
		"codedeploy:GetDeploymentConfig":         `["arn:aws:codedeploy:us-east-1:111122223333:deploymentconfig:CodeDeployDefault.ECSCanary10Percent5Minutes"]null`,
		"ecs:DescribeServices":                   `["` + here + `service/prod/shop-web"]null`,
		"ecs:RegisterTaskDefinition":             `["` + here + `task-definition/shop-web-task:*"]null`,
		"iam:PassRole": `["arn:aws:iam::111122223333:role/shop-task","arn:aws:iam::111122223333:role/ecsTaskExecutionRole"]` +
			`{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}`,
		"ecr:DescribeImages": `["arn:aws:ecr:us-east-1:111122223333:repository/shop/web"]null`,
		"application-autoscaling:RegisterScalableTarget": `["arn:aws:application-autoscaling:us-east-1:111122223333:scalable-target/*"]` +
			`{"StringEquals":{"application-autoscaling:scalable-dimension":"ecs:service:DesiredCount","application-autoscaling:service-namespace":"ecs"}}`,
	} {
		if granted[action] != want {
			t.Errorf("%s is granted on %s, not on %s", action, granted[action], want)
		}
	}
}
