package cloudwatch

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The limits of a body
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html and
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html).
const (
	mostWidgets  = 500
	mostInWidget = 500  // metrics of one graph
	mostOnBoard  = 2500 // metrics of all graphs
	mostAlarms   = 100
)

// metricMembers are what a line of a graph may say of how it is drawn.
const metricMembers = "accountId color expression id label period region stat visible yAxis"

// board collects what is wrong with a body.
type board struct {
	found   []types.DashboardValidationMessage
	metrics int
}

// checkDashboard finds what is wrong with a body; an error when it is no JSON object.
func checkDashboard(body string) ([]types.DashboardValidationMessage, error) {
	var tree map[string]any
	if err := json.Unmarshal([]byte(body), &tree); err != nil {
		return nil, err
	}
	if tree == nil {
		return nil, fmt.Errorf("the body is null")
	}
	var b board
	b.members("", tree, boardMembers)
	widgets, _ := tree["widgets"].([]any)
	if len(widgets) > mostWidgets {
		b.say("/widgets", "Should NOT have more than %d items", mostWidgets)
	}
	for i, w := range widgets {
		b.widget(fmt.Sprintf("/widgets/%d", i), w)
	}
	if b.metrics > mostOnBoard {
		b.say("/widgets", "Should NOT have more than %d metrics", mostOnBoard)
	}
	return b.found, nil
}

func (b *board) say(path, format string, args ...any) {
	b.found = append(b.found, types.DashboardValidationMessage{DataPath: &path, Message: ptr(fmt.Sprintf(format, args...))})
}

func (b *board) widget(path string, value any) {
	w, ok := value.(map[string]any)
	if !ok {
		b.say(path, "Should be object")
		return
	}
	b.members(path, w, widgetMembers)
	if (w["x"] == nil) != (w["y"] == nil) {
		b.say(path, "Should have both x and y, or neither")
	}
	kind, _ := w["type"].(string)
	properties, ok := w["properties"].(map[string]any)
	rules, known := propertyMembers[kind]
	if !ok || !known {
		return
	}
	path += "/properties"
	b.members(path, properties, rules)
	switch kind {
	case "metric":
		b.graph(path, properties)
	case "alarm":
		b.alarms(path+"/alarms", properties["alarms"])
	}
}

// graph is a metric widget: it must draw something of a region.
func (b *board) graph(path string, properties map[string]any) {
	metrics, _ := properties["metrics"].([]any)
	annotations, _ := properties["annotations"].(map[string]any)
	if properties["region"] == nil || len(metrics) == 0 && annotations["alarms"] == nil {
		b.say(path, noSource)
	}
	if len(metrics) > mostInWidget {
		b.say(path+"/metrics", "Should NOT have more than %d items", mostInWidget)
	}
	b.metrics += len(metrics)
	for i, m := range metrics {
		b.metric(fmt.Sprintf("%s/metrics/%d", path, i), m)
	}
}

// metricID is what a name that expressions use looks like.
var (
	metricID = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
	color    = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
)

// metric is one line of a graph: namespace, name, and pairs of dimensions, "." for what the line above has; or an
// expression alone; how it is drawn at the end.
func (b *board) metric(path string, value any) {
	line, ok := value.([]any)
	if !ok || len(line) == 0 {
		b.say(path, "Should be array")
		return
	}
	options, drawn := line[len(line)-1].(map[string]any)
	if drawn {
		line = line[:len(line)-1]
	}
	if id, _ := options["id"].(string); options["id"] != nil && !metricID.MatchString(id) {
		b.say(path+"/id", "Should match pattern %q", metricID)
	}
	if c, _ := options["color"].(string); options["color"] != nil && !color.MatchString(c) {
		b.say(path+"/color", "Should match pattern %q", color)
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains(strings.Fields(metricMembers), name) {
			b.say(path+"/"+name, needless)
		}
	}
	if _, calculated := options["expression"].(string); calculated && len(line) == 0 {
		return
	}
	for i, word := range line {
		if !text.is(word) {
			b.say(fmt.Sprintf("%s/%d", path, i), "Should be string")
		}
	}
	if abbreviated := slices.Contains(line, any("...")); !abbreviated && (len(line) < 2 || len(line)%2 != 0) {
		b.say(path, "Should have a namespace, a metric name and pairs of dimension names and values")
	}
}

func (b *board) alarms(path string, value any) {
	alarms, ok := value.([]any)
	if !ok {
		return
	}
	if len(alarms) < 1 || len(alarms) > mostAlarms {
		b.say(path, "Should have 1 to %d items", mostAlarms)
	}
	for i, one := range alarms {
		if arn, _ := one.(string); !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":alarm:") {
			b.say(fmt.Sprintf("%s/%d", path, i), "Should be the ARN of an alarm")
		}
	}
}
