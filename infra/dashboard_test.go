//go:build !race

package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/metric"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/watch"
)

// board is the body of a dashboard, as CloudWatch reads it.
type board struct {
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Title, Markdown, Region, View, Stat, Query string
			Alarms                                     []string
			Metrics                                    [][]any
		}
	}
}

func boardOf(t *testing.T, s template) (b board) {
	t.Helper()
	body := account(s.only(t, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"])
	if err := json.Unmarshal([]byte(fmt.Sprint(body)), &b); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return b
}

// metrics are the lines that are metrics, each with its dimensions as text; expressions are checked and left out.
func (b board) metrics(t *testing.T) (all []string) {
	t.Helper()
	for _, w := range b.Widgets {
		ids := map[string]bool{}
		for _, line := range w.Properties.Metrics {
			drawn := line[len(line)-1].(map[string]any)
			ids[fmt.Sprint(drawn["id"])] = true
			if words := line[:len(line)-1]; len(words) > 0 {
				all = append(all, text(words))
			}
		}
		for _, line := range w.Properties.Metrics {
			expression, _ := line[len(line)-1].(map[string]any)["expression"].(string)
			for _, id := range regexp.MustCompile(`\b[a-z]\d+\b`).FindAllString(expression, -1) {
				if !ids[id] {
					t.Errorf("%s: %q is of %s, which no line has", w.Properties.Title, expression, id)
				}
			}
		}
	}
	return all
}

// balancers are the metrics that a load balancer has for a target group, as far as a dashboard names them
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
var balancers = []string{"RequestCount", "TargetResponseTime", "HTTPCode_Target_5XX_Count", "UnHealthyHostCount", "HealthyHostCount"}

func TestADashboardNamesNoMetricThatNobodyWritesAndAllOfOurs(t *testing.T) {
	all := synth(t, maximal)
	s := all["sample-website"]
	balancer := s.ids("AWS::ElasticLoadBalancingV2::LoadBalancer")[0]
	want := map[string]bool{}
	for _, d := range metric.All {
		service := "sample-website"
		if d.By == "watch" {
			service = "Sample-Website" // the ECS service's: it knows no other
		}
		want[text([]any{metric.Namespace, d.Name, metric.Dimension, service})] = true
	}
	for _, name := range balancers {
		for i := range 2 {
			group, _ := s.with(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", fmt.Sprintf("sample-website-tg-%d", i+1))
			want[text([]any{"AWS/ApplicationELB", name, "LoadBalancer", "<" + balancer + ".LoadBalancerFullName>", "TargetGroup", "<" + group + ".TargetGroupFullName>"})] = true
		}
	}
	got := map[string]bool{}
	for _, m := range boardOf(t, s).metrics(t) {
		got[m] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	quiet := synth(t, `{"services": [{"name": "web", "observe": {"dashboard": true, "phases": false}}]}`)["web"]
	for _, m := range boardOf(t, quiet).metrics(t) {
		for _, n := range []metric.Name{metric.PushToLive, metric.InstallTime, metric.VerifyTime, metric.ShiftTime} {
			if strings.Contains(m, string(n)) {
				t.Errorf("%s is not measured without phases", n)
			}
		}
	}
}

// tagged are the members of a type in JSON, as CloudWatch Logs Insights calls them.
func tagged(t reflect.Type, prefix string) (names []string) {
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			names = append(names, prefix+name)
		}
	}
	return names
}

// fieldsBy are those of a function's lines: what it says, and the metrics that it says it with.
func fieldsBy(by string) []string {
	names := map[string][]string{
		"release": tagged(reflect.TypeFor[release.Outcome](), ""),
		"verify":  append(tagged(reflect.TypeFor[verify.Verdict](), "verdict."), "deployment", "service"),
		"watch":   append(tagged(reflect.TypeFor[watch.Diagnosis](), "diagnosis."), "deployment", "service"),
	}[by]
	for _, d := range metric.All {
		if d.By == by {
			names = append(names, string(d.Name))
		}
	}
	return append(names, "@timestamp", "message")
}

// word is a field in a query; what is in quotes is none.
var (
	quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	word   = regexp.MustCompile(`@?[A-Za-z][A-Za-z.]*`)
	syntax = strings.Fields("SOURCE fields filter sort limit desc and or not in ispresent")
)

func TestADashboardAsksOnlyLogsThatThereAreForFieldsThatStandInThem(t *testing.T) {
	all := synth(t, strings.Replace(maximal, `"verify": {`, `"stages": {"AfterAllowTraffic": {}}, "verify": {`, 1))
	asked := map[string][]string{}
	for _, w := range boardOf(t, all["sample-website"]).Widgets {
		p := w.Properties
		if w.Type != "log" {
			continue
		}
		if p.Region != "us-east-1" || p.View != "table" {
			t.Errorf("%s: %+v", p.Title, p)
		}
		for _, source := range regexp.MustCompile(`SOURCE '([^']+)'`).FindAllStringSubmatch(p.Query, -1) {
			stack, by := all["sample-website"], "verify"
			switch {
			case strings.HasSuffix(source[1], "-watch"):
				stack, by = all["cutover"], "watch"
			case strings.HasSuffix(source[1], "-release"):
				by = "release"
			}
			stack.with(t, "AWS::Logs::LogGroup", "LogGroupName", source[1])
			asked[by] = append(asked[by], source[1])
			fields := fieldsBy(by)
			for _, name := range word.FindAllString(quoted.ReplaceAllString(p.Query, ""), -1) {
				if !slices.Contains(fields, name) && !slices.Contains(syntax, name) {
					t.Errorf("%s: nothing writes %s into %s", p.Title, name, source[1])
				}
			}
		}
	}
	want := map[string][]string{"release": {"/aws/lambda/sample-website-release", "/aws/lambda/sample-website-release"}, "watch": {"/aws/lambda/cutover-watch"},
		"verify": {"/aws/lambda/CodeDeployHook_sample-website", "/aws/lambda/CodeDeployHook_sample-website-AfterAllowTraffic"}}
	slices.Sort(asked["verify"])
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	for _, verdict := range []release.Verdict{release.Current, release.Ignored} {
		if body := text(all["sample-website"].only(t, "AWS::CloudWatch::Dashboard").Properties); !strings.Contains(body, string(verdict)) {
			t.Errorf("%s is not left out", verdict)
		}
	}
}

func TestADashboardShowsEveryAlarmOfItsStackAndOfTheOperators(t *testing.T) {
	s := synth(t, `{"services": [{"name": "web", "deployment": {"alarms": ["checkout"]}, "observe": {"dashboard": true, "alarms": ["deadLetters", "errors"]}}]}`)["web"]
	want := []string{"arn:aws:cloudwatch:us-east-1:111122223333:alarm:checkout"}
	for _, id := range s.ids("AWS::CloudWatch::Alarm") {
		want = append(want, "<"+id+".Arn>")
	}
	for _, w := range boardOf(t, s).Widgets {
		if w.Type == "alarm" {
			got := slices.Sorted(slices.Values(w.Properties.Alarms))
			if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestADashboardsWidgetsStandSideBySideInsideTheGrid(t *testing.T) {
	for name, document := range map[string]string{"maximal": maximal, "no watch": `{"services": [{"name": "web", "watch": {"failedStarts": 0}, "observe": {"dashboard": true}}]}`} {
		all := synth(t, document)
		for _, s := range all {
			if len(s.ids("AWS::CloudWatch::Dashboard")) == 0 {
				continue
			}
			taken := map[[2]int]string{}
			for _, w := range boardOf(t, s).Widgets {
				if w.X < 0 || w.X+w.Width > 24 || w.Height < 1 || w.Width < 1 {
					t.Errorf("%s: %+v is outside", name, w)
				}
				for x := w.X; x < w.X+w.Width; x++ {
					for y := w.Y; y < w.Y+w.Height; y++ {
						if other, ok := taken[[2]int{x, y}]; ok {
							t.Fatalf("%s: %q stands on %q", name, w.Properties.Title, other)
						}
						taken[[2]int{x, y}] = w.Properties.Title
					}
				}
			}
			last := 0
			for at := range taken {
				last = max(last, at[1])
			}
			if len(taken) != 24*(last+1) {
				t.Errorf("%s: %d cells of %d are empty", name, 24*(last+1)-len(taken), 24*(last+1))
			}
		}
	}
}

func TestThereIsNoDashboardUnlessItIsAsked(t *testing.T) {
	all := synth(t, `{"services": [{"name": "web"}, {"name": "shop", "observe": {"dashboard": true}}]}`)
	if ids := all["web"].ids("AWS::CloudWatch::Dashboard"); len(ids) > 0 {
		t.Errorf("%v", ids)
	}
	// An account's dashboards are of all regions together.
	if name := account(all["shop"].only(t, "AWS::CloudWatch::Dashboard").Properties["DashboardName"]); name != "shop-us-east-1" {
		t.Errorf("it is called %v", name)
	}
}
