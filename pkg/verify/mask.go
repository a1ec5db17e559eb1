package verify

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hidden stands for what looks like a secret.
const hidden = "[masked]"

// secretWords are parts of the names of what is secret: headers, cookies, keys in JSON or a form, query parameters.
var secretWords = []string{
	"authorization", "cookie", "secret", "token", "passw", "apikey", "api-key", "api_key", "accesskey", "access-key", "access_key",
	"privatekey", "private-key", "private_key", "credential", "session", "signature", "csrf", "xsrf",
}

// secret reports whether a name, or a text with names in it, tells of a secret.
func secret(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(lower, word) })
}

// patterns are compiled at their first use, so that a function's start does not pay for them.
var patterns = sync.OnceValue(func() (p struct {
	jsonValue, parameter *regexp.Regexp
	values               []signed
}) {
	words := strings.Join(secretWords, "|")
	p.jsonValue = regexp.MustCompile(`(?i)(\\?"[^"\\]*(?:` + words + `)[^"\\]*\\?"\s*:\s*)(\\?"(?:[^"\\]|\\.)*"?|[0-9.eE+-]+)`)
	p.parameter = regexp.MustCompile(`(?i)((?:^|[?&;\s"'])[\w.-]*(?:` + words + `)[\w.-]*=)[^&;\s"'<>]+`)
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

// mask hides what looks like a secret, and what it was told is one.
type mask struct{ literals []string }

// learn hides a value wherever it comes again. Short ones are part of too much else.
func (m *mask) learn(value string) {
	if len(value) >= 6 && !slices.Contains(m.literals, value) && len(m.literals) < 1000 {
		m.literals = append(m.literals, value)
	}
}

// text hides secrets in a body, a URL or a sentence.
func (m *mask) text(s string) string {
	p := patterns()
	for _, literal := range m.literals {
		s = strings.ReplaceAll(s, literal, hidden)
	}
	if secret(s) {
		if strings.Contains(s, ":") {
			s = p.jsonValue.ReplaceAllString(s, `${1}"`+hidden+`"`)
		}
		if strings.Contains(s, "=") {
			s = p.parameter.ReplaceAllString(s, "${1}"+hidden)
		}
	}
	for _, one := range p.values {
		if one.in(s) {
			s = one.pattern.ReplaceAllString(s, hidden)
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
			out.WriteString(hidden)
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

// header hides the value of a header that carries a secret: all of it, or of a Set-Cookie the cookie's value.
func (m *mask) header(name, value string) string {
	if http.CanonicalHeaderKey(name) == "Set-Cookie" {
		cookie, attributes, more := strings.Cut(value, ";")
		key, _, _ := strings.Cut(cookie, "=")
		if more {
			attributes = ";" + attributes
		}
		return key + "=" + hidden + attributes
	}
	if value != "" && secret(name) {
		return hidden
	}
	return m.text(value)
}

// learnRequest hides the secrets of a request wherever they come again: a server that echoes them tells them too.
func (m *mask) learnRequest(r request) {
	for name, all := range r.header {
		for _, value := range all {
			if secret(name) {
				m.learn(value)
				if _, credentials, ok := strings.Cut(value, " "); ok {
					m.learn(credentials)
				}
			}
		}
	}
	for _, value := range r.cookies {
		m.learn(value)
	}
}

// learnAnswer hides the cookies that an answer sets.
func (m *mask) learnAnswer(a answer) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if len(m.literals) < mostCookies {
			m.learn(c.Value)
		}
	}
}

// shownHeader is a header's value in a sentence.
func shownHeader(name, value string) string {
	m := mask{}
	return quoted(cut(m.header(name, cut(value, mostWindow)), mostShown))
}
