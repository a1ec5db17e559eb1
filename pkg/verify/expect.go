package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/jmespath/go-jmespath"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// with is e with captured values in their places.
func (v values) with(e config.Expect) config.Expect {
	if len(v) == 0 {
		v = values{} // $${ is still a plain ${
	}
	e.Contains = v.text(e.Contains)
	texts := make(map[string]string, len(e.Headers))
	for name, value := range e.Headers {
		texts[name] = v.text(value)
	}
	e.Headers = texts
	wanted := make(map[string]any, len(e.JSON))
	for expr, value := range e.JSON {
		wanted[expr] = v.json(value)
	}
	e.JSON, e.JSONSubset = wanted, v.json(e.JSONSubset)
	return e
}

// problems are all the ways in which an answer is not what was expected, in a stable order.
func problems(e config.Expect, a answer) []string {
	var all []string
	complain := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case len(e.Status) > 0 && !e.Status.Has(a.status):
		complain("status is %d, expected %s", a.status, e.Status)
	case len(e.Status) == 0 && a.status >= 400:
		complain("status is %d, expected one below 400", a.status)
	}
	all = append(all, headerProblems(e, a)...)
	if e.Contains != "" && !bytes.Contains(a.body, []byte(e.Contains)) {
		complain("the body does not contain %q; it begins %q", cut(e.Contains, mostShown), beginning(a.body))
	}
	if e.Matches != "" {
		if why := mismatch(e.Matches, a.body); why != "" {
			complain("the body %s; it begins %q", why, beginning(a.body))
		}
	}
	if limit := e.Latency.Std(); limit > 0 && a.latency > limit {
		complain("the answer took %.0f ms, allowed are %.0f ms", milliseconds(a.latency), milliseconds(limit))
	}
	if len(e.JSON) > 0 || e.JSONSubset != nil {
		all = append(all, jsonProblems(e, a)...)
	}
	return append(all, sizeProblems(e, a)...)
}

func headerProblems(e config.Expect, a answer) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		if got := a.header.Get(name); got != e.Headers[name] {
			all = append(all, fmt.Sprintf("header %s is %s, expected %s", name, shownHeader(name, got), shownHeader(name, e.Headers[name])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.HeadersMatch)) {
		got := a.header.Get(name)
		if why := mismatch(e.HeadersMatch[name], []byte(got)); why != "" {
			all = append(all, fmt.Sprintf("header %s is %s, which %s", name, shownHeader(name, got), why))
		}
	}
	return all
}

func mismatch(pattern string, text []byte) string {
	expr, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Sprintf("cannot be matched: %v", err)
	}
	if !expr.Match(text) {
		return fmt.Sprintf("does not match %q", cut(pattern, mostShown))
	}
	return ""
}

func sizeProblems(e config.Expect, a answer) []string {
	packed := ""
	if a.unpacked {
		packed = ", decompressed,"
	}
	switch {
	case a.endless && e.MaxBytes == 0:
		return []string{fmt.Sprintf("the body%s has no end within %d bytes; let it with maxBytes, or ask for less", packed, mostCounted)}
	case a.endless:
		return []string{fmt.Sprintf("the body%s has more than %d bytes", packed, e.MaxBytes)}
	case a.bytes < int64(e.MinBytes):
		return []string{fmt.Sprintf("the body%s has %d bytes, expected at least %d", packed, a.bytes, e.MinBytes)}
	}
	return nil
}

// json is the body as JSON, or the sentence that says why it is none.
func (a answer) json() (any, string) {
	if a.truncated {
		return nil, fmt.Sprintf("the body is larger than %d bytes, too large to be read as JSON", mostBody)
	}
	var document any
	if err := json.Unmarshal(a.body, &document); err != nil {
		return nil, fmt.Sprintf("the body is not JSON (%v); it begins %q", err, beginning(a.body))
	}
	return document, ""
}

func jsonProblems(e config.Expect, a answer) []string {
	document, problem := a.json()
	if problem != "" {
		return []string{problem}
	}
	var all []string
	for _, expr := range slices.Sorted(maps.Keys(e.JSON)) {
		got, err := jmespath.Search(expr, document)
		if err != nil {
			all = append(all, fmt.Sprintf("%s cannot be found: %v", expr, err))
			continue
		}
		if !reflect.DeepEqual(got, e.JSON[expr]) {
			all = append(all, fmt.Sprintf("%s is %s, expected %s", expr, shownJSON(expr, got), shownJSON(expr, e.JSON[expr])))
		}
	}
	if e.JSONSubset != nil {
		all = append(all, missing("", e.JSONSubset, document)...)
	}
	return all
}

// mostMissing is how many differences of one body are told.
const mostMissing = 10

// missing are the places in which got has not what want has.
func missing(path string, want, got any) []string {
	at := path
	if at == "" {
		at = "the body"
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %s, expected an object", at, shownJSON(at, got))}
		}
		var all []string
		for _, key := range slices.Sorted(maps.Keys(w)) {
			value, there := g[key]
			if !there {
				all = append(all, fmt.Sprintf("%s has no %q", at, key))
			} else {
				all = append(all, missing(path+"."+key, w[key], value)...)
			}
			if len(all) >= mostMissing {
				return all[:mostMissing]
			}
		}
		return all
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{fmt.Sprintf("%s is %s, expected a list of %d", at, shownJSON(at, got), len(w))}
		}
		var all []string
		for i := range w {
			if all = append(all, missing(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...); len(all) >= mostMissing {
				return all[:mostMissing]
			}
		}
		return all
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s is %s, expected %s", at, shownJSON(at, got), shownJSON(at, want))}
	}
	return nil
}

// shownJSON is a value in a sentence, hidden when where it stands says that it is a secret.
func shownJSON(at string, v any) string {
	if v != nil && secret.Named(at) {
		return secret.Hidden
	}
	return written(v)
}

func written(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(beginning(raw))
}

// mostShown is enough of a text to recognise it by.
const mostShown = 120

func beginning(b []byte) []byte { return b[:min(len(b), mostShown)] }
