package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/docs/transcript"
)

// completed makes a configuration of the part of one that a page shows; false when a block is no part of one.
func completed(block string) (document string, ok bool) {
	switch block = strings.TrimSpace(block); {
	case strings.HasPrefix(block, `{"services":`):
		return block, true
	case strings.HasPrefix(block, `{"platform":`) && strings.Contains(block, `"services": [{`):
		return block, true
	case strings.HasPrefix(block, `{"platform":`):
		return strings.TrimSuffix(block, "}") + `, "services": [{"name": "shop"}]}`, true
	case strings.HasPrefix(block, `"services":`):
		return "{" + block + "}", true
	case strings.Contains(block, `"github": {`), strings.Contains(block, `"slack": {`):
		return `{"platform": {"notify": {"destinations": [` + block + `]}}, "services": [{"name": "shop"}]}`, true
	case strings.HasPrefix(block, `{"name":`):
		return `{"services": [` + block + `]}`, true
	case strings.HasPrefix(block, `"gates":`), strings.HasPrefix(block, `"verify":`):
		return `{"services": [{"name": "shop", ` + block + `}]}`, true
	}
	return "", false
}

func TestEveryConfigurationOfThePagesIsOne(t *testing.T) {
	tried := map[string]int{}
	for _, page := range []string{"README.md", "docs/adopt.md", "docs/gates.md", "docs/notify.md", "docs/scaling.md", "docs/verification-comparison.md", "docs/watch.md"} {
		blocks, err := transcript.Read(filepath.Join("..", "..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			document, ok := completed(b.Text)
			if b.Language != "json" || !ok {
				continue
			}
			tried[page]++
			if _, err := Parse([]byte(document), ranges); err != nil {
				t.Errorf("%s:%d: %v", page, b.Line, err)
			}
		}
		if tried[page] == 0 {
			t.Errorf("%s has no configuration any more", page)
		}
	}
	if tried["docs/notify.md"] < 3 {
		t.Errorf("docs/notify.md has %d configurations", tried["docs/notify.md"])
	}
}
