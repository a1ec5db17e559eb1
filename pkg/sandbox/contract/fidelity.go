package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Section is one service of the table in the sandbox's README.
type Section struct {
	Name    string // as people say it
	Service string // signing name
	// Source is the reference that the service was built after: its pages are Source + "API_<operation>.html".
	Source string
	// Documented operations do what AWS's documentation says of the members that they have.
	Documented []string
	// Simplified operations leave something out: what, by their names.
	Simplified map[string]string
}

// Date on which the table was last gone through.
const Date = "2026-11-23"

// Sections of the table, in its order. They are not to be changed.
func Sections() []Section { return sections }

// Table is the README's table: every operation that the sandbox has, and that all others are absent.
func Table() string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "### %s\n\n| operation | fidelity | source | date |\n|---|---|---|---|\n", s.Name)
		for _, action := range s.Operations() {
			fidelity := "as documented"
			if note, ok := s.Simplified[action]; ok {
				fidelity = "simplified: " + note
			}
			fmt.Fprintf(&b, "| %s | %s | [API](%sAPI_%s.html) | %s |\n", action, fidelity, s.Source, action, Date)
		}
		fmt.Fprintf(&b, "| every other | absent | [API](%sWelcome.html) | %s |\n\n", s.Source, Date)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Operations of the section, in order.
func (s Section) Operations() []string {
	return slices.Sorted(slices.Values(slices.Concat(s.Documented, slices.Collect(maps.Keys(s.Simplified)))))
}
