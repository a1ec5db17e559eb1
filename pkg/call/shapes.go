package call

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	smithytime "github.com/aws/smithy-go/time"
)

// Shapes calls an operation of the awsJson protocols whose input and output are made of the SDK's own types: structs
// whose fields are a shape's members with a capital first letter.
//
// The SDK's types packages say nothing of JSON, and bring nothing that is made before main; what reads and writes them
// is in the clients, which do.
func Shapes[Output any](ctx context.Context, c *Client, o Operation, in any) (*Output, error) {
	out, r := new(Output), reader{}
	if err := c.json(ctx, o, written(reflect.ValueOf(in)), func(body []byte) error { return r.readInto(out, body) }); err != nil {
		return nil, err
	}
	return out, nil
}

// ShapesAndMore is Shapes that also returns what the answer has beyond its type, and that puts such members, which
// another answer had, into the request.
func ShapesAndMore[Output any](ctx context.Context, c *Client, o Operation, in any, more []Member) (*Output, []Member, error) {
	request, _ := written(reflect.ValueOf(in)).(map[string]any)
	for _, m := range more {
		m.putInto(request)
	}
	out, r, found := new(Output), reader{keeps: true}, []Member(nil)
	err := c.json(ctx, o, request, func(body []byte) (err error) {
		if err = r.readInto(out, body); err == nil {
			found, err = exactly(r.unknown, body)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return out, found, nil
}

// written is a value as it stands in JSON. Members that are not set are left out, also a flag that is off where off is
// what it is otherwise; a number without a pointer is one that a shape requires, and always there.
func written(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return written(v.Elem())
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return smithytime.FormatEpochSeconds(at)
		}
		members := map[string]any{}
		for name, i := range membersOf(v.Type()) {
			if f := v.Field(i); set(f) {
				members[name] = written(f)
			}
		}
		return members
	case reflect.Slice:
		all := make([]any, v.Len())
		for i := range all {
			all[i] = written(v.Index(i))
		}
		return all
	case reflect.Map:
		all := map[string]any{}
		for key, value := range v.Seq2() {
			all[key.String()] = written(value)
		}
		return all
	default:
		return v.Interface()
	}
}

func set(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return !v.IsNil()
	case reflect.String:
		return v.Len() > 0
	case reflect.Bool:
		return v.Bool()
	case reflect.Interface: // a union, which nothing that is asked here has
		return false
	default:
		return true
	}
}

// reader reads a tree of JSON into the SDK's types.
type reader struct {
	path []Step
	// keeps what the types have no field for.
	keeps   bool
	unknown []Member
}

// readInto reads an answer into what out points at.
func (r *reader) readInto(out any, body []byte) error {
	var told any
	if err := json.Unmarshal(body, &told); err != nil {
		return err
	}
	return r.read(told, reflect.ValueOf(out).Elem())
}

func (r *reader) read(told any, into reflect.Value) error {
	if told == nil {
		return nil
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return r.read(told, into.Elem())
	case reflect.Struct:
		if at, ok := into.Addr().Interface().(*time.Time); ok {
			return r.time(told, at)
		}
		return r.structure(told, into)
	case reflect.Slice:
		return r.list(told, into)
	case reflect.Map:
		return r.dictionary(told, into)
	case reflect.Interface: // a union, of which the SDK, too, reads no member that it does not know
		return nil
	default:
		return r.scalar(told, into)
	}
}

func (r *reader) time(told any, at *time.Time) error {
	seconds, ok := told.(float64)
	if !ok {
		return r.unfit(told, reflect.ValueOf(at).Elem())
	}
	*at = smithytime.ParseEpochSeconds(seconds)
	return nil
}

// below reads what is one step further in.
func (r *reader) below(s Step, told any, into reflect.Value) error {
	r.path = append(r.path, s)
	err := r.read(told, into)
	r.path = r.path[:len(r.path)-1]
	return err
}

func (r *reader) structure(told any, into reflect.Value) error {
	members, ok := told.(map[string]any)
	if !ok {
		return r.unfit(told, into)
	}
	known := membersOf(into.Type())
	for name, member := range members {
		i, ok := known[name]
		if !ok { // CodeDeploy's counts and tag filters are told with capital letters
			i, ok = known[uncapital(name)]
		}
		if ok {
			if err := r.below(Step{Name: name}, member, into.Field(i)); err != nil {
				return err
			}
		} else if r.keeps && member != nil {
			r.unknown = append(r.unknown, Member{append(slices.Clone(r.path), Step{Name: name}), member})
		}
	}
	return nil
}

func (r *reader) list(told any, into reflect.Value) error {
	all, ok := told.([]any)
	if !ok {
		return r.unfit(told, into)
	}
	into.Set(reflect.MakeSlice(into.Type(), len(all), len(all)))
	for i, element := range all {
		if err := r.below(Step{Index: i}, element, into.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) dictionary(told any, into reflect.Value) error {
	all, ok := told.(map[string]any)
	if !ok {
		return r.unfit(told, into)
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(all)))
	for name, member := range all {
		value := reflect.New(into.Type().Elem()).Elem()
		if err := r.below(Step{Name: name}, member, value); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), value)
	}
	return nil
}

func (r *reader) scalar(told any, into reflect.Value) error {
	switch v := told.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(v)
			return nil
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(v)
			return nil
		}
	case float64:
		switch {
		case into.CanInt() && v == float64(int64(v)) && !into.OverflowInt(int64(v)):
			into.SetInt(int64(v))
			return nil
		case into.CanFloat():
			into.SetFloat(v)
			return nil
		}
	}
	return r.unfit(told, into)
}

func (r *reader) unfit(told any, into reflect.Value) error {
	return fmt.Errorf("%s of the answer is a %T, which is no %s", Member{Path: r.path}, told, into.Type())
}

// fields are the members of types that were met, each with its field's index.
var fields sync.Map

// membersOf a struct of the SDK's, by their names in JSON.
func membersOf(t reflect.Type) map[string]int {
	if known, ok := fields.Load(t); ok {
		return known.(map[string]int)
	}
	members := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Type != reflect.TypeFor[[]Member]() {
			members[uncapital(strings.TrimSuffix(f.Name, "_"))] = i
		}
	}
	fields.Store(t, members)
	return members
}

func uncapital(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if !unicode.IsUpper(first) {
		return name
	}
	return string(unicode.ToLower(first)) + name[size:]
}
