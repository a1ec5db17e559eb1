package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// strictly fills dst from a decoded JSON tree and notes every unknown key and wrong type with its path, where
// encoding/json would stop at the first and name no path.
func strictly(dst any, tree any, f *Findings) {
	strict{f}.value(reflect.ValueOf(dst).Elem(), tree, "")
}

type strict struct{ findings *Findings }

func (s strict) value(v reflect.Value, tree any, path string) {
	if tree == nil {
		s.findings.add(named(path), "must not be null; leave the key out for its default")
		return
	}
	if u, ok := v.Addr().Interface().(json.Unmarshaler); ok {
		raw, _ := json.Marshal(tree)
		if err := u.UnmarshalJSON(raw); err != nil {
			s.findings.add(named(path), "%v", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.value(v.Elem(), tree, path)
	case reflect.Struct:
		s.object(v, tree, path)
	case reflect.Slice:
		s.list(v, tree, path)
	case reflect.Map:
		s.table(v, tree, path)
	default:
		s.leaf(v, tree, path)
	}
}

func (s strict) object(v reflect.Value, tree any, path string) {
	object, ok := tree.(map[string]any)
	if !ok {
		s.findings.add(named(path), "must be an object, not %s", kindOf(tree))
		return
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		fields[keyOf(v.Type().Field(i))] = v.Field(i)
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		field, known := fields[key]
		if !known {
			s.findings.add(join(path, key), "is not a key here%s", suggest(key, slices.Sorted(maps.Keys(fields))))
			continue
		}
		s.value(field, object[key], join(path, key))
	}
}

func (s strict) list(v reflect.Value, tree any, path string) {
	list, ok := tree.([]any)
	if !ok {
		s.findings.add(named(path), "must be a list, not %s", kindOf(tree))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, element := range list {
		s.value(v.Index(i), element, fmt.Sprintf("%s[%d]", path, i))
	}
}

func (s strict) table(v reflect.Value, tree any, path string) {
	object, ok := tree.(map[string]any)
	if !ok {
		s.findings.add(named(path), "must be an object, not %s", kindOf(tree))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		element := reflect.New(v.Type().Elem()).Elem()
		s.value(element, object[key], join(path, key))
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), element)
	}
}

func (s strict) leaf(v reflect.Value, tree any, path string) {
	raw, _ := json.Marshal(tree)
	if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
		s.findings.add(named(path), "must be %s, not %s", wanted(v.Kind()), kindOf(tree))
	}
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

func named(path string) string { return or(path, "cutover") }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

func kindOf(tree any) string {
	switch t := tree.(type) {
	case string:
		return fmt.Sprintf("the text %q", t)
	case json.Number:
		return "the number " + t.String()
	case bool:
		return fmt.Sprintf("%t", t)
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// suggest names the keys that exist, the one that was probably meant first when only its case is wrong.
func suggest(key string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, key) {
			return fmt.Sprintf("; did you mean %q?", k)
		}
	}
	return "; there are: " + strings.Join(known, ", ")
}
