//go:build !race

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/config"
	releasing "github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
)

// woken are the rules of the service's stack, by name, that take an event.
func woken(t *testing.T, s template, event []byte) []string {
	t.Helper()
	var names []string
	for _, id := range s.ids("AWS::Events::Rule") {
		r := s.Resources[id].Properties
		pattern, err := events.ParsePattern(text(account(r["EventPattern"])))
		if err != nil {
			t.Fatalf("%s: %v", r["Name"], err)
		}
		match, err := pattern.Match(event)
		if err != nil {
			t.Fatalf("%s: %v", r["Name"], err)
		}
		if match {
			names = append(names, r["Name"].(string))
		}
	}
	return names
}

func recorded(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../events/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d recorded events: %v", len(files), err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = content
	}
	return out
}

func TestRulesTakeTheirOwnEventsAndNoOthers(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "image": {"tag": "v*"}}]}`)["sample-website"]
	got := map[string][]string{}
	for name, event := range recorded(t) {
		if rules := woken(t, s, event); len(rules) > 0 {
			got[name] = rules
		}
	}
	pushes, changes := []string{"sample-website-pushes"}, []string{"sample-website-changes"}
	want := map[string][]string{
		"ecr-push-tagged": pushes, "ecr-push-documented": pushes, "ecr-push-index": pushes, "ecr-replication": pushes,
		// Tags that look like a version but are none: only the function can tell, by the media types.
		"ecr-push-cache": pushes, "ecr-push-sbom": pushes,
		"codedeploy-success": changes, "codedeploy-failure": changes, "codedeploy-stop": changes,
		"stack-create-complete": changes, "stack-update-complete": changes, "alarm-ok": changes,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScansWakeTheLoopOnlyWhereAGateWaitsForThem(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "image": {"tag": "v*"}, "gates": {"scan": {}}}]}`)["sample-website"]
	for name, event := range recorded(t) {
		scan := strings.Contains(name, "-scan-")
		if woke := slices.Contains(woken(t, s, event), "sample-website-changes"); scan && woke != !strings.Contains(name, "other") {
			t.Errorf("%s wakes the loop: %v", name, woke)
		}
	}
	for name, wants := range map[string]bool{"sample-website": true, "without": false} {
		gates := map[bool]string{true: `, "gates": {"scan": {}}`}[wants]
		s := synth(t, `{"services": [{"name": "`+name+`"`+gates+`}]}`)[name]
		_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", name+"-release")
		reads := slices.ContainsFunc(allowed(t, s, function.Properties["Role"]), func(line string) bool {
			return strings.HasPrefix(line, "ecr:DescribeImageScanFindings on ") && strings.HasSuffix(line, "repository/"+name)
		})
		if reads != wants {
			t.Errorf("%s may read findings: %v", name, reads)
		}
	}
}

func TestImagesAreReadOnlyWhereASuiteAsksForTheirRevision(t *testing.T) {
	for is, wants := range map[string]bool{"revision": true, "tag": false} {
		s := synth(t, `{"services": [{"name": "shop", "stages": {"AfterAllowTraffic": {"version": {"header": "X", "is": "`+is+`"}}}}]}`)["shop"]
		for function, may := range map[string]bool{"shop-release": wants, "CodeDeployHook_shop": false, "CodeDeployHook_shop-AfterAllowTraffic": false} {
			_, f := s.with(t, "AWS::Lambda::Function", "FunctionName", function)
			var layers []string
			for _, line := range allowed(t, s, f.Properties["Role"]) {
				if strings.HasPrefix(line, "ecr:GetDownloadUrlForLayer on ") {
					layers = append(layers, line)
				}
			}
			if len(layers) > 1 || (len(layers) == 1) != may || may && !strings.HasSuffix(layers[0], ":repository/shop") {
				t.Errorf("%s, %s: %v", is, function, layers)
			}
		}
	}
}

func TestStartsThatFailedWakeTheWatcherAndNothingElseDoes(t *testing.T) {
	s := synth(t, shipped)["cutover"]
	got := map[string]bool{}
	for name, event := range recorded(t) {
		if rules := woken(t, s, event); slices.Equal(rules, []string{"sample-website-starts"}) {
			got[name] = true
		} else if len(rules) > 0 {
			t.Errorf("%s wakes %v", name, rules)
		}
	}
	want := map[string]bool{"ecs-task-crashed": true, "ecs-task-unpullable": true, "ecs-task-unhealthy": true, "ecs-placement-failure": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	rule := s.only(t, "AWS::Events::Rule").Properties
	if got := unescaped(text(at(t, rule, "Targets", 0, "InputTransformer"))); got != `{"InputTemplate":"{\"failedStarts\":3,\"event\":<aws.events.event.json>}"}` {
		t.Errorf("it hands over %s", got)
	}
}

func TestWhoeverIsNotWatchedHasNoWatcher(t *testing.T) {
	s := synth(t, `{"services": [{"name": "a", "watch": {"failedStarts": 0}}, {"name": "b", "watch": {"failedStarts": 5}}]}`)["cutover"]
	if rule := s.only(t, "AWS::Events::Rule").Properties; rule["Name"] != "b-starts" {
		t.Errorf("%v is watched", rule["Name"])
	}
	s = synth(t, `{"services": [{"name": "a", "watch": {"failedStarts": 0}}]}`)["cutover"]
	if found := append(s.ids("AWS::Lambda::Function"), s.ids("AWS::Events::Rule")...); len(found) > 0 {
		t.Errorf("nobody wants to be watched, and there are %v", found)
	}
}

func TestWhatTheFunctionActsOnARuleTakes(t *testing.T) {
	for _, tag := range []string{"v*", "v2", "*", "*2", "?2", "v*2", "n*ly"} {
		c := parsed(t, `{"services": [{"name": "sample-website", "image": {"tag": "`+tag+`"}}]}`)
		s := synth(t, `{"services": [{"name": "sample-website", "image": {"tag": "`+tag+`"}}]}`)["sample-website"]
		deployed := config.Deployed{Service: c.Services[0], Cluster: c.Platform.Cluster}
		for name, event := range recorded(t) {
			// The schedule and people come by other ways.
			if strings.HasPrefix(name, "schedule") || strings.HasPrefix(name, "manual") {
				continue
			}
			if releasing.ReadTrigger(event, deployed).Ignored == "" && len(woken(t, s, event)) == 0 {
				t.Errorf("with tags %s, no rule takes %s", tag, name)
			}
		}
	}
}

func TestTheScheduleWakesTheFunctionAsTheSchedulerWould(t *testing.T) {
	c := parsed(t, shipped)
	s := synth(t, shipped)["sample-website"].only(t, "AWS::Scheduler::Schedule").Properties
	trigger := releasing.ReadTrigger([]byte(at(t, s, "Target", "Input").(string)), config.Deployed{Service: c.Services[0]})
	if trigger.Event != "schedule" || trigger.Ignored != "" {
		t.Errorf("the function reads the schedule's input as %+v", trigger)
	}
	if s["ScheduleExpression"] != "rate(5 minutes)" || at(t, s, "FlexibleTimeWindow", "Mode") != "OFF" {
		t.Errorf("%v", s)
	}
}

func TestRulesMayInvokeTheFunctionAndFillItsQueueAndNobodyElseMay(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	rules := s.ids("AWS::Events::Rule")
	var sources []string
	for _, id := range s.ids("AWS::Lambda::Permission") {
		p := s.Resources[id].Properties
		if p["Principal"] != "events.amazonaws.com" || account(p["FunctionName"]) != "<FunctionsReleaseFunction809B6D8E>" {
			t.Errorf("%s: %v", id, p)
		}
		sources = append(sources, account(p["SourceArn"]).(string))
	}
	var want []string
	for _, id := range rules {
		want = append(want, "<"+id+".Arn>")
		dead := account(at(t, s.Resources[id].Properties, "Targets", 0, "DeadLetterConfig", "Arn"))
		if dead != "<QueuesEvents676978AD.Arn>" {
			t.Errorf("%s leaves its dead letters at %v", id, dead)
		}
	}
	if slices.Sort(sources); len(rules) != 2 || !slices.Equal(want, sources) {
		t.Errorf("permissions are for %v, rules are %v", sources, want)
	}
	policy := s.Resources["RulesDeadLetters1F13A134"].Properties
	one := account(at(t, policy, "PolicyDocument", "Statement", 0)).(map[string]any)
	got := at(t, one, "Condition", "ArnEquals", "aws:SourceArn").([]any)
	if len(got) != 2 || one["Resource"] != "<QueuesEvents676978AD.Arn>" {
		t.Errorf("%v", one)
	}
}
