package contract_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

// mutant is an input with one thing wrong.
type mutant struct {
	what string
	in   map[string]any
	// refused tells that the models say that it must be; else any answer will do that is no failure of the sandbox.
	refused bool
}

// mutants of a valid input: each required member missing, each member of the wrong type, each text oversized or
// empty, each enum unknown, each number out of its range, and a member that no model has.
func mutants(s *contract.Service, op *contract.Operation, in map[string]any) []mutant {
	all := []mutant{{what: "nothing at all", in: map[string]any{}, refused: len(shapeOf(s, op.Input).Required) > 0}}
	m := clone(in).(map[string]any)
	m["NoSuchMember"] = map[string]any{"a": []any{"b"}}
	all = append(all, mutant{what: "unknown member", in: m})
	var walk func(sh *contract.Shape, v any, path []string)
	add := func(what string, path []string, refused bool, change func(parent map[string]any, key string)) {
		m := clone(in).(map[string]any)
		parent, key := parentOf(m, path)
		if parent == nil {
			return
		}
		change(parent, key)
		all = append(all, mutant{what: what + " " + strings.Join(path, "."), in: m, refused: refused})
	}
	set := func(v any) func(map[string]any, string) { return func(p map[string]any, k string) { p[k] = v } }
	walk = func(sh *contract.Shape, v any, path []string) {
		switch x := v.(type) {
		case map[string]any:
			for k, e := range x {
				here := append(slices.Clone(path), k)
				if slices.Contains(sh.Required, k) {
					add("without", here, true, func(p map[string]any, k string) { delete(p, k) })
				}
				name := sh.Members[k]
				if sh.Type == "map" {
					name = sh.Of
				}
				walk(shapeOf(s, name), e, here)
			}
			if len(path) > 0 {
				add("text for", path, sh.Type == "structure" || sh.Type == "map", set("text"))
			}
		case []any:
			add("text for", path, sh.Type == "list", set("text"))
			for i, e := range x {
				walk(shapeOf(s, sh.Of), e, append(slices.Clone(path), strconv.Itoa(i)))
			}
		case string:
			add("list for", path, false, set([]any{map[string]any{"a": "b"}}))
			add("oversized", path, sh.Max != nil || len(sh.Enum) > 0, set(strings.Repeat("x", 70_000)))
			add("empty", path, sh.Min != nil && *sh.Min > 0, set(""))
			if len(sh.Enum) > 0 {
				add("unknown value for", path, true, set("NoSuchValue"))
			}
		case json.Number:
			add("text for", path, true, set("text"))
			add("minus for", path, sh.Min != nil && *sh.Min >= 0, set(json.Number("-1")))
			add("huge", path, sh.Type == "integer" || sh.Type == "long", set(json.Number("1e300")))
		case bool:
			add("text for", path, true, set("text"))
		}
	}
	walk(shapeOf(s, op.Input), in, nil)
	return all
}

func shapeOf(s *contract.Service, name string) *contract.Shape {
	if sh, ok := s.Shapes[name]; ok {
		return sh
	}
	return &contract.Shape{Type: name}
}

// parentOf is the map that holds what stands at path, nil when that is a list's element.
func parentOf(tree any, path []string) (map[string]any, string) {
	for _, p := range path[:len(path)-1] {
		switch x := tree.(type) {
		case map[string]any:
			tree = x[p]
		case []any:
			i, _ := strconv.Atoi(p)
			tree = x[i]
		}
	}
	m, _ := tree.(map[string]any)
	return m, path[len(path)-1]
}

func clone(v any) any {
	switch x := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(x))
		for k, e := range x {
			m[k] = clone(e)
		}
		return m
	case []any:
		l := make([]any, len(x))
		for i, e := range x {
			l[i] = clone(e)
		}
		return l
	}
	return v
}
