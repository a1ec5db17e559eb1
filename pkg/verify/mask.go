package verify

import (
	"net/http"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// mask hides secrets in a verdict.
type mask struct{ secret.Mask }

// learnRequest hides the secrets of a request wherever they come again: a server that echoes them tells them too.
func (m *mask) learnRequest(r request) {
	for name, all := range r.header {
		for _, value := range all {
			if secret.Named(name) {
				m.Learn(value)
				if _, credentials, ok := strings.Cut(value, " "); ok {
					m.Learn(credentials)
				}
			}
		}
	}
	for _, value := range r.cookies {
		m.Learn(value)
	}
}

// learnAnswer hides the cookies that an answer sets.
func (m *mask) learnAnswer(a answer) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if m.Learned() < mostCookies {
			m.Learn(c.Value)
		}
	}
}

// shownHeader is a header's value in a sentence.
func shownHeader(name, value string) string {
	m := mask{}
	return quoted(cut(m.Header(name, cut(value, mostWindow)), mostShown))
}
