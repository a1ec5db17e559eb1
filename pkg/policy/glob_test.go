package policy

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAGlobTakesWhatTheRegularExpressionOfItTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		expression := strings.NewReplacer("*", ".*", "?", ".").Replace(pattern)
		if got, want := globs(pattern, text), regexp.MustCompile(`\A(?:`+expression+`)\z`).MatchString(text); got != want {
			t.Fatalf("%q takes %q: %v", pattern, text, got)
		}
	})
}
