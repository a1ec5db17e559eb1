package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

const staged = `{"services": [{"name": "a-name-of-twenty-seven-long", "stages": {
	"BeforeInstall": {"checks": [{"path": "/ready"}]}, "AfterAllowTraffic": {"version": {"header": "X-Version"}, "timeout": "2m"}}}]}`

func TestSuitesOfStagesAreCompleteAndInTheOrderOfTheirEvents(t *testing.T) {
	c, err := Parse([]byte(staged), ranges)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services[0]
	if want := []Event{"BeforeInstall", "AfterAllowTestTraffic", "AfterAllowTraffic"}; !slices.Equal(s.Hooked(), want) {
		t.Errorf("the events are %v", s.Hooked())
	}
	before, after := s.Suite("BeforeInstall"), s.Suite("AfterAllowTraffic")
	if before.Checks[0].Name != "GET /ready" || before.Settle.Std() != 0 || before.Timeout.Std() != 5*time.Minute {
		t.Errorf("before: %+v", before)
	}
	if len(after.Checks) != 1 || after.Settle.Std() != 10*time.Second || after.Version.Is != "tag" {
		t.Errorf("after: %+v", after)
	}
	if !s.AsksProduction() {
		t.Error("the production listener is not asked")
	}
	for _, e := range appspec.Events {
		if name := s.Names("c").Hook(e); len(name) > 64 || !strings.HasPrefix(name, "CodeDeployHook_") {
			t.Errorf("Lambda does not allow %s, %d characters", name, len(name))
		}
	}
}

func TestAFunctionIsToldTheSuiteOfItsOwnStageAlone(t *testing.T) {
	c, err := Parse([]byte(staged), ranges)
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []Event{"", "BeforeInstall", Main, "AfterAllowTraffic"} {
		d := Deployed{Service: c.Services[0], Stage: stage, Cluster: "c", Base: "b", Subnets: []string{"s"}, SecurityGroups: []string{"g"}}
		env, err := d.Environment()
		if err != nil {
			t.Fatal(err)
		}
		got, err := FromEnvironment(func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		if got.Stage != stage || !slices.Equal(got.Service.Hooked(), d.Service.Hooked()) {
			t.Errorf("%q is told %q with %v", stage, got.Stage, got.Service.Hooked())
		}
		for _, e := range d.Service.Hooked() {
			want := Suite{}
			if e == stage {
				want = d.Suite()
			}
			if diff := cmp.Diff(want, got.Service.Suite(e)); diff != "" {
				t.Errorf("%q is told of %s:\n%s", stage, e, diff)
			}
		}
	}
	if len(c.Services[0].Suite("BeforeInstall").Checks) == 0 {
		t.Error("the description itself was changed")
	}
}

func TestImpossibleStagesAreRefusedAllAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"services": [{"name": "shop", "stages": {"AllowTraffic": {}, "AfterAllowTestTraffic": {}, "AfterInstall": {"version": {"header": "X"}},
		"BeforeInstall": {"timeout": "15m", "checks": [{"path": "x"}]}, "AfterAllowTraffic": {"cheks": []}}}]}`), ranges)

	for _, want := range []string{
		"services[0].stages.AllowTraffic: is not a lifecycle event that a suite can be bound to; there are: BeforeInstall, AfterInstall, BeforeAllowTraffic, AfterAllowTraffic",
		"services[0].stages.AfterAllowTestTraffic: is what verify is for", "services[0].stages.AfterInstall.version: cannot be proved",
		"services[0].stages.BeforeInstall.timeout: 15m0s is longer than the verify function may run", "services[0].stages.BeforeInstall.checks[0].path",
		"services[0].stages.AfterAllowTraffic.cheks: is not a key here",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}

func TestASuiteOfAStageMayStandInAFile(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"cdk.json":   `{"context": {"cutover": {"services": [{"name": "shop", "stages": {"AfterAllowTraffic": {"file": "smoke.json"}}}]}}}`,
		"smoke.json": `{"checks": [{"method": "POST", "file": "body.txt"}]}`, "body.txt": "hello",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(filepath.Join(dir, "cdk.json"), ranges)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Services[0].Suite("AfterAllowTraffic").Checks[0].Body; got != "hello" {
		t.Errorf("the body is %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "smoke.json"), []byte(`{"checks": [{"method": "POST", "file": "none.txt"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(dir, "cdk.json"), ranges); err == nil || !strings.Contains(err.Error(), `services[0].stages.AfterAllowTraffic.checks[0].file: "none.txt" cannot be read`) {
		t.Errorf("got %v", err)
	}
}

func TestEveryFunctionIsToldWhetherASuiteAsksForAnImagesRevision(t *testing.T) {
	for is, wants := range map[string]bool{"revision": true, "digest": false} {
		for _, at := range []string{`"verify": {%s}`, `"stages": {"AfterAllowTraffic": {%s}}`} {
			c, err := Parse([]byte(`{"services": [{"name": "shop", `+fmt.Sprintf(at, `"version": {"header": "X-Revision", "is": "`+is+`"}`)+`}]}`), ranges)
			if err != nil {
				t.Fatal(err)
			}
			for _, stage := range []Event{"", Main, "AfterAllowTraffic"} {
				env, err := Deployed{Service: c.Services[0], Stage: stage, Cluster: "c", Base: "b", Subnets: []string{"s"}, SecurityGroups: []string{"g"}}.Environment()
				if err != nil {
					t.Fatal(err)
				}
				got, err := FromEnvironment(func(name string) string { return env[name] })
				if err != nil || got.Service.ProvesRevision() != wants {
					t.Errorf("%s at %s, %q: %v, %v", is, at, stage, got.Service.ProvesRevision(), err)
				}
			}
		}
	}
}
