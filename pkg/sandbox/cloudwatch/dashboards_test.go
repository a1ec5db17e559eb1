package cloudwatch

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
)

// whole has a widget of every kind, and each form of a metric.
const whole = `{"start": "-PT6H", "periodOverride": "auto", "widgets": [
	{"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": "# Shop", "background": "transparent"}},
	{"type": "metric", "x": 0, "y": 2, "width": 12, "height": 6, "properties": {"view": "timeSeries", "stacked": true, "region": "us-east-1", "stat": "Sum", "period": 60,
		"title": "Requests", "yAxis": {"left": {"min": 0}}, "metrics": [
		["AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/a/1", "TargetGroup", "targetgroup/a/1", {"id": "m1", "visible": false}],
		[".", ".", ".", ".", ".", "targetgroup/b/1", {"color": "#1f77b4", "label": "b"}], ["...", "targetgroup/c/1"], ["AWS/Lambda", "Errors"],
		[{"expression": "100*m1/(m1+1)", "id": "e1", "yAxis": "right"}]]}},
	{"type": "metric", "properties": {"region": "us-east-1", "annotations": {"alarms": ["arn:aws:cloudwatch:us-east-1:1:alarm:a"]}}},
	{"type": "alarm", "width": 6, "height": 3, "properties": {"title": "Alarms", "alarms": ["arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"]}},
	{"type": "log", "width": 24, "height": 6, "properties": {"query": "SOURCE '/aws/lambda/a' | fields @timestamp", "region": "us-east-1", "view": "table"}},
	{"type": "explorer", "properties": {"whatever": 1}}]}`

func TestADashboardIsPutReadListedAndDeleted(t *testing.T) {
	s := newStage(t, 1)
	c := s.sdk(t)
	ctx := t.Context()
	for _, name := range []string{"shop", "shop-admin", "other"} {
		if _, err := c.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: &name, DashboardBody: aws.String(`{"widgets": []}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: aws.String("shop"), DashboardBody: aws.String(whole)}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String("shop")})
	if err != nil || *got.DashboardBody != whole || !strings.HasPrefix(*got.DashboardArn, "arn:aws:cloudwatch::") || !strings.HasSuffix(*got.DashboardArn, ":dashboard/shop") {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{"shop", "none"}}); err == nil {
		t.Errorf("one that is not there is deleted: %v", err)
	}
	if _, err := c.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{"shop-admin", "other"}}); err != nil {
		t.Error(err)
	}
	list, err := c.ListDashboards(ctx, &cloudwatch.ListDashboardsInput{DashboardNamePrefix: aws.String("sh")})
	if err != nil || len(list.DashboardEntries) != 1 || *list.DashboardEntries[0].DashboardName != "shop" || *list.DashboardEntries[0].Size != int64(len(whole)) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := c.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String("other")}); !noneSuch(err) {
		t.Errorf("a deleted one is read: %v", err)
	}
}

func noneSuch(err error) bool {
	none := (*types.DashboardNotFoundError)(nil)
	return errors.As(err, &none)
}

func TestABodyThatCloudWatchWouldRefuseIsRefusedWithAllThatIsWrong(t *testing.T) {
	one := func(widget string) string { return `{"widgets": [` + widget + `]}` }
	metric := func(line string) string {
		return one(`{"type": "metric", "properties": {"region": "us-east-1", "metrics": [` + line + `]}}`)
	}
	alarms := func(list string) string { return one(`{"type": "alarm", "properties": {"alarms": [` + list + `]}}`) }
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	const line = `["A", "B"]`
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"no widgets":          {`{}`, []string{" Should have required property 'widgets'"}},
		"widgets of no kind":  {`{"widgets": {}}`, []string{"/widgets Should be array"}},
		"a widget of no kind": {one(`"text"`), []string{"/widgets/0 Should be object"}},
		"too many widgets":    {one(many(501, `{"type": "text", "properties": {"markdown": "a"}}`)), []string{"/widgets Should NOT have more than 500 items"}},
		"an unknown key":      {`{"widgets": [], "title": "a"}`, []string{"/title " + needless}},
		"an unknown period":   {`{"widgets": [], "periodOverride": "always"}`, []string{"/periodOverride " + notAmong}},
		"an unknown widget":   {one(`{"type": "graph", "properties": {}}`), []string{"/widgets/0/type " + notAmong}},
		"no properties":       {one(`{"type": "text"}`), []string{"/widgets/0 Should have required property 'properties'"}},
		"beyond the grid": {one(`{"type": "text", "x": 24, "y": -1, "width": 25, "height": 0, "properties": {"markdown": "a"}}`), []string{
			"/widgets/0/height Should be >= 1", "/widgets/0/width Should be <= 24", "/widgets/0/x Should be <= 23", "/widgets/0/y Should be >= 0"}},
		"half a place":            {one(`{"type": "text", "x": 2, "properties": {"markdown": "a"}}`), []string{"/widgets/0 Should have both x and y, or neither"}},
		"a place between":         {one(`{"type": "text", "x": 1.5, "y": 0, "properties": {"markdown": "a"}}`), []string{"/widgets/0/x Should be integer"}},
		"no text":                 {one(`{"type": "text", "properties": {"text": "a"}}`), []string{"/widgets/0/properties Should have required property 'markdown'", "/widgets/0/properties/text " + needless}},
		"a graph of nothing":      {one(`{"type": "metric", "properties": {"region": "us-east-1"}}`), []string{"/widgets/0/properties " + noSource}},
		"a graph of no region":    {one(`{"type": "metric", "properties": {"metrics": [` + line + `]}}`), []string{"/widgets/0/properties " + noSource}},
		"too many metrics":        {metric(many(501, line)), []string{"/widgets/0/properties/metrics Should NOT have more than 500 items"}},
		"half a dimension":        {metric(`["A", "B", "C"]`), []string{"/widgets/0/properties/metrics/0 Should have a namespace, a metric name and pairs of dimension names and values"}},
		"a dimension of no text":  {metric(`["A", "B", "C", 4]`), []string{"/widgets/0/properties/metrics/0/3 Should be string"}},
		"an option that is none":  {metric(`["A", "B", {"statistic": "Sum"}]`), []string{"/widgets/0/properties/metrics/0/statistic " + needless}},
		"an id in capitals":       {metric(`["A", "B", {"id": "M1"}]`), []string{`/widgets/0/properties/metrics/0/id Should match pattern "^[a-z][A-Za-z0-9_]*$"`}},
		"a color by name":         {metric(`["A", "B", {"color": "red"}]`), []string{`/widgets/0/properties/metrics/0/color Should match pattern "^#[0-9A-Fa-f]{6}$"`}},
		"an empty line":           {metric(`[]`), []string{"/widgets/0/properties/metrics/0 Should be array"}},
		"a query without region":  {one(`{"type": "log", "properties": {"query": "fields a"}}`), []string{"/widgets/0/properties Should have required property 'region'"}},
		"no alarms":               {alarms(``), []string{"/widgets/0/properties/alarms Should have 1 to 100 items"}},
		"an alarm by its name":    {alarms(`"web-5xx"`), []string{"/widgets/0/properties/alarms/0 Should be the ARN of an alarm"}},
		"a view that is none":     {one(`{"type": "log", "properties": {"query": "a", "region": "b", "view": "lines"}}`), []string{"/widgets/0/properties/view " + notAmong}},
		"too many metrics in all": {one(many(6, `{"type": "metric", "properties": {"region": "a", "metrics": [`+many(420, line)+`]}}`)), []string{"/widgets Should NOT have more than 2500 metrics"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 1)
			_, err := s.sdk(t).PutDashboard(t.Context(), &cloudwatch.PutDashboardInput{DashboardName: aws.String("a"), DashboardBody: &c.body})
			refusal := (*types.DashboardInvalidInputError)(nil)
			if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.ErrorMessage(), fmt.Sprintf("The dashboard body is invalid, there are %d validation errors:", len(c.want))) {
				t.Fatalf("%v", err)
			}
			var got []string
			for _, m := range refusal.DashboardValidationMessages {
				got = append(got, *m.DataPath+" "+*m.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, body := range []string{"", "{", "null", "[]"} {
		if _, err := checkDashboard(body); err == nil {
			t.Errorf("%q is a body", body)
		}
	}
	s := newStage(t, 1)
	if _, err := s.sdk(t).PutDashboard(t.Context(), &cloudwatch.PutDashboardInput{DashboardName: aws.String("a.b"), DashboardBody: aws.String(`{"widgets": []}`)}); err == nil {
		t.Error("a name with a dot is taken")
	}
}
