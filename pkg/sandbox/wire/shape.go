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

// flipped are the types, and the single members, that are written in the other case than their service's. Found by
// comparing every operation with AWS's models.
var flipped = map[string]bool{
	"cloudwatch.DashboardInvalidInputError":                          true,
	"cloudwatchlogs.DescribeDestinationsInput.DestinationNamePrefix": true,
	"codedeploy.DeploymentOverview":                                  true,
	"codedeploy.EC2TagFilter":                                        true,
	"codedeploy.ListTagsForResourceInput":                            true,
	"codedeploy.ListTagsForResourceOutput":                           true,
	"codedeploy.Tag":                                                 true,
	"codedeploy.TagFilter":                                           true,
	"codedeploy.TagResourceInput":                                    true,
	"codedeploy.UntagResourceInput":                                  true,
	"ecr.Tag":                                                        true,
	"eventbridge.CapacityProviderStrategyItem":                       true,
	"eventbridge.NetworkConfiguration":                               true,
	"eventbridge.PlacementConstraint":                                true,
	"eventbridge.PlacementStrategy":                                  true,
	"iam.ListDelegationRequestsOutput.IsTruncated":                   true,
	"scheduler.CapacityProviderStrategyItem":                         true,
	"scheduler.NetworkConfiguration":                                 true,
	"scheduler.PlacementConstraint":                                  true,
	"scheduler.PlacementStrategy":                                    true,
	"sns.CheckIfPhoneNumberIsOptedOutInput":                          true,
	"sns.CheckIfPhoneNumberIsOptedOutOutput":                         true,
	"sns.GetSMSAttributesInput":                                      true,
	"sns.GetSMSAttributesOutput":                                     true,
	"sns.ListPhoneNumbersOptedOutInput":                              true,
	"sns.ListPhoneNumbersOptedOutOutput":                             true,
	"sns.OptInPhoneNumberInput":                                      true,
	"sns.SetSMSAttributesInput":                                      true,
	"sqs.CreateQueueInput.Tags":                                      true,
	"sqs.ListDeadLetterSourceQueuesOutput.QueueUrls":                 true,
	"ssm.AssociationFilter":                                          true,
	"ssm.CommandFilter":                                              true,
	"ssm.DocumentFilter":                                             true,
	"ssm.InstanceInformationFilter":                                  true,
	"ssm.InstancePropertyFilter":                                     true,
	"ssm.SessionFilter":                                              true,
	"sts.PolicyDescriptorType":                                       true,
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
	service := serviceOf(t)
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Type == metadataType {
			continue
		}
		name := strings.TrimSuffix(f.Name, "_") // the SDK's way round Go's own words
		if isLower(t) != flipped[service+"."+t.Name()+"."+f.Name] {
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
	service := serviceOf(t)
	return lowerServices[service] != flipped[service+"."+t.Name()]
}

// serviceOf is the SDK's package that a type belongs to: "ecs", "elasticloadbalancingv2"; empty for others.
func serviceOf(t reflect.Type) string {
	_, service, _ := strings.Cut(t.PkgPath(), "/service/")
	service, _, _ = strings.Cut(service, "/")
	return service
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
