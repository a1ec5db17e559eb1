package call

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

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
			i, ok = known[MemberName(name)]
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
