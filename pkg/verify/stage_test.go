package verify

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	cd "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// stage is the gate of another lifecycle event.
func (w *world) stage(t *testing.T, e config.Event, suite string) *Gate {
	t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "sample-website", "stages": {"`+string(e)+`": `+suite+`}}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	g := w.gate(t, `{}`)
	g.deployed.Service, g.deployed.Stage, g.stage = c.Services[0], e, e
	w.eventName = string(e)
	return g
}

func TestEachStageJudgesItsOwnSideOnItsOwnListener(t *testing.T) {
	for name, c := range map[string]struct {
		stage   config.Event
		suite   string
		change  func(*world)
		outcome Outcome
		reason  string
	}{
		"what serves, before anything":         {"BeforeInstall", `{}`, func(w *world) { w.production = map[string]int32{blueGroup: 1}; w.blueServes() }, Succeeded, "1 of 1 checks hold on blue"},
		"what serves, with green installed":    {"AfterInstall", `{}`, func(w *world) { w.production = map[string]int32{blueGroup: 1}; w.blueServes() }, Succeeded, "1 of 1 checks hold on blue"},
		"production elsewhere before":          {"BeforeInstall", `{}`, func(w *world) { w.blueServes() }, Failed, "the production listener does not forward to blue's target group sample-website-tg-1"},
		"nothing primary":                      {"BeforeInstall", `{}`, func(w *world) { w.noPrimary = true }, Failed, "has no primary task set"},
		"green before the traffic":             {"BeforeAllowTraffic", proving, nil, Succeeded, "1 of 1 checks hold on green"},
		"green that the test listener forgot":  {"BeforeAllowTraffic", proving, func(w *world) { w.listener = map[string]int32{blueGroup: 1} }, Failed, "the test listener does not forward to green's target group sample-website-tg-2"},
		"green with the traffic":               {"AfterAllowTraffic", proving, func(w *world) { w.listener = map[string]int32{blueGroup: 1} }, Succeeded, "1 of 1 checks hold on green"},
		"green with half of the traffic":       {"AfterAllowTraffic", proving, func(w *world) { w.production = map[string]int32{blueGroup: 50, greenTG: 50} }, Failed, "the production listener also forwards to sample-website-tg-1, so an answer may not be green's"},
		"blue answers in production":           {"AfterAllowTraffic", proving, func(w *world) { w.site = version("v1", 200) }, Failed, `the production listener does not show the version under deployment: expected "v2", got "v1"`},
		"a smoke test that fails":              {"AfterAllowTraffic", `{"checks": [{"expect": {"status": 204}}]}`, nil, Failed, `check "GET /" failed on green: status is 200, expected 204`},
		"a rollback":                           {"AfterAllowTraffic", proving, func(w *world) { w.deployment.Creator = cd.DeploymentCreatorCodeDeployRollback }, Succeeded, "not judged again"},
		"another event waits, not this one's":  {"AfterAllowTraffic", proving, func(w *world) { w.event = cd.LifecycleEventStatusSkipped }, Skipped, "AfterAllowTraffic is Skipped"},
		"an unhealthy green with the traffic":  {"AfterAllowTraffic", proving, func(w *world) { w.health["10.0.0.11"] = elbtypes.TargetHealthStateEnumDraining }, Failed, "10.0.0.11 is draining"},
		"no suite came with the function":      {"AfterAllowTraffic", "", nil, Failed, "the function was told no suite for AfterAllowTraffic; deploy the stack again"},
		"a group without production listeners": {"AfterAllowTraffic", proving, func(w *world) { w.noProduction = true }, Failed, "has no production listener; give it a prodTrafficRoute"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if c.change != nil {
					c.change(w)
				}
				suite := c.suite
				if suite == "" {
					suite = `{}`
				}
				g := w.stage(t, c.stage, suite)
				if c.suite == "" {
					g.deployed.Service.Stages[c.stage] = config.Suite{}
				}
				v, err := g.Handle(t.Context(), []byte(hookCall))
				if err != nil || v.Outcome != c.outcome || !strings.Contains(v.Reason, c.reason) || v.Stage != string(c.stage) {
					t.Errorf("%s at %s: %s, %v", v.Outcome, v.Stage, v.Reason, err)
				}
				if told := len(w.told) == 1; told == (c.outcome == Skipped) {
					t.Errorf("told %v", w.told)
				}
			})
		})
	}
}

// blueServes puts healthy targets of blue's where the world has green's.
func (w *world) blueServes() { w.startedBy = aws.String("ecs-svc/1") }
