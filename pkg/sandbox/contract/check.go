package contract

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// violations is how many violations one answer tells at most.
const violations = 10

// Violation is one way in which an input breaks its model.
type Violation struct {
	// Member is the path of the member as AWS writes it: "tags.1.member.key".
	Member string
	// Value is what stands there, as text; null when nothing does.
	Value string
	// Missing tells that a required member has no value.
	Missing bool
	// Rule is the constraint in AWS's words: "Member must not be null".
	Rule string
}

// String is the violation in the words of AWS's own validation.
func (v Violation) String() string {
	value := "'" + v.Value + "'"
	if v.Missing {
		value = "null"
	}
	return fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, v.Member, v.Rule)
}

// Check tells what is wrong with an operation's input, a pointer to the SDK's own, in the words and under the code
// of the service; nil when nothing is, when the record does not know the operation, and when the service has more
// specific words of its own. It is made for wire.Options.Check.
func (c *Contract) Check(service, action string, input any) error {
	s, ok := c.Service(service)
	if !ok || s.Operations[action] == nil {
		return nil
	}
	op := s.Operations[action]
	v := reflect.ValueOf(input).Elem()
	n := c.plan(s, op, v.Type())
	if n == nil {
		return nil
	}
	k := checker{left: left[service+":"+action], own: own[service] && !lenient[service+":"+action]}
	k.structure(n, v, "")
	if len(k.found) == 0 {
		return nil
	}
	return refuse(service, op, k.found)
}

type checker struct {
	left  []string // members that the handler checks
	own   bool     // the handlers check what must not be missing at the root
	found []Violation
}

func (k *checker) structure(n *node, v reflect.Value, at string) {
	for _, f := range n.fields {
		path := at + f.name
		if k.leaves(path) {
			continue
		}
		value := v.Field(f.index)
		if missing(value) {
			if f.required && !(k.own && at == "") {
				k.add(Violation{Member: path, Missing: true, Rule: "Member must not be null"})
			}
			continue
		}
		k.value(f.node, value, path)
	}
}

func (k *checker) leaves(path string) bool {
	for _, p := range k.left {
		if p == path {
			return true
		}
	}
	return false
}

func missing(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

func (k *checker) value(n *node, v reflect.Value, at string) {
	if n == nil || len(k.found) == violations {
		return
	}
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		k.structure(n, v, at+".")
	case reflect.Slice:
		k.limits(n, v, v.Len(), "length", at)
		if n.of != nil {
			for i := range v.Len() {
				k.value(n.of, v.Index(i), at+"."+strconv.Itoa(i+1)+".member")
			}
		}
	case reflect.Map:
		k.limits(n, v, v.Len(), "length", at)
		for _, key := range v.MapKeys() {
			k.value(n.key, key, at+".key")
			k.value(n.of, v.MapIndex(key), at+"."+key.String()+".member")
		}
	case reflect.String:
		k.text(n, v.String(), at)
	case reflect.Int, reflect.Int32, reflect.Int64:
		k.limits(n, v, int(v.Int()), "value", at)
	}
}

func (k *checker) text(n *node, s, at string) {
	if len(n.shape.Enum) > 0 {
		for _, e := range n.shape.Enum {
			if e == s {
				return
			}
		}
		k.add(Violation{
			Member: at, Value: short(s), Rule: "Member must satisfy enum value set: [" + strings.Join(n.shape.Enum, ", ") + "]",
		})
		return
	}
	k.limits(n, reflect.ValueOf(s), utf8.RuneCountInString(s), "length", at)
	if n.pattern != nil && !n.pattern.MatchString(s) {
		k.add(Violation{
			Member: at, Value: short(s), Rule: "Member must satisfy regular expression pattern: " + n.shape.Pattern,
		})
	}
}

// limits compares a length or a value with the least and the most.
func (k *checker) limits(n *node, v reflect.Value, size int, what, at string) {
	if n.shape.Min != nil && float64(size) < *n.shape.Min {
		k.add(Violation{Member: at, Value: spell(v), Rule: fmt.Sprintf("Member must have %s greater than or equal to %g", what, *n.shape.Min)})
	}
	if n.shape.Max != nil && float64(size) > *n.shape.Max {
		k.add(Violation{Member: at, Value: spell(v), Rule: fmt.Sprintf("Member must have %s less than or equal to %.0f", what, *n.shape.Max)})
	}
}

func (k *checker) add(v Violation) {
	if len(k.found) < violations {
		k.found = append(k.found, v)
	}
}

// spell is a value as a message tells it; what is large or compound is named by its size.
func spell(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return fmt.Sprintf("[%d members]", v.Len())
	case reflect.String:
		return short(v.String())
	}
	return strconv.FormatInt(v.Int(), 10)
}

func short(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
