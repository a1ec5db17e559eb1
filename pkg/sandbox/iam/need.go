package iam

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// need is one action on one resource that a call asks for.
type need struct {
	action   string
	resource string // as a Request's
	keys     keys
	url      string // of the queue that the resource is
	keyed    bool   // the resource is a KMS key, whose policy comes before all others
}

// keys are condition keys, by names in lower case.
type keys map[string][]string

// asking makes needs of the inputs of one operation after another.
type asking struct {
	*Service
	account, region string
	action          string // of the operation, by IAM's name
}

// needed tells the needs of one operation. Those without any need no permission.
type needed func(a asking, in any) []need

// table of operations, by signing name and operation: "ecs:CreateService".
type table map[string]needed

// known are the operations that the sandbox has.
var known = operations()

// Covers tells whether the permissions that an operation needs are known. service is the signing name.
func Covers(service, operation string) bool {
	_, ok := known[service+":"+operation]
	return ok
}

// operations are all that the sandbox has. What they need follows
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
// except where a comment names another source.
func operations() table {
	t := table{}
	t.ecs()
	t.taskSets()
	t.codedeploy()
	t.deployments()
	t.balancers()
	t.lambda()
	t.functionSettings()
	t.ecr()
	t.sqs()
	t.sns()
	t.secrets()
	t.keys()
	t.parameters()
	t.events()
	t.scheduler()
	t.scaling()
	t.monitoring()
	t.logs()
	t.cloudformation()
	t.iam()
	return t
}

// on adds what an operation needs; its name is that of the input, as on a wire.
func on[In any](t table, service string, tell func(a asking, in *In) []need) {
	t[service+":"+strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input")] = func(a asking, in any) []need {
		typed, ok := in.(*In)
		if !ok || typed == nil {
			return []need{a.need("")}
		}
		return tell(a, typed)
	}
}

// onAny adds an operation whose action knows no resource.
func onAny[In any](t table, service string) {
	on(t, service, func(a asking, _ *In) []need { return []need{a.need("*")} })
}

// onEach adds an operation on resources that their own service's ARNs name, made of the parts that name returns.
func onEach[In any](t table, service string, name func(in *In) []string) {
	on(t, service, func(a asking, in *In) []need { return a.needs(service, name(in)) })
}

// needs of the operation's action on each resource. An empty part, or none, is a resource that cannot be told: the
// operation itself will refuse it.
func (a asking) needs(service string, parts []string) []need {
	if len(parts) == 0 {
		return []need{a.need("")}
	}
	var out []need
	for _, part := range parts {
		if part != "" {
			part = a.arn(service, part)
		}
		out = append(out, a.need(part))
	}
	return out
}

// need of the operation's own action.
func (a asking) need(resource string) need { return need{action: a.action, resource: resource} }

func (n need) as(action string) need {
	n.action = action
	return n
}

// with adds a condition key; no values leave it out.
func (n need) with(key string, values ...string) need {
	if len(values) == 0 {
		return n
	}
	more := maps.Clone(n.keys) // a need is a value: others may share its keys
	if more == nil {
		more = keys{}
	}
	more[strings.ToLower(key)] = values
	n.keys = more
	return n
}

// tagged adds the keys that tell the tags which a request brings.
func (n need) tagged(tags map[string]string) need {
	for k, v := range tags {
		n = n.with("aws:RequestTag/"+k, v)
	}
	return n.with("aws:TagKeys", slices.Sorted(maps.Keys(tags))...)
}

// pass is the permission to hand roles to a service; empty ARNs are left out.
func pass(service string, roles ...string) []need {
	var out []need
	for _, role := range roles {
		if role != "" {
			out = append(out, need{action: "iam:PassRole", resource: role}.with("iam:PassedToService", service))
		}
	}
	return out
}

// arn of a resource in the sandbox's account and region. A part that is an ARN already stays as it is.
func (a asking) arn(service, part string) string {
	if strings.HasPrefix(part, "arn:") {
		return part
	}
	return "arn:aws:" + prefixOf(service) + ":" + a.region + ":" + a.account + ":" + part
}

// prefixOf a service's actions, by its signing name.
func prefixOf(service string) string {
	if service == "monitoring" {
		return "cloudwatch"
	}
	return service
}

// part of an ARN: a prefix and a name, or a whole ARN that stands in the name's place; empty without a name.
func part(prefix string, name *string) []string {
	if aws.ToString(name) == "" {
		return []string{""}
	}
	return parts(prefix, []string{*name})
}

// parts are part for each of several names.
func parts(prefix string, names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		if !strings.HasPrefix(n, "arn:") {
			n = prefix + n
		}
		out = append(out, n)
	}
	return out
}

// tagsOf are the tags of an SDK's own type as a map.
func tagsOf[T any](tags []T, pair func(T) (key, value *string)) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		k, v := pair(t)
		out[aws.ToString(k)] = aws.ToString(v)
	}
	return out
}
