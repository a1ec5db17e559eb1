package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/cutover-ecs/cutover/pkg/metric"
)

// board is what a test reads of a dashboard's body.
type board struct {
	Widgets []struct {
		Type       string
		Properties struct {
			Query   string
			Metrics [][]any
		}
	}
}

func TestWhatADashboardNamesIsWhatARealReleaseLeavesBehind(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1")
	now := r.release("v1")
	r.judged(now.Deployment.ID, "")
	client := cloudwatch.NewFromConfig(r.aws)
	out := must[*cloudwatch.GetDashboardOutput](r)(client.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: aws.String(website + "-" + r.aws.Region)}))
	var b board
	if err := json.Unmarshal([]byte(*out.DashboardBody), &b); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, w := range b.Widgets {
		for _, line := range w.Properties.Metrics {
			named[fmt.Sprint(line[:len(line)-1])] = true
		}
		if w.Type == "log" && strings.Contains(w.Properties.Query, "@timestamp") {
			r.answersFrom(w.Properties.Query)
		}
	}
	// What this release was measured by, as CloudWatch knows it, is what the dashboard draws.
	for _, name := range []metric.Name{
		metric.Released, metric.PushToStart, metric.PushToLive, metric.InstallTime, metric.VerifyTime, metric.ShiftTime, metric.DeploymentTime, metric.Succeeded,
		metric.VerdictPassed, metric.CheckedFor, "RequestCount", "TargetResponseTime", "HealthyHostCount", "UnHealthyHostCount",
	} {
		list := must[*cloudwatch.ListMetricsOutput](r)(client.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{MetricName: aws.String(string(name))}))
		drawn := 0
		for _, m := range list.Metrics {
			if named[fmt.Sprint(lineOf(m))] {
				drawn++
			}
		}
		if drawn == 0 { // of a target group that nobody has asked yet there is nothing to draw
			t.Errorf("%s is none of the dashboard's lines as it is measured: %+v", name, list.Metrics)
		}
	}
}

// lineOf is a metric as a dashboard names it.
func lineOf(m cwtypes.Metric) []any {
	all := []any{*m.Namespace, *m.MetricName}
	for _, d := range m.Dimensions {
		all = append(all, *d.Name, *d.Value)
	}
	return all
}

// answersFrom checks that the fields that a query asks for stand in a line of its log that passes its filter's message; a
// log without such a line, as that of tasks that did not start, has nothing to show.
func (r *room) answersFrom(query string) {
	r.t.Helper()
	message := regexp.MustCompile(`message = ("[a-z]+")`).FindStringSubmatch(query)[1]
	asked := strings.Split(regexp.MustCompile(`fields @timestamp, (.*)`).FindStringSubmatch(query)[1], ", ")
	found := map[string]bool{}
	lines := 0
	for _, source := range regexp.MustCompile(`SOURCE '([^']+)'`).FindAllStringSubmatch(query, -1) {
		events := must[*cloudwatchlogs.FilterLogEventsOutput](r)(cloudwatchlogs.NewFromConfig(r.aws).FilterLogEvents(r.t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &source[1]}))
		for _, e := range events.Events {
			var line map[string]any
			if !strings.Contains(*e.Message, `"message":`+message) || json.Unmarshal([]byte(*e.Message), &line) != nil {
				continue
			}
			lines++
			for _, path := range asked {
				if fieldOf(line, path) != nil {
					found[path] = true
				}
			}
		}
	}
	for _, path := range asked {
		if lines > 0 && !found[path] {
			r.t.Errorf("no line of %s has %s, which is asked for by\n%s", message, path, query)
		}
	}
	if lines == 0 && message != `"watched"` {
		r.t.Errorf("no line answers\n%s", query)
	}
}

// fieldOf is a member of a line by its path.
func fieldOf(line map[string]any, path string) any {
	first, rest, nested := strings.Cut(path, ".")
	if inner, ok := line[first].(map[string]any); nested && ok {
		return fieldOf(inner, rest)
	}
	return line[path]
}
