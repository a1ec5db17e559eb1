package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jmespath/go-jmespath"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// problems are all the ways in which an answer is not what was expected, in a stable order.
func problems(e config.Expect, a answer) []string {
	var all []string
	complain := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case e.Status != 0 && a.status != e.Status:
		complain("status is %d, expected %d", a.status, e.Status)
	case e.Status == 0 && a.status >= 400:
		complain("status is %d, expected one below 400", a.status)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		if got := a.header.Get(name); got != e.Headers[name] {
			complain("header %s is %q, expected %q", name, got, e.Headers[name])
		}
	}
	if e.Contains != "" && !bytes.Contains(a.body, []byte(e.Contains)) {
		complain("the body does not contain %q; it begins %q", e.Contains, beginning(a.body))
	}
	if limit := e.Latency.Std(); limit > 0 && a.latency > limit {
		complain("the answer took %.0f ms, allowed are %.0f ms", milliseconds(a.latency), milliseconds(limit))
	}
	if len(e.JSON) > 0 {
		all = append(all, jsonProblems(e.JSON, a)...)
	}
	return all
}

func jsonProblems(expected map[string]any, a answer) []string {
	if a.truncated {
		return []string{fmt.Sprintf("the body is larger than %d bytes, too large to be read as JSON", mostBody)}
	}
	var document any
	if err := json.Unmarshal(a.body, &document); err != nil {
		return []string{fmt.Sprintf("the body is not JSON (%v); it begins %q", err, beginning(a.body))}
	}
	var all []string
	for _, expr := range slices.Sorted(maps.Keys(expected)) {
		got, err := jmespath.Search(expr, document)
		if err != nil {
			all = append(all, fmt.Sprintf("%s cannot be found: %v", expr, err))
			continue
		}
		if !reflect.DeepEqual(got, expected[expr]) {
			all = append(all, fmt.Sprintf("%s is %s, expected %s", expr, written(got), written(expected[expr])))
		}
	}
	return all
}

func written(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(beginning(raw))
}

// beginning is enough of a body to recognise it by.
func beginning(b []byte) []byte {
	return b[:min(len(b), 120)]
}
