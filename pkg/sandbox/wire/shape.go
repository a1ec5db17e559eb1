package wire

import (
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/smithy-go/middleware"
)

// lowerServices are the SDK's packages whose models write members in lowerCamel.
var lowerServices = map[string]bool{"ecs": true, "codedeploy": true, "ecr": true, "cloudwatchlogs": true}

// upperTypes are the types in these packages whose members are UpperCamel all the same.
var upperTypes = map[string]bool{
	"codedeploy.Tag": true, "codedeploy.TagFilter": true, "codedeploy.EC2TagFilter": true,
	"codedeploy.DeploymentOverview": true, "codedeploy.ListTagsForResourceInput": true,
	"codedeploy.ListTagsForResourceOutput": true, "ecr.Tag": true,
}

// lowerTypes are the types in UpperCamel services whose members are lowerCamel.
var lowerTypes = map[string]bool{
	"sts.PolicyDescriptorType": true,
}

// shapes holds what is known of each Go type, found out once.
var shapes sync.Map // reflect.Type to *shape

type shape struct {
	members []member
	exact   map[string]int // wire name to member
	fold    map[string]int // lower-cased wire name to member
}

type member struct {
	index int
	name  string // on the wire
	key   string // the name as JSON writes it before a value: `"name":`
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	metadataType = reflect.TypeFor[middleware.Metadata]()
)

// shapeOf is the shape of a struct type.
func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{exact: map[string]int{}, fold: map[string]int{}}
	lower := isLower(t)
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Type == metadataType {
			continue
		}
		name := f.Name
		if lower {
			name = lowerFirst(name)
		}
		s.exact[name] = len(s.members)
		s.fold[strings.ToLower(name)] = len(s.members)
		s.members = append(s.members, member{index: i, name: name, key: `"` + name + `":`})
	}
	got, _ := shapes.LoadOrStore(t, s)
	return got.(*shape)
}

// isLower tells whether the members of a type are lowerCamel on the wire.
func isLower(t reflect.Type) bool {
	_, service, ok := strings.Cut(t.PkgPath(), "/service/")
	if !ok {
		return false
	}
	service, _, _ = strings.Cut(service, "/")
	name := service + "." + t.Name()
	if lowerServices[service] {
		return !upperTypes[name]
	}
	return lowerTypes[name]
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// unset tells whether a value is left out of an answer: nil, and an enum without a value.
func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	default:
		return false
	}
}

// unionMember takes a union apart: the name of its member and the member's value.
func unionMember(v reflect.Value) (name string, value reflect.Value, ok bool) {
	e := reflect.Indirect(v.Elem())
	if e.Kind() != reflect.Struct {
		return "", reflect.Value{}, false
	}
	name, ok = strings.CutPrefix(e.Type().Name(), v.Type().Name()+"Member")
	value = e.FieldByName("Value")
	if !ok || !value.IsValid() {
		return "", reflect.Value{}, false
	}
	if isLower(v.Type()) {
		name = lowerFirst(name)
	}
	return name, value, true
}
