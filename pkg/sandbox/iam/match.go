package iam

import "strings"

// Wildcards within expanded patterns; policies cannot contain them, since JSON's strings are UTF-8.
const (
	anyRun  = '\xff' // *
	anyByte = '\xfe' // ?
)

// expand makes a pattern of a policy's text: * and ? become wildcards, and variables the request's values, in which
// they are plain characters. It says false when a variable has no single value and no default; what refers to it
// then matches nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func expand(text string, variables bool, wild bool, keys map[string][]string) (string, bool) {
	if !strings.ContainsAny(text, "*?$") {
		return text, true
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*' && wild:
			out.WriteByte(anyRun)
		case c == '?' && wild:
			out.WriteByte(anyByte)
		case c == '$' && variables && strings.HasPrefix(text[i:], "${"):
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return "", false
			}
			v, ok := variable(text[i+2:i+end], keys)
			if !ok {
				return "", false
			}
			out.WriteString(v)
			i += end
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), true
}

// variable is the value of what stands within ${ and }: a key, a key and its default, or an escaped character.
func variable(name string, keys map[string][]string) (string, bool) {
	switch name {
	case "*", "?", "$":
		return name, true
	}
	name, rest, defaulted := strings.Cut(name, ",")
	if v := keys[strings.ToLower(strings.TrimSpace(name))]; len(v) == 1 {
		return strings.ToValidUTF8(v[0], "\uFFFD"), true
	}
	rest = strings.TrimSpace(rest)
	if !defaulted || len(rest) < 2 || rest[0] != '\'' || rest[len(rest)-1] != '\'' {
		return "", false
	}
	return rest[1 : len(rest)-1], true
}

// matches tells whether an expanded pattern matches a whole text.
func matches(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == anyRun:
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == anyByte || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == anyRun {
		p++
	}
	return p == len(pattern)
}

// matchesARN compares the six parts of ARNs one by one, so that a wildcard does not reach beyond its part. Parts
// that the pattern lacks may be anything. A pattern that is one wildcard matches everything, "*" too.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func matchesARN(pattern, arn string) bool {
	if pattern == string([]byte{anyRun}) {
		return true
	}
	parts, of := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(of) < 6 {
		return false
	}
	for i, p := range parts {
		if !matches(p, of[i]) {
			return false
		}
	}
	return true
}

// matchesAction compares without regard to case.
func matchesAction(pattern, action string) bool {
	p, _ := expand(strings.ToLower(pattern), false, true, nil)
	return matches(p, strings.ToLower(action))
}
