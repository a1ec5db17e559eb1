package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// principals that a statement of a resource's policy means.
type principals struct {
	given    bool
	negate   bool
	everyone bool
	aws      []string
	services []string
}

func readPrincipals(kind Kind, plain, not json.RawMessage) (p principals, err error) {
	raw := plain
	switch {
	case kind == Identity && (plain != nil || not != nil):
		return p, errors.New("an identity's policy cannot name a principal")
	case kind == Identity:
		return p, nil
	case plain != nil && not != nil:
		return p, errors.New("Principal and NotPrincipal cannot stand together")
	case plain == nil && not == nil:
		return p, errors.New("it has neither Principal nor NotPrincipal")
	case not != nil:
		raw = not
	}
	p.given, p.negate = true, not != nil
	var all string
	if json.Unmarshal(raw, &all) == nil {
		if p.everyone = all == "*"; !p.everyone {
			return p, fmt.Errorf("unknown principal %q", all)
		}
		return p, nil
	}
	var by map[string]texts
	if err := json.Unmarshal(raw, &by); err != nil {
		return p, fmt.Errorf("read principal: %w", err)
	}
	for kind, names := range by {
		switch kind {
		case "AWS":
			p.aws = names
		case "Service":
			p.services = names
		case "Federated", "CanonicalUser": // nobody here is one
		default:
			return p, fmt.Errorf("unknown kind of principal %q", kind)
		}
	}
	return p, nil
}

// How a statement names a principal. An account that is named leaves it to its own policies whom it lets.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
type naming uint8

const (
	unnamed naming = iota
	byAccount
	byName
)

// names tells how the statement names the principal of a request.
func (p principals) names(who Principal) naming {
	n := p.listed(who)
	if !p.negate {
		return n
	}
	if n == unnamed {
		return byName
	}
	return unnamed
}

func (p principals) listed(who Principal) naming {
	if p.everyone || slices.Contains(p.aws, "*") { // which mean the same
		return byName
	}
	if who.Service != "" {
		for _, s := range p.services {
			if s == "*" || s == who.Service || regional(s) == who.Service {
				return byName
			}
		}
		return unnamed
	}
	found, account := unnamed, byAccount
	if who.ARN == rootOf(who.Account) {
		account = byName
	}
	for _, a := range p.aws {
		switch {
		case a == who.ARN || (a == who.Role && who.Role != ""):
			return byName
		case a == who.Account || a == rootOf(who.Account):
			found = account
		}
	}
	return found
}

// rootOf an account.
func rootOf(account string) string { return "arn:aws:iam::" + account + ":root" }

// regional is the service's own name of one that has a region in it, such as codedeploy.eu-central-2.amazonaws.com.
func regional(service string) string {
	first, rest, _ := strings.Cut(service, ".")
	region, domain, ok := strings.Cut(rest, ".")
	if ok && domain == "amazonaws.com" && strings.Count(region, "-") >= 2 {
		return first + "." + domain
	}
	return service
}
