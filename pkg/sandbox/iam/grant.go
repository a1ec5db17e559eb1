package iam

import (
	"maps"
	"slices"
	"strings"
)

// Grant is one action on one resource that a statement of a role's policy allows, both as the policy writes them.
type Grant struct {
	Role      string // ARN
	Policy    string
	Statement string // the Sid, or "#2" for the second
	Action    string // "not …" for a NotAction
	Resource  string // "not …" for a NotResource
	// Uses is how many decisions it allowed. Where several statements allow the same, the first is used: inline
	// policies by name, then managed ones in the order in which they were attached.
	Uses int
}

// grantKey is a Grant's own part.
type grantKey struct {
	statement        Statement
	action, resource string
}

// Grants are all that the policies of roles allow, in order. Policies that cannot be read grant nothing.
func (s *Service) Grants() []Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Grant
	for _, name := range slices.Sorted(maps.Keys(s.roles)) {
		policies, err := s.policiesOf(s.roles[name])
		if err != nil {
			continue
		}
		for _, p := range policies {
			for _, one := range p.statements {
				if one.allow {
					out = append(out, s.record.grants(p, one)...)
				}
			}
		}
	}
	return out
}

func (r *record) grants(p Policy, one statement) []Grant {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Grant
	for _, a := range one.actions.told() {
		for _, resource := range one.resources.told() {
			by := Statement{p.Holder, p.Name, one.label}
			out = append(out, Grant{
				Role: p.Holder, Policy: p.Name, Statement: one.label, Action: a, Resource: resource,
				Uses: r.uses[grantKey{by, a, resource}],
			})
		}
	}
	return out
}

// Unused are the grants whose action no call has used on any resource of their statement, or whose resource no call
// has used with any of its actions. What only does not belong together, such as ecs:DeleteTaskSet on the service in
// a statement for a service and its task sets, is left out; Grants tells it.
func (s *Service) Unused() []Grant {
	type half struct {
		Statement
		pattern  string
		resource bool
	}
	grants, used := s.Grants(), map[half]bool{}
	halves := func(g Grant) (action, resource half) {
		by := Statement{g.Role, g.Policy, g.Statement}
		return half{by, g.Action, false}, half{by, g.Resource, true}
	}
	for _, g := range grants {
		if g.Uses > 0 {
			action, resource := halves(g)
			used[action], used[resource] = true, true
		}
	}
	return slices.DeleteFunc(grants, func(g Grant) bool {
		action, resource := halves(g)
		return used[action] && used[resource]
	})
}

// told are the patterns as grants name them.
func (p patterns) told() []string {
	if !p.negate {
		return p.list
	}
	return []string{"not " + strings.Join(p.list, ", ")}
}
