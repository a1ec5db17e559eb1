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

// secretName is part of the name of what is secret: a header, a cookie, a key in JSON or a form, a query parameter.
const secretName = `authorization|cookie|secret|token|passw|api-?_?key|access-?_?key|private-?_?key|credential|session|signature|csrf|xsrf`

// patterns are compiled at their first use, so that a function's start does not pay for them.
var patterns = sync.OnceValue(func() (p struct {
	name, jsonValue, parameter *regexp.Regexp
	values                     []*regexp.Regexp
	long                       *regexp.Regexp
}) {
	p.name = regexp.MustCompile(`(?i)` + secretName)
	p.jsonValue = regexp.MustCompile(`(?i)(\\?"[^"\\]*(?:` + secretName + `)[^"\\]*\\?"\s*:\s*)(\\?"(?:[^"\\]|\\.)*"?|[0-9.eE+-]+)`)
	p.parameter = regexp.MustCompile(`(?i)((?:^|[?&;\s"'])[\w.-]*(?:` + secretName + `)[\w.-]*=)[^&;\s"'<>]+`)
	for _, one := range []string{
		`\beyJ[\w-]{4,}(?:\.[\w-]*){0,4}`,                                      // a JSON web token
		`\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}`,                               // AWS
		`\b(?:gh[pousr]|github_pat|glpat|xox[abprs]|sk|pk|rk)[_-][\w-]{10,}`,   // GitHub, GitLab, Slack, Stripe and others
		`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*KEY-----)?`, // PEM
	} {
		p.values = append(p.values, regexp.MustCompile(one))
	}
	p.values = append(p.values, regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}`))
	p.long = regexp.MustCompile(`[A-Za-z0-9_+/=-]{32,}`)
	return p
})

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
	s = p.jsonValue.ReplaceAllString(s, `${1}"`+hidden+`"`)
	s = p.parameter.ReplaceAllString(s, "${1}"+hidden)
	for _, pattern := range p.values {
		s = pattern.ReplaceAllString(s, hidden)
	}
	return p.long.ReplaceAllStringFunc(s, func(run string) string {
		if random(run) {
			return hidden
		}
		return run
	})
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
	if value != "" && patterns().name.MatchString(name) {
		return hidden
	}
	return m.text(value)
}

// learnRequest hides the secrets of a request wherever they come again: a server that echoes them tells them too.
func (m *mask) learnRequest(r request) {
	for name, all := range r.header {
		for _, value := range all {
			if patterns().name.MatchString(name) {
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
