package bluegreen_test

import (
	"os"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/docs/transcript"
)

func TestThePageOfConstructsShowsTheExamples(t *testing.T) {
	text, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := transcript.Read("../../docs/constructs.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		rest := string(text)
		for line := range strings.Lines(b.Text) {
			var found bool
			if _, rest, found = strings.Cut(rest, strings.TrimSpace(line)); !found {
				t.Errorf("constructs.md:%d: the examples do not have %q there", b.Line, line)
				break
			}
		}
	}
	if len(blocks) < 2 {
		t.Errorf("the page shows %d examples", len(blocks))
	}
}
