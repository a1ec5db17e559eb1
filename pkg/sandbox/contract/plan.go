package contract

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// node is what there is to check of one Go type in one place; nil when there is nothing.
type node struct {
	shape   *Shape
	pattern *regexp.Regexp // matches whole; nil when there is none, or none that Go reads
	fields  []field        // of a structure
	of, key *node
}

type field struct {
	index    int
	name     string // as AWS's messages write it
	required bool
	node     *node
}

// maker makes the nodes of one operation's input. A type within itself has no end, so that shapes are made once.
type maker struct {
	service *Service
	done    map[string]*node
}

// plan is the node of an operation's input, made when first asked for.
func (c *Contract) plan(s *Service, op *Operation, t reflect.Type) *node {
	if n, ok := c.plans.Load(t); ok {
		return n.(*node)
	}
	m := maker{service: s, done: map[string]*node{}}
	got, _ := c.plans.LoadOrStore(t, m.node(op.Input, t))
	return got.(*node)
}

func (m maker) node(name string, t reflect.Type) *node {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n, ok := m.done[name]; ok {
		return n
	}
	sh := m.service.shape(name)
	n := &node{shape: sh}
	m.done[name] = n
	empty := sh.Enum == nil && sh.Min == nil && sh.Max == nil
	if sh.Pattern != "" {
		n.pattern = compile(sh.Pattern)
		empty = empty && n.pattern == nil
	}
	switch t.Kind() {
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			break
		}
		n.fields = m.fields(sh, t)
		empty = empty && len(n.fields) == 0
	case reflect.Slice:
		if sh.Type == "list" {
			n.of = m.node(sh.Of, t.Elem())
			empty = empty && n.of == nil
		}
	case reflect.Map:
		n.of, n.key = m.node(sh.Of, t.Elem()), m.node(sh.Key, t.Key())
		empty = empty && n.of == nil && n.key == nil
	}
	if empty {
		m.done[name] = nil
		return nil
	}
	return n
}

// fields of a structure that have something to check, in the order of their names.
func (m maker) fields(sh *Shape, t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Type == reflect.TypeFor[middleware.Metadata]() {
			continue
		}
		for member, of := range sh.Members {
			if !strings.EqualFold(member, strings.TrimSuffix(f.Name, "_")) {
				continue
			}
			e := field{
				index: i, name: lowerFirst(member), required: slices.Contains(sh.Required, member) && canMiss(f.Type),
				node: m.node(of, f.Type),
			}
			if e.required || e.node != nil {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return all
}

// canMiss tells whether a value of the type shows that nobody gave one.
func canMiss(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	case reflect.String: // an enum
		return true
	}
	return false
}

// compile reads a pattern of Java's; nil when Go's language does not have it: look-ahead, surrogates, long repeats.
func compile(pattern string) *regexp.Regexp {
	if strings.Contains(pattern, `\uD8`) || strings.Contains(pattern, `\uDB`) {
		return nil
	}
	p := regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`).ReplaceAllString(pattern, `\x{$1}`)
	re, err := regexp.Compile(`^(?:` + p + `)$`)
	if err != nil {
		return nil
	}
	return re
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
