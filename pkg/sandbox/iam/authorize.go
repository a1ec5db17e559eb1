package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Lookups find what a decision needs and other services keep. They are called while no lock is held and must not
// call Authorize as anybody but root. Each may be nil, and each may find nothing.
type Lookups struct {
	// FunctionPolicy is the resource policy of the function with this name.
	FunctionPolicy func(name string) string
	// QueuePolicy is the resource policy of the queue with this URL.
	QueuePolicy func(url string) string
	// TopicPolicy is the resource policy of the topic with this ARN.
	TopicPolicy func(arn string) string
	// Key is the ARN and the policy of the KMS key with this id or ARN, or under which this was encrypted.
	Key func(id string, sealed []byte) (arn, policy string)
	// Granted is the id of a KMS grant by which a principal may make an operation with a key for an encryption context, whose
	// names are in lower case; empty for none.
	Granted func(key, principal, operation string, about map[string]string) string
	// TaskRoles are the ARNs of the task and execution roles of a task definition, given by ARN or family:revision.
	TaskRoles func(taskDefinition string) []string
	// Deployment tells the application and deployment group of a deployment. Without it a deployment's group cannot
	// be told, and any group that a statement allows counts.
	Deployment func(id string) (application, group string)
	// DeploymentConfig is the name of a deployment group's configuration.
	DeploymentConfig func(application, group string) string
	// Source is the ARN of the resource on whose behalf a service calls, such as a rule's: aws:SourceArn.
	Source func(ctx context.Context) string
}

// Authorize decides whether the caller of ctx may make a call, and records the decision; it is for wire's
// Options.Before. service is the signing name, operation the operation's.
//
// The account's root may do everything but use a KMS key whose policy leaves the account out, and a call without a caller,
// which the sandbox makes for itself, everything. A
// session of a role may do what the role's policies or the resource's allow, a service what the resource's do. An
// operation whose permissions are not known (Covers) is denied to both.
//
// What allowed it is told in words: the statements, one for each thing that the call needs, or "root"; empty when it
// needs nothing. The error has AWS's words and is AccessDeniedException, or AccessDenied where the service says so.
func (s *Service) Authorize(ctx context.Context, service, operation string, input any) (allowed string, err error) {
	who, root := s.principal(wire.CallerOf(ctx))
	action := prefixOf(service) + ":" + operation
	call := call{ctx: ctx, service: service, operation: action, who: who, root: root}
	tell := known[service+":"+operation]
	if tell == nil {
		n := need{action: action}
		if root {
			return call.allow(s, n, Verdict{}), nil
		}
		return "", call.refuse(s, n, Verdict{}, "because the sandbox does not know which permissions "+action+" needs")
	}
	var by []string
	for _, n := range tell(asking{Service: s, account: s.opts.Account, region: s.opts.Region, action: action}, input) {
		one, err := call.check(s, n)
		if err != nil {
			return "", err
		}
		if !slices.Contains(by, one) {
			by = append(by, one)
		}
	}
	return strings.Join(by, " and "), nil
}

// Check decides whether the caller of ctx may do one thing that no call of the API tells, such as pulling an image
// with a task's execution role, and records the decision. What it returns is Authorize's.
func (s *Service) Check(ctx context.Context, action, resource string, keys map[string][]string) (allowed string, err error) {
	who, root := s.principal(wire.CallerOf(ctx))
	service, _, _ := strings.Cut(action, ":")
	n := need{action: action, resource: resource}
	for name, values := range keys {
		n = n.with(name, values...)
	}
	return call{ctx: ctx, service: service, operation: action, who: who, root: root}.check(s, n)
}

// call is a call that is being decided about.
type call struct {
	ctx       context.Context
	service   string // signing name
	operation string
	who       Principal
	root      bool
}

// check decides about one thing and tells what allowed it.
func (c call) check(s *Service, n need) (allowed string, err error) {
	if c.root && (!n.keyed || wire.CallerOf(c.ctx).ARN == "") {
		return c.allow(s, n, Verdict{}), nil
	}
	v, err := s.decide(c.ctx, c.who, n)
	switch {
	case err != nil:
		return "", c.refuse(s, n, v, "because "+err.Error())
	case !v.Allowed:
		return "", c.refuse(s, n, v, c.reason(n, v))
	}
	return c.allow(s, n, v), nil
}

func (c call) allow(s *Service, n need, v Verdict) string {
	s.record.add(c.decision(n, v, true, ""), v.used)
	if c.root {
		return "root"
	}
	return v.By.String()
}

// principal behind a caller, and whether it is root.
func (s *Service) principal(c wire.Caller) (who Principal, root bool) {
	who = Principal{ARN: c.ARN, Role: c.Role, Account: s.opts.Account}
	switch {
	case c.Role != "":
	case c.ARN == "" || c.ARN == rootOf(s.opts.Account):
		who.ARN = rootOf(s.opts.Account)
		return who, true
	case strings.HasSuffix(c.ARN, ".amazonaws.com"):
		who.ARN, who.Service = "", c.ARN
	}
	return who, false
}
