package iam

// Request is what policies are asked: may this principal do this to that.
type Request struct {
	Principal Principal
	Action    string // ecs:RegisterTaskDefinition
	// Resource is an ARN, "*" where the action knows no resource, or empty where the resource cannot be told: any
	// resource that a statement allows then counts.
	Resource string
	// Keys are the condition keys by their names in lower case.
	Keys map[string][]string
}

// Principal of a request: a session of a role, or a service.
type Principal struct {
	ARN     string // arn:aws:sts::<account>:assumed-role/<role>/<session>; empty for a service
	Role    string // ARN of the session's role
	Service string // events.amazonaws.com
	Account string
}

// Policy is a document and where it stands.
type Policy struct {
	Holder string // ARN of the role or of the resource
	Name   string
	*Document
}

// Statement names a statement of a policy: by its Sid, or by its place, "#2" for the second.
type Statement struct {
	Holder, Policy, Label string
}

// String is the statement as people read it; empty for none.
func (s Statement) String() string {
	if s == (Statement{}) {
		return ""
	}
	return "statement " + s.Label + " of " + s.Policy + " of " + s.Holder
}

// Verdict of policies on a request.
type Verdict struct {
	Allowed bool
	// By is the statement that allowed, or that denied; zero when no statement said anything.
	By Statement
	// Resource tells that By stands in the resource's policy.
	Resource bool

	// used are the patterns of By by which it allowed.
	used []grantKey
}

// Evaluate decides as AWS does within one account: a statement that denies wins; otherwise one that allows is
// needed, in a policy of the principal or of the resource. A resource's policy that names the whole account lets its
// own policies decide. A service has no policies of its own.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func Evaluate(q Request, identity, resource []Policy) Verdict {
	for _, deny := range []bool{true, false} {
		if v, ok := find(q, identity, deny, false); ok {
			return v
		}
		if v, ok := find(q, resource, deny, true); ok {
			return v
		}
	}
	return Verdict{}
}

// find the first statement that denies, or that allows.
func find(q Request, policies []Policy, deny, resource bool) (Verdict, bool) {
	for _, p := range policies {
		for _, s := range p.statements {
			if s.allow == deny || !s.applies(q, p.variables) {
				continue
			}
			if n := s.principals.names(q.Principal); resource && (n == unnamed || (n == byAccount && !deny)) {
				continue
			}
			v := Verdict{Allowed: !deny, By: Statement{p.Holder, p.Name, s.label}, Resource: resource}
			if v.Allowed && !resource {
				v.used = s.used(v.By, q, p.variables)
			}
			return v, true
		}
	}
	return Verdict{}, false
}

// applies tells whether action, resource and conditions of the statement are the request's.
func (s *statement) applies(q Request, variables bool) bool {
	if s.actions.none(func(p string) bool { return matchesAction(p, q.Action) }) {
		return false
	}
	if len(s.resources.list) > 0 && s.resources.none(s.matcher(q, variables)) {
		return false
	}
	for _, c := range s.conditions {
		if !c.holds(variables, q.Keys) {
			return false
		}
	}
	return true
}

// none tells whether the list means nothing of what match matches.
func (p patterns) none(match func(pattern string) bool) bool {
	for _, one := range p.list {
		if match(one) {
			return p.negate
		}
	}
	return !p.negate
}

// matcher compares a resource pattern with the request's resource. One that cannot be told is any for a statement
// that allows, and only "*" for one that denies.
func (s *statement) matcher(q Request, variables bool) func(string) bool {
	return func(pattern string) bool {
		if q.Resource == "" {
			return pattern == "*" || s.allow != s.resources.negate
		}
		text, ok := expand(pattern, variables, true, q.Keys)
		return ok && matchesARN(text, q.Resource)
	}
}

// used are the patterns of the statement that matched.
func (s *statement) used(by Statement, q Request, variables bool) []grantKey {
	match := s.matcher(q, variables)
	var out []grantKey
	for _, a := range s.actions.told() {
		if !s.actions.negate && !matchesAction(a, q.Action) {
			continue
		}
		for _, r := range s.resources.told() {
			if s.resources.negate || match(r) {
				out = append(out, grantKey{by, a, r})
			}
		}
	}
	return out
}
