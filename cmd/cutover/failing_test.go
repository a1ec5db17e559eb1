package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

// tell changes what the hook is told, once it is called; what that returns changes it back.
func (r *room) tell(change func(*config.Deployed, map[string]string)) func() (back func()) {
	return func() func() { return r.retold(change) }
}

func (r *room) retold(change func(*config.Deployed, map[string]string)) (back func()) {
	r.t.Helper()
	c := lambda.NewFromConfig(r.aws)
	now, err := c.GetFunctionConfiguration(r.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &r.names.VerifyFunction})
	if err != nil {
		r.t.Fatal(err)
	}
	set := func(variables map[string]string) {
		if _, err := c.UpdateFunctionConfiguration(r.t.Context(), &lambda.UpdateFunctionConfigurationInput{
			FunctionName: &r.names.VerifyFunction, Environment: &types.Environment{Variables: variables},
		}); err != nil {
			r.t.Fatal(err)
		}
	}
	before := now.Environment.Variables
	deployed, err := config.FromEnvironment(func(name string) string { return before[name] })
	if err != nil {
		r.t.Fatal(err)
	}
	after, beside := maps.Clone(before), map[string]string{}
	change(&deployed, beside)
	written, err := deployed.Environment()
	if err != nil {
		r.t.Fatal(err)
	}
	maps.Copy(after, written)
	maps.Copy(after, beside)
	set(after)
	return func() { set(before) }
}

// suite replaces the hook's.
func (r *room) suite(document string) func() (back func()) {
	return r.tell(func(d *config.Deployed, _ map[string]string) {
		c, err := config.Parse([]byte(`{"services": [{"name": "`+website+`", "verify": `+document+`}]}`), policy.Range)
		if err != nil {
			r.t.Fatal(err)
		}
		d.Service.Verify = c.Services[0].Verify
	})
}

// Every way in which a verification fails ends a real deployment through the real hook, with a text that says what was
// wrong, and leaves what served before.
func TestEveryWayToFailIsAnsweredWithItsReason(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	last := ""
	for i, c := range []struct {
		name  string
		begin func() (end func())
		want  string
	}{
		{"a check that does not hold", r.suite(`{"settle": "0s", "checks": [{"path": "/none", "expect": {"status": 299}}]}`), "expected 299"},
		{"no version in the answer", r.suite(`{"timeout": "3s", "settle": "0s", "version": {"header": "X-Other"}}`), "the test listener does not show the version under deployment: expected"},
		{"a load that breaks its limits", r.suite(`{"settle": "0s", "load": {"rate": 20, "duration": "1s", "warmUp": "0s", "requests": [{"path": "/none", "expect": {"status": 299}}]}}`), "the load failed on green: 1 of 1 requests failed"},
		{"time running out", r.suite(`{"settle": "0s", "timeout": "2s", "checks": [{"failures": 1000, "every": "100ms", "expect": {"status": 299}}]}`), "time ran out: check"},
		{"a suite that cannot be read", r.tell(func(_ *config.Deployed, beside map[string]string) { beside[config.EnvService] = "!" }), ""},
		{"no suite at all", r.tell(func(d *config.Deployed, _ map[string]string) { d.Service.Verify = config.Suite{} }), "the function was told no suite for AfterAllowTestTraffic; deploy the stack again"},
		// What the sandbox leads through its proxy, AWS leads through a network: there is no way now.
		{"a listener that cannot be reached", r.tell(func(d *config.Deployed, beside map[string]string) {
			beside["HTTP_PROXY"], beside["http_proxy"] = "http://127.0.0.1:1", "http://127.0.0.1:1"
			d.Service.Verify.Version, d.Service.Verify.Settle = nil, new(config.Duration)
		}), "connection refused"},
		{"a listener that shows another target group", r.suite(`{"settle": "2s", "timeout": "4s"}`), "the test listener does not forward to green's target group"},
	} {
		end := c.begin()
		version := fmt.Sprint("v", i+2)
		starts := r.fault(fault.Function{Name: r.names.VerifyFunction, Throttle: true}) // what is done to the listener comes first
		r.push(version, r.site(runtime.GOARCH, "SITE_VERSION="+version), r.password())
		if strings.Contains(c.name, "another target group") {
			r.until("the test listener shows green", func(now live.Status) bool { return len(now.TaskSets) == 2 && now.TaskSets[1].Test == 100 })
			defer r.fault(fault.Listener{Listener: "8080", Times: 1})()
		}
		starts()
		now := r.until(c.name+" is rolled back", func(now live.Status) bool { return rolledBack(now) && now.Deployment.RollsBack != last })
		last = now.Deployment.RollsBack
		if d := r.deployment(last); d.Status != "Failed" {
			t.Errorf("%s: the deployment is %s", c.name, d.Status)
		}
		end()
		if c.want == "" { // it cannot tell whose report to keep
			r.logged(r.names.VerifyFunction, last, "the hook cannot judge: CUTOVER_SERVICE: is not base64")
			continue
		}
		v, _, kept := r.report(last, "")
		if !kept || v.Outcome != verify.Failed || !strings.Contains(v.Reason, c.want) {
			text, _ := json.Marshal(v.Brief())
			t.Errorf("%s: kept %t: %s", c.name, kept, text)
		}
	}
	if version, _ := r.get(r.url(80)); version != 1 {
		t.Errorf("production shows v%d", version)
	}
}
