package iam

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one key of one operator.
type condition struct {
	operator
	key    string // in lower case
	values []string
}

// operator compares the values of a key with those of a policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type operator struct {
	compare  compare
	negate   bool // true when none of the policy's values compares
	null     bool
	wild     bool // * and ? are wildcards
	vars     bool // policy variables are replaced
	ifExists bool
	set      set
}

// compare tells whether a request's value and a policy's go together.
type compare func(policy, value string) bool

// set is how several values of a key count.
type set uint8

const (
	one set = iota
	forAny
	forAll
)

// operators by the names that policies use, without Not, IfExists and what stands before the colon.
var operators = map[string]operator{
	"StringEquals":           {compare: equal, vars: true},
	"StringEqualsIgnoreCase": {compare: strings.EqualFold, vars: true},
	"StringLike":             {compare: matches, vars: true, wild: true},
	"ArnEquals":              {compare: likeARN, vars: true, wild: true},
	"ArnLike":                {compare: likeARN, vars: true, wild: true},
	"NumericEquals":          {compare: numeric(func(order int) bool { return order == 0 })},
	"NumericLessThan":        {compare: numeric(func(order int) bool { return order < 0 })},
	"NumericLessThanEquals":  {compare: numeric(func(order int) bool { return order <= 0 })},
	"NumericGreaterThan":     {compare: numeric(func(order int) bool { return order > 0 })},
	"NumericGreaterThanEquals": {
		compare: numeric(func(order int) bool { return order >= 0 }),
	},
	"DateEquals":            {compare: dated(func(order int) bool { return order == 0 })},
	"DateLessThan":          {compare: dated(func(order int) bool { return order < 0 })},
	"DateLessThanEquals":    {compare: dated(func(order int) bool { return order <= 0 })},
	"DateGreaterThan":       {compare: dated(func(order int) bool { return order > 0 })},
	"DateGreaterThanEquals": {compare: dated(func(order int) bool { return order >= 0 })},
	"Bool":                  {compare: strings.EqualFold},
	"BinaryEquals":          {compare: binary},
	"IpAddress":             {compare: within},
}

// negated are the operators that ask for the opposite of another.
var negated = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
	"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals",
	"NotIpAddress": "IpAddress",
}

func readConditions(written map[string]map[string]texts) ([]condition, error) {
	var out []condition
	for _, name := range slices.Sorted(maps.Keys(written)) {
		op, err := readOperator(name)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(written[name])) {
			values := written[name][key]
			if len(values) == 0 {
				return nil, fmt.Errorf("condition %s has no value for %s", name, key)
			}
			out = append(out, condition{operator: op, key: strings.ToLower(key), values: values})
		}
	}
	return out, nil
}

func readOperator(name string) (op operator, err error) {
	rest, by := name, one
	if prefix, after, ok := strings.Cut(name, ":"); ok {
		switch rest = after; prefix {
		case "ForAnyValue":
			by = forAny
		case "ForAllValues":
			by = forAll
		default:
			return op, fmt.Errorf("unknown condition operator %s", name)
		}
	}
	if rest == "Null" {
		return operator{null: true, set: by}, nil
	}
	rest, ifExists := strings.CutSuffix(rest, "IfExists")
	plain, negate := negated[rest]
	if !negate {
		plain = rest
	}
	op, ok := operators[plain]
	if !ok {
		return op, fmt.Errorf("unknown condition operator %s", name)
	}
	op.negate, op.ifExists, op.set = negate, ifExists, by
	return op, nil
}

// holds tells whether the condition is met by the keys of a request.
func (c condition) holds(variables bool, keys map[string][]string) bool {
	values, present := keys[c.key]
	present = present && len(values) > 0
	switch {
	case c.null:
		return strings.EqualFold(c.values[0], "true") != present
	case !present && c.set == forAny:
		return c.ifExists
	case !present:
		return c.ifExists || c.negate || c.set == forAll
	}
	allowed := make([]string, 0, len(c.values))
	for _, v := range c.values {
		if text, ok := c.expand(v, variables, keys); ok {
			allowed = append(allowed, text)
		}
	}
	holds := func(value string) bool {
		return slices.ContainsFunc(allowed, func(policy string) bool { return c.compare(policy, value) }) != c.negate
	}
	// A key with one value, or with several and no word on how they count: one that compares is enough, and with a
	// negated operator none may compare.
	if c.set == forAll || (c.set == one && c.negate) {
		return !slices.ContainsFunc(values, func(v string) bool { return !holds(v) })
	}
	return slices.ContainsFunc(values, holds)
}

func (c condition) expand(text string, variables bool, keys map[string][]string) (string, bool) {
	if !c.vars {
		return text, true
	}
	return expand(text, variables, c.wild, keys)
}

func equal(policy, value string) bool { return policy == value }

func likeARN(policy, value string) bool {
	return strings.Count(value, ":") >= 5 && matchesARN(policy, value)
}

func numeric(want func(order int) bool) compare {
	return func(policy, value string) bool {
		p, err := strconv.ParseFloat(policy, 64)
		if err != nil {
			return false
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || v != v || p != p {
			return false
		}
		switch {
		case v < p:
			return want(-1)
		case v > p:
			return want(1)
		}
		return want(0)
	}
}

func dated(want func(order int) bool) compare {
	return func(policy, value string) bool {
		p, ok := readDate(policy)
		v, known := readDate(value)
		return ok && known && want(v.Compare(p))
	}
}

// readDate reads ISO 8601 or seconds since 1970.
func readDate(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

func binary(policy, value string) bool {
	p, err := base64.StdEncoding.DecodeString(policy)
	if err != nil {
		return false
	}
	v, err := base64.StdEncoding.DecodeString(value)
	return err == nil && bytes.Equal(p, v)
}

// within tells whether an address is in a network, or is the address that the policy names.
func within(policy, value string) bool {
	address, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(policy); err == nil {
		return network.Contains(address)
	}
	only, err := netip.ParseAddr(policy)
	return err == nil && only == address
}
