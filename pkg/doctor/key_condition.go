package doctor

import (
	"slices"
	"strings"
)

// truth of a condition of which not everything is known.
type truth uint8

const (
	unknown truth = iota
	yes
	no
)

// neverTold are condition keys that no request of a service in its own name brings: they tell of principals in an account
// (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). That CloudWatch brings no
// kms:CallerAccount was observed (https://repost.aws/questions/QUCsVSJa5QRDunCEGlwztZsg).
var neverTold = []string{
	"kms:calleraccount", "kms:viaservice", "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:username",
	"aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourceip",
}

// holds tells whether all conditions of a statement hold for a request.
func (s policyStatement) holds(asked map[string]string) truth {
	all := yes
	for operator, keys := range s.Condition {
		for name, values := range keys {
			switch one := compared(operator, strings.ToLower(name), values, asked); {
			case one == no:
				return no
			case one == unknown:
				all = unknown
			}
		}
	}
	return all
}

// compared is one key of one operator.
func compared(operator, name string, values oneOrMore, asked map[string]string) truth {
	if _, rest, set := strings.Cut(operator, ":"); set {
		operator = rest // ForAllValues or ForAnyValue: every key here has one value
	}
	operator, lenient := strings.CutSuffix(operator, "IfExists")
	value, there := asked[name]
	gone := !there && asked["aws:principalisawsservice"] == "true" && slices.Contains(neverTold, name)
	if !there && !gone {
		return unknown
	}
	if operator == "Null" {
		return truthOf(slices.Contains(values, "true") == gone)
	}
	not := strings.Contains(operator, "Not")
	if gone {
		return truthOf(not || lenient)
	}
	compare := comparisons[strings.Replace(operator, "Not", "", 1)]
	if compare == nil {
		return unknown
	}
	return truthOf(slices.ContainsFunc(values, func(pattern string) bool { return compare(pattern, value) }) != not)
}

// comparisons by the operators' names, without Not and IfExists.
var comparisons = map[string]func(pattern, value string) bool{
	"StringEquals": func(pattern, value string) bool { return pattern == value }, "Bool": strings.EqualFold,
	"StringEqualsIgnoreCase": strings.EqualFold, "StringLike": like, "ArnLike": like, "ArnEquals": like,
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
