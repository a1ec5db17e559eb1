package doctor

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// keyPolicy is a KMS key's policy, as far as it tells whom it lets in
// (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html).
type keyPolicy []policyStatement

type policyStatement struct {
	Effect                  string
	Principal, NotPrincipal principals
	Action, NotAction       oneOrMore
	Resource, NotResource   oneOrMore
	Condition               map[string]map[string]oneOrMore
}

// oneOrMore is a text or a list of them.
type oneOrMore []string

// UnmarshalJSON reads a text, a list, or another scalar as its text.
func (o *oneOrMore) UnmarshalJSON(raw []byte) error {
	if raw[0] == '[' {
		return json.Unmarshal(raw, (*[]string)(o))
	}
	var one string
	if json.Unmarshal(raw, &one) != nil {
		one = string(raw)
	}
	*o = oneOrMore{one}
	return nil
}

// principals are names by kind; under "*" stands everybody.
type principals map[string]oneOrMore

// UnmarshalJSON reads "*" or an object.
func (p *principals) UnmarshalJSON(raw []byte) error {
	var all string
	if json.Unmarshal(raw, &all) == nil {
		*p = principals{"AWS": {all}}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]oneOrMore)(p))
}

func readKeyPolicy(text string) (keyPolicy, error) {
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	var all keyPolicy
	if len(document.Statement) > 0 && document.Statement[0] == '{' {
		all = make(keyPolicy, 1)
		return all, json.Unmarshal(document.Statement, &all[0])
	}
	if len(document.Statement) == 0 {
		return nil, errors.New("it has no Statement")
	}
	return all, json.Unmarshal(document.Statement, &all)
}

// admits tells whether a policy lets a principal take an action with a key, and otherwise whether a statement denies it.
// What cannot be told of a condition is taken for the better: it is no finding.
func (p keyPolicy) admits(principal, action, arn string, asked map[string]string) (ok, denied bool) {
	for _, s := range p {
		if !s.means(principal, action, arn) {
			continue
		}
		switch holds := s.holds(asked); {
		case s.Effect == "Deny" && holds == yes:
			return false, true
		case s.Effect == "Allow" && holds != no:
			ok = true
		}
	}
	return ok, false
}

func (s policyStatement) means(principal, action, arn string) bool {
	named, does, on := s.Principal.name(principal), s.Action.mean(strings.ToLower(action), true), s.Resource.mean(arn, false)
	if s.NotPrincipal != nil {
		named = !s.NotPrincipal.name(principal)
	}
	if s.NotAction != nil {
		does = !s.NotAction.mean(strings.ToLower(action), true)
	}
	if s.NotResource != nil {
		on = !s.NotResource.mean(arn, false)
	}
	return named && does && on
}

// name tells whether a principal is meant. The account is by its number, by its root, or as everybody; a role or a user of
// it counts for the account too, because whom the key names itself needs no policy of the account's.
func (p principals) name(principal string) bool {
	if slices.Contains(p["AWS"], "*") {
		return true
	}
	account, isRoot := strings.CutSuffix(principal, ":root")
	if !isRoot {
		return slices.Contains(p["Service"], principal)
	}
	number := account[strings.LastIndexByte(account, ':')+1:]
	return slices.ContainsFunc(p["AWS"], func(one string) bool {
		return one == number || one == principal || strings.HasPrefix(one, account+":role/") || strings.HasPrefix(one, account+":user/")
	})
}

// mean tells whether a value is among the patterns, which fold puts into lower case.
func (o oneOrMore) mean(value string, fold bool) bool {
	return slices.ContainsFunc(o, func(pattern string) bool {
		if fold {
			pattern = strings.ToLower(pattern)
		}
		return like(pattern, value)
	})
}

// like compares with the wildcards * and ?.
func like(pattern, value string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	ok, err := regexp.MatchString("(?s)^"+quoted+"$", value)
	return err == nil && ok
}
