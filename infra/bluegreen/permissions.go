package bluegreen

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
)

// Statement is one Allow of a policy.
type Statement struct {
	// Actions, such as ecs:DescribeServices. In the table of grants.go, none means: the operation's own.
	Actions []string
	// Resources are ARNs, or "*" where the action knows no better.
	Resources []string
	// Condition is operator, key, value; nil for none.
	Condition Condition
}

// Condition is a policy's, in IAM's own nesting.
type Condition map[string]map[string]any

// Permissions derives a policy from client interfaces: each method is an operation, the package of its input is the
// service, and the table says on which resources, under which condition, and with which companions. An operation
// that the table does not have is an error: nobody gets a permission that nobody thought about.
func Permissions(of []reflect.Type, table map[string][]Statement) ([]Statement, error) {
	var statements []Statement
	var missing []error
	operations, err := operationsOf(of)
	if err != nil {
		return nil, err
	}
	for _, action := range operations {
		grants, ok := table[action]
		if !ok {
			missing = append(missing, fmt.Errorf("%s is called, but infra/bluegreen/grants.go does not say on what", action))
		}
		for _, g := range grants {
			if g.Actions == nil {
				g.Actions = []string{action}
			}
			statements = append(statements, g)
		}
	}
	return merged(statements), errors.Join(missing...)
}

// operationsOf lists the actions of all methods, sorted, each once.
func operationsOf(interfaces []reflect.Type) ([]string, error) {
	seen := map[string]bool{}
	for _, t := range interfaces {
		if t.Kind() != reflect.Interface {
			return nil, fmt.Errorf("%s is not an interface", t)
		}
		for m := range t.NumMethod() {
			action, err := actionOf(t.Method(m))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t, err)
			}
			seen[action] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// prefixes are IAM's names of services whose SDK package is called otherwise.
var prefixes = map[string]string{
	"applicationautoscaling": "application-autoscaling",
	"elasticloadbalancingv2": "elasticloadbalancing",
	"cloudwatchlogs":         "logs",
	"eventbridge":            "events",
}

// actionNames are IAM's names of operations that are called otherwise.
var actionNames = map[string]string{"lambda:Invoke": "lambda:InvokeFunction"}

// actionOf reads a method such as
//
//	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
//
// of the SDK, or one without options of package call, whose packages and inputs are called as the SDK's.
func actionOf(m reflect.Method) (string, error) {
	if m.Type.NumIn() < 2 || m.Type.In(1).Kind() != reflect.Pointer || m.Type.In(1).Elem().Name() != m.Name+"Input" {
		return "", fmt.Errorf("%s is not an operation of the SDK", m.Name)
	}
	service := path.Base(m.Type.In(1).Elem().PkgPath())
	action := cmp.Or(prefixes[service], service) + ":" + m.Name
	return cmp.Or(actionNames[action], action), nil
}

// merged joins statements about the same resources under the same condition, in a stable order.
func merged(statements []Statement) []Statement {
	byScope := map[string]Statement{}
	for _, s := range statements {
		scope := fmt.Sprint(s.Resources, s.Condition)
		if one, ok := byScope[scope]; ok {
			s.Actions = slices.Concat(one.Actions, s.Actions)
		}
		byScope[scope] = s
	}
	var out []Statement
	for _, s := range byScope {
		s.Actions = slices.Compact(slices.Sorted(slices.Values(s.Actions)))
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Statement) int {
		return strings.Compare(strings.Join(a.Actions, " "), strings.Join(b.Actions, " "))
	})
	return out
}
