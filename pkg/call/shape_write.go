package call

import (
	"reflect"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

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
