package iam

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const assume = "sts:AssumeRole"

// MayAssume tells whether a role's trust policy lets a service, such as codedeploy.amazonaws.com, take the role on
// behalf of source, an ARN or empty.
func (s *Service) MayAssume(role, service, source string) error {
	q := Request{Principal: Principal{Service: service, Account: s.opts.Account}, Action: assume, Resource: role}
	q.Keys = s.keys(context.Background(), q.Principal, nil)
	if source != "" {
		maps.Copy(q.Keys, sourceKeys(source, s.opts.Account))
	}
	trust, err := s.trust(role)
	if err == nil && !Evaluate(q, nil, trust).Allowed {
		err = errors.New("its trust policy does not let " + service + " assume it")
	}
	return err
}

// decide asks the policies.
func (s *Service) decide(ctx context.Context, who Principal, n need) (Verdict, error) {
	q := Request{Principal: who, Action: n.action, Resource: n.resource, Keys: s.keys(ctx, who, n.keys)}
	identity, err := s.identity(who.Role)
	if err != nil {
		return Verdict{}, err
	}
	if n.action == assume {
		trust, err := s.trust(n.resource)
		return assumed(q, identity, trust), err
	}
	resource, err := s.resource(n)
	if err != nil {
		return Verdict{}, err
	}
	if n.keyed {
		return s.unlocked(q, identity, resource), nil
	}
	return Evaluate(q, identity, resource), nil
}

// assumed decides about taking a role: its trust policy must name the caller, or the account, which leaves it to
// the caller's own policies.
func assumed(q Request, identity, trust []Policy) Verdict {
	own, direct := Evaluate(q, identity, nil), Evaluate(q, nil, trust)
	if !own.Allowed && (own.By != Statement{}) {
		return own
	}
	if direct.Allowed || (direct.By != Statement{}) {
		return direct
	}
	q.Principal = Principal{ARN: rootOf(q.Principal.Account), Account: q.Principal.Account}
	if Evaluate(q, nil, trust).Allowed {
		return own
	}
	return Verdict{}
}

// identity is the policies of a role, inline ones by name first; none for no role.
func (s *Service) identity(arn string) ([]Policy, error) {
	if arn == "" {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.roles[roleName(arn)]
	if r == nil || *r.Arn != arn {
		return nil, nil
	}
	return s.policiesOf(r)
}

// policiesOf a role; the lock is held.
func (s *Service) policiesOf(r *role) (out []Policy, err error) {
	for _, name := range slices.Sorted(maps.Keys(r.inline)) {
		if out, err = s.read(out, *r.Arn, name, r.inline[name], Identity); err != nil {
			return nil, err
		}
	}
	for _, arn := range r.attached {
		p := s.policies[arn]
		if out, err = s.read(out, *r.Arn, *p.PolicyName, p.document, Identity); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// trust policy of a role, none when there is no such role.
func (s *Service) trust(arn string) ([]Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.roles[roleName(arn)]
	if r == nil || *r.Arn != arn {
		return nil, nil
	}
	return s.read(nil, arn, "trust", aws.ToString(r.AssumeRolePolicyDocument), Resource)
}

// resource policy of what a call is about.
func (s *Service) resource(n need) ([]Policy, error) {
	text := ""
	switch {
	case strings.HasPrefix(n.action, "lambda:") && s.opts.FunctionPolicy != nil && strings.Contains(n.resource, ":function:"):
		text = s.opts.FunctionPolicy(functionOf(n.resource))
	case strings.HasPrefix(n.action, "sns:") && s.opts.TopicPolicy != nil:
		text = s.opts.TopicPolicy(n.resource)
	case n.keyed && s.opts.Key != nil:
		_, text = s.opts.Key(n.resource, nil)
	case n.url != "" && s.opts.QueuePolicy != nil:
		text = s.opts.QueuePolicy(n.url)
	}
	if text == "" {
		return nil, nil
	}
	return s.read(nil, n.resource, "resource policy", text, Resource)
}

// read appends a policy.
func (s *Service) read(to []Policy, holder, name, text string, kind Kind) ([]Policy, error) {
	d, err := s.record.document(text, kind)
	if err != nil {
		return nil, errors.New("policy " + name + " of " + holder + " cannot be read: " + err.Error())
	}
	return append(to, Policy{Holder: holder, Name: name, Document: d}), nil
}
