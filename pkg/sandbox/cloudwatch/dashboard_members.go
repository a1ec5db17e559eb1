package cloudwatch

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// kind of a member's value in JSON.
type kind string

const (
	text    kind = "string"
	number  kind = "number"
	integer kind = "integer"
	boolean kind = "boolean"
	array   kind = "array"
	object  kind = "object"
)

// member is what may stand at a name.
type member struct {
	kind        kind
	among       string // the values that a text may have; empty for any
	least, most float64
	must        bool
}

// boardMembers and widgetMembers are those of a body and of each widget; propertyMembers those of a widget's properties,
// by its type. A metrics explorer is taken as it is.
var (
	boardMembers = map[string]member{
		"start": {kind: text}, "end": {kind: text}, "periodOverride": {kind: text, among: "auto inherit"},
		"widgets": {kind: array, must: true}, "variables": {kind: array},
	}
	widgetMembers = map[string]member{
		"type": {kind: text, among: "metric text log alarm explorer", must: true},
		"x":    {kind: integer, most: 23}, "y": {kind: integer, most: math.MaxInt32},
		"width": {kind: integer, least: 1, most: 24}, "height": {kind: integer, least: 1, most: 1000},
		"properties": {kind: object, must: true},
	}
	propertyMembers = map[string]map[string]member{
		"metric": {
			"accountId": {kind: text}, "annotations": {kind: object}, "legend": {kind: object}, "liveData": {kind: boolean}, "metrics": {kind: array},
			"period": {kind: integer, least: 1, most: math.MaxInt32}, "region": {kind: text}, "setPeriodToTimeRange": {kind: boolean},
			"singleValueFullPrecision": {kind: boolean}, "sparkline": {kind: boolean}, "stacked": {kind: boolean}, "stat": {kind: text}, "table": {kind: object},
			"timezone": {kind: text}, "title": {kind: text}, "trend": {kind: boolean},
			"view": {kind: text, among: "timeSeries singleValue gauge bar pie table"}, "yAxis": {kind: object},
		},
		"text": {"markdown": {kind: text, must: true}, "background": {kind: text, among: "solid transparent"}},
		"log": {
			"accountId": {kind: text}, "query": {kind: text, must: true}, "queryLanguage": {kind: text, among: "CWLI SQL PPL"}, "region": {kind: text, must: true},
			"stacked": {kind: boolean}, "title": {kind: text}, "view": {kind: text, among: "timeSeries stackedArea bar pie table"},
		},
		"alarm": {
			"alarms": {kind: array, must: true}, "sortBy": {kind: text, among: "default stateUpdatedTimestamp timestamp"}, "states": {kind: array}, "title": {kind: text},
		},
	}
)

// members holds an object to what may stand in it.
func (b *board) members(path string, of map[string]any, rules map[string]member) {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		value, there := of[name]
		switch {
		case there:
			b.member(path+"/"+name, value, rules[name])
		case rules[name].must:
			b.say(path, "Should have required property '%s'", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if _, known := rules[name]; !known {
			b.say(path+"/"+name, needless)
		}
	}
}

func (b *board) member(path string, value any, rule member) {
	if !rule.kind.is(value) {
		b.say(path, "Should be %s", rule.kind)
		return
	}
	if t, ok := value.(string); ok && rule.among != "" && !slices.Contains(strings.Fields(rule.among), t) {
		b.say(path, notAmong)
	}
	if n, ok := value.(float64); ok && rule.most > 0 {
		if n < rule.least {
			b.say(path, "Should be >= %v", rule.least)
		}
		if n > rule.most {
			b.say(path, "Should be <= %v", rule.most)
		}
	}
}

func (k kind) is(value any) bool {
	switch v := value.(type) {
	case string:
		return k == text
	case bool:
		return k == boolean
	case float64:
		return k == number || k == integer && v == math.Trunc(v)
	case []any:
		return k == array
	case map[string]any:
		return k == object
	}
	return false
}
