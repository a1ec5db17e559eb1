package stackupdate

import (
	"regexp"
	"strings"
)

// References are the logical names that a value of a template refers to by Ref, Fn::GetAtt and Fn::Sub, those of
// parameters and pseudo parameters among them, in no order and as often as they stand there
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
func References(value any) (found []string) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			found = append(found, References(element)...)
		}
	case map[string]any:
		for key, inner := range v {
			found = append(found, named(key, inner)...)
		}
	}
	return found
}

// named are the names that one member of an object refers to, which may be an intrinsic function's.
func named(key string, inner any) []string {
	switch key {
	case "Ref":
		if name, ok := inner.(string); ok {
			return []string{name}
		}
	case "Fn::GetAtt":
		attribute := inner
		if pair, ok := inner.([]any); ok && len(pair) > 0 {
			attribute = pair[0]
		}
		if name, ok := attribute.(string); ok {
			return []string{owner(name)}
		}
	case "Fn::Sub":
		return append(substituted(inner), References(inner)...)
	}
	return References(inner)
}

// owner is the logical name in a name with an attribute.
func owner(name string) string { name, _, _ = strings.Cut(name, "."); return name }

// variable is a name in the text of a Fn::Sub; ${!name} is text.
var variable = regexp.MustCompile(`\$\{([^!${}][^${}]*)\}`)

// substituted are the names that a Fn::Sub's text refers to, without those that it defines itself.
func substituted(argument any) (names []string) {
	text, _ := argument.(string)
	own := map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		text, _ = list[0].(string)
		own, _ = list[1].(map[string]any)
	}
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		if _, defined := own[m[1]]; !defined {
			names = append(names, owner(m[1]))
		}
	}
	return names
}
