package page

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// markup is HTML as the source of this package has it. Only a constant becomes markup: what takes it is given an
// untyped literal, and a string that came from elsewhere does not compile there.
type markup string

// sheet is a page that is being written.
type sheet struct{ text strings.Builder }

// put writes markup with a value at each {}, as text: nothing of a value is ever markup. A {} stands between tags or in
// an attribute's double quotes, and never in one that leads, loads or runs; a test reads every call.
func (s *sheet) put(m markup, values ...any) {
	for _, v := range values {
		before, after, _ := strings.Cut(string(m), "{}")
		s.text.WriteString(before)
		s.text.WriteString(escaped(fmt.Sprint(v)))
		m = markup(after)
	}
	s.text.WriteString(string(m))
}

// each writes the same markup for every value, and between with before all but the first.
func (s *sheet) each(between, m markup, values []string) {
	for i, v := range values {
		if i > 0 {
			s.put(between)
		}
		s.put(m, v)
	}
}

// given writes markup unless its value is empty.
func (s *sheet) given(m markup, value string) {
	if value != "" {
		s.put(m, value)
	}
}

func (s *sheet) to(w io.Writer) error {
	_, err := io.WriteString(w, s.text.String())
	return err
}

// escaped is text for HTML. What HTML cannot have becomes the sign for what cannot be shown.
func escaped(text string) string {
	const unknown = "\uFFFD"
	return html.EscapeString(strings.ReplaceAll(strings.ToValidUTF8(text, unknown), "\x00", unknown))
}
