// Package secret hides what looks like a secret in texts that people read: logs, verdicts, diagnoses, notifications.
//
// It errs on the side of hiding. It knows the names of what is secret (headers, keys, parameters), the forms of
// common tokens, and every value that it was told of; what has neither name, form nor was told is not hidden.
package secret

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Hidden stands for what looks like a secret.
const Hidden = "[masked]"

// words are parts of the names of what is secret: headers, cookies, keys in JSON or a form, query parameters.
var words = []string{
	"authorization", "cookie", "secret", "token", "passw", "apikey", "api-key", "api_key", "accesskey", "access-key", "access_key",
	"privatekey", "private-key", "private_key", "credential", "session", "signature", "csrf", "xsrf",
}

// Named reports whether a name, or a text with names in it, tells of a secret.
func Named(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(lower, word) })
}

// patterns are compiled at their first use, so that a function's start does not pay for them.
var patterns = sync.OnceValue(func() (p struct {
	jsonValue, parameter *regexp.Regexp
	values               []signed
}) {
	named := strings.Join(words, "|")
	p.jsonValue = regexp.MustCompile(`(?i)(\\?"[^"\\]*(?:` + named + `)[^"\\]*\\?"\s*:\s*)(\\?"(?:[^"\\]|\\.)*"?|[0-9.eE+-]+)`)
	p.parameter = regexp.MustCompile(`(?i)((?:^|[?&;\s"'])[\w.-]*(?:` + named + `)[\w.-]*=)[^&;\s"'<>]+`)
	for _, one := range []struct {
		signs   []string
		pattern string
	}{
		{[]string{"eyJ"}, `\beyJ[\w-]{4,}(?:\.[\w-]*){0,4}`}, // a JSON web token
		{[]string{"AKIA", "ASIA", "AROA", "AIDA"}, `\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}`},
		{[]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "sk_", "sk-", "pk_", "rk_"}, // GitHub, GitLab, Slack, Stripe
			`\b(?:gh[pousr]|github_pat|glpat|xox[abprs]|sk|pk|rk)[_-][\w-]{10,}`},
		{[]string{"PRIVATE KEY-"}, `-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*KEY-----)?`},
		{[]string{"earer", "asic", "EARER", "ASIC"}, `(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}`},
	} {
		p.values = append(p.values, signed{one.signs, regexp.MustCompile(one.pattern)})
	}
	return p
})

// signed is a pattern that matches nothing in a text without one of its signs, which are found much faster.
type signed struct {
	signs   []string
	pattern *regexp.Regexp
}

func (s signed) in(text string) bool {
	return slices.ContainsFunc(s.signs, func(sign string) bool { return strings.Contains(text, sign) })
}

// Mask hides what looks like a secret, and what it was told is one. The zero Mask was told of none.
type Mask struct{ literals []string }

// Learn hides a value wherever it comes again. Short ones are part of too much else.
func (m *Mask) Learn(value string) {
	if len(value) >= 6 && !slices.Contains(m.literals, value) && len(m.literals) < 1000 {
		m.literals = append(m.literals, value)
	}
}

// Learned is how many values it was told of.
func (m *Mask) Learned() int { return len(m.literals) }

// Text hides secrets in a body, a URL or a sentence.
func (m *Mask) Text(s string) string {
	p := patterns()
	for _, literal := range m.literals {
		s = strings.ReplaceAll(s, literal, Hidden)
	}
	if Named(s) {
		if strings.Contains(s, ":") {
			s = p.jsonValue.ReplaceAllString(s, `${1}"`+Hidden+`"`)
		}
		if strings.Contains(s, "=") {
			s = p.parameter.ReplaceAllString(s, "${1}"+Hidden)
		}
	}
	for _, one := range p.values {
		if one.in(s) {
			s = one.pattern.ReplaceAllString(s, Hidden)
		}
	}
	return hideLong(s)
}

// hideLong hides every run of 32 characters or more that looks random.
func hideLong(s string) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		start := i
		for i < len(s) && inRun(s[i]) {
			i++
		}
		if i-start >= 32 && random(s[start:i]) {
			out.WriteString(s[done:start])
			out.WriteString(Hidden)
			done = i
		}
	}
	if done == 0 {
		return s
	}
	return out.String() + s[done:]
}

func inRun(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b == '+' || b == '/' || b == '=' || b == '-'
}

// random reports whether a long run of characters is mixed as people and digests do not write: digests have no
// capitals, words no digits, paths short parts.
func random(run string) bool {
	digits, lower, upper := 0, 0, 0
	for _, part := range strings.FieldsFunc(run, func(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '=' }) {
		if len(part) < 16 {
			continue
		}
		for _, r := range part {
			switch {
			case r >= '0' && r <= '9':
				digits++
			case r >= 'a' && r <= 'z':
				lower++
			case r >= 'A' && r <= 'Z':
				upper++
			}
		}
	}
	return digits >= 2 && lower >= 2 && upper >= 2
}

// Header hides the value of a header that carries a secret: all of it, or of a Set-Cookie the cookie's value.
func (m *Mask) Header(name, value string) string {
	if http.CanonicalHeaderKey(name) == "Set-Cookie" {
		cookie, attributes, more := strings.Cut(value, ";")
		key, _, _ := strings.Cut(cookie, "=")
		if more {
			attributes = ";" + attributes
		}
		return key + "=" + Hidden + attributes
	}
	if value != "" && Named(name) {
		return Hidden
	}
	return m.Text(value)
}
