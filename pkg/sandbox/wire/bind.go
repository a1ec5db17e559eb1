package wire

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Naming is how the names in a tree match the members of SDK types.
type Naming uint8

const (
	// Exact takes AWS's own names, by the rule of the service that a Go type belongs to, and scalars in their
	// own types: what SDKs send.
	Exact Naming = iota
	// Fold takes names whatever their case and lets scalars convert between text, numbers and booleans: what
	// CloudFormation does ("ECSServices" is EcsServices, "80" is a port).
	Fold
)

// Bind fills dst, a pointer to an SDK struct, from a tree of maps, []any and scalars as encoding/json makes it
// (numbers as float64 or json.Number; any Go integer, []byte and time.Time are taken too). null leaves a member
// unset. Members that dst does not have are no error: they are returned in order with their paths, such as
// "LoadBalancers[0].Weight". A value that does not fit is an error that begins with its path. Unions and
// documents cannot be bound and are errors.
func Bind(dst any, tree map[string]any, naming Naming) (unknown []string, err error) {
	b := binder{fold: naming == Fold, loose: naming == Fold}
	err = b.root(dst, tree)
	slices.Sort(b.unknown)
	return b.unknown, err
}

type binder struct {
	fold    bool // names match without regard to case
	loose   bool // scalars convert
	form    bool // lists and maps are spelled as in a query
	unknown []string
}

// path of a value within a tree; it is spelled only when somebody is told of it.
type path struct {
	parent *path
	name   string // member or key; empty for an element
	index  int
}

func (p *path) String() string {
	switch {
	case p == nil:
		return ""
	case p.name == "":
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.parent == nil:
		return p.name
	default:
		return p.parent.String() + "." + p.name
	}
}

// errorf is an error about the value at p.
func (p *path) errorf(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if p == nil {
		return fmt.Errorf("the request %s", text)
	}
	return fmt.Errorf("%s %s", p, text)
}

func (b *binder) root(dst any, tree map[string]any) error {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("bind into %T: a pointer to a struct is wanted", dst)
	}
	return b.members(v.Elem(), tree, nil)
}

func (b *binder) members(dst reflect.Value, tree map[string]any, at *path) error {
	s := shapeOf(dst.Type())
	for name, src := range tree {
		i, ok := s.exact[name]
		if !ok && b.fold {
			i, ok = s.fold[strings.ToLower(name)]
		}
		here := path{parent: at, name: name}
		if !ok {
			b.unknown = append(b.unknown, here.String())
			continue
		}
		if err := b.set(dst.Field(s.members[i].index), src, &here); err != nil {
			return err
		}
	}
	return nil
}

// set gives dst the value of src; nil leaves it as it is.
func (b *binder) set(dst reflect.Value, src any, at *path) error {
	if src == nil {
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		p := reflect.New(dst.Type().Elem())
		if err := b.set(p.Elem(), src, at); err != nil {
			return err
		}
		dst.Set(p)
		return nil
	case reflect.Struct:
		return b.setStruct(dst, src, at)
	case reflect.Slice:
		if dst.Type().Elem().Kind() == reflect.Uint8 {
			return b.setBlob(dst, src, at)
		}
		return b.setList(dst, src, at)
	case reflect.Map:
		return b.setMap(dst, src, at)
	case reflect.Interface:
		return at.errorf("is a union or a document, which the sandbox does not read")
	default:
		return b.setScalar(dst, src, at)
	}
}

func (b *binder) setStruct(dst reflect.Value, src any, at *path) error {
	if dst.Type() == timeType {
		t, ok := asTime(src)
		if !ok {
			return at.errorf("wants a time, not %s", describe(src))
		}
		dst.Set(reflect.ValueOf(t))
		return nil
	}
	switch tree := src.(type) {
	case map[string]any:
		return b.members(dst, tree, at)
	case string:
		if b.form && tree == "" {
			return nil
		}
	}
	return at.errorf("wants a structure, not %s", describe(src))
}

func (b *binder) setBlob(dst reflect.Value, src any, at *path) error {
	switch x := src.(type) {
	case []byte:
		dst.SetBytes(x)
		return nil
	case string:
		raw, err := base64.StdEncoding.DecodeString(x)
		if err != nil {
			return at.errorf("is not base64")
		}
		dst.SetBytes(raw)
		return nil
	}
	return at.errorf("wants base64, not %s", describe(src))
}

func (b *binder) setList(dst reflect.Value, src any, at *path) error {
	items, ok := src.([]any)
	if b.form {
		var err error
		if items, err = formList(src, at); err != nil {
			return err
		}
	} else if !ok {
		return at.errorf("wants a list, not %s", describe(src))
	}
	list := reflect.MakeSlice(dst.Type(), 0, len(items))
	for i, item := range items {
		if item == nil {
			continue
		}
		e := reflect.New(dst.Type().Elem()).Elem()
		if err := b.set(e, item, &path{parent: at, index: i}); err != nil {
			return err
		}
		list = reflect.Append(list, e)
	}
	dst.Set(list)
	return nil
}

func (b *binder) setMap(dst reflect.Value, src any, at *path) error {
	entries, ok := src.(map[string]any)
	if b.form {
		var err error
		if entries, err = formMap(src, at); err != nil {
			return err
		}
	} else if !ok {
		return at.errorf("wants a map, not %s", describe(src))
	}
	m := reflect.MakeMapWithSize(dst.Type(), len(entries))
	for k, item := range entries {
		if item == nil {
			continue
		}
		e := reflect.New(dst.Type().Elem()).Elem()
		if err := b.set(e, item, &path{parent: at, name: k}); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(k).Convert(dst.Type().Key()), e)
	}
	dst.Set(m)
	return nil
}

// asTime reads the forms in which protocols write times: epoch seconds, ISO 8601, a CBOR tag.
func asTime(src any) (time.Time, bool) {
	switch x := src.(type) {
	case time.Time:
		return x, true
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
			if t, err := time.Parse(layout, x); err == nil {
				return t, true
			}
		}
	}
	f, ok := asFloat(src, true)
	// The years 0 to 9999, which is what can be written back.
	if !ok || !(f >= -62_167_219_200 && f < 253_402_300_800) {
		return time.Time{}, false
	}
	ms := int64(f*1000 + copysignHalf(f))
	return time.UnixMilli(ms).UTC(), true
}

func copysignHalf(f float64) float64 {
	if f < 0 {
		return -0.5
	}
	return 0.5
}
