package transcript

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAnAnswerIsComparedButForWhatDiffers(t *testing.T) {
	answer := strings.Split("pushed web:v1@sha256:0123456789ab…\n…\n07:48:45  deployment d-ZUN4K9YIL is Succeeded  1.2s", "\n")
	good := "pushed web:v1@sha256:ffff56789abc0000\nmore\nand more\n01:02:03  deployment d-AAAAAAAA9 is Succeeded  3s\n"
	if !Says(answer, good) {
		t.Error("it is the same but for what differs")
	}
	for _, bad := range []string{
		strings.Replace(good, "Succeeded", "Failed", 1), strings.Replace(good, "web:v1", "web:v2", 1), good + "one more\n",
		strings.Replace(good, "pushed ", "", 1),
	} {
		if Says(answer, bad) {
			t.Errorf("it is something else: %s", bad)
		}
	}
}

func TestABlockIsReadWithItsCommandsAndTheirAnswers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	text := "# A page\n\n```console\n$ make build\n$ one   # what it does\nsays\n\nmore\n\n$ two\n```\n\n   ```json suite\n{}\n   ```\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	blocks, err := Read(file)
	if err != nil || len(blocks) != 2 || blocks[0].Line != 3 || blocks[0].First() != "$ make build" || blocks[1].Language != "json suite" || blocks[1].Text != "{}\n" {
		t.Fatalf("%+v %v", blocks, err)
	}
	if steps := blocks[0].Steps(); len(steps) != 3 || steps[1].Command != "one" || !slices.Equal(steps[1].Answer, []string{"says", "", "more"}) || steps[2].Answer != nil {
		t.Errorf("%+v", steps)
	}
	if _, err := Find(file, "$ nothing"); err == nil || !strings.Contains(err.Error(), "has 0 blocks") {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte(text+"```\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(file); err == nil || !strings.Contains(err.Error(), "line 16 is never closed") {
		t.Error(err)
	}
}
