package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// step is a command of a page, and what the page says that it answers.
type step struct {
	command string
	answer  []string
}

// transcript reads the commands of a page's console blocks: "$ " begins one, what follows is its answer.
func transcript(page string) (steps []step) {
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimRight(line, "\n")
			if command, is := strings.CutPrefix(line, "$ "); is {
				steps = append(steps, step{command: command})
			} else if last := len(steps) - 1; last >= 0 {
				steps[last].answer = append(steps[last].answer, line)
			}
		}
	}
	return steps
}

// differing is what is not the same in every run: ids, digests, wishes, times, how long something took, and the blanks
// that align a table.
var differing = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`d-[A-Z0-9]{9}\b`), "d-ID"},
	{regexp.MustCompile(`sha256:[0-9a-f]{12,64}`), "sha256:DIGEST"},
	{regexp.MustCompile(`\b[0-9a-f]{12}-[0-9a-f]{12}\b`), "WISH"},
	{regexp.MustCompile(`ecs-svc/\d+`), "TASKSET"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d`), "DATE"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d`), "TIME"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?(ms|s)\b`), "LONG"},
	{regexp.MustCompile(`\b\d+m\d+s\b`), "LONG"},
	{regexp.MustCompile(`\s+`), " "},
}

func plain(line string) string {
	for _, d := range differing {
		line = d.pattern.ReplaceAllString(line, d.by)
	}
	return strings.TrimSpace(line)
}

// said reports whether an output has the lines of an answer in their order; "…" stands for anything within a line, and
// alone in a line for any number of lines.
func said(answer []string, output string) bool {
	var pattern strings.Builder
	for _, line := range answer {
		if strings.TrimSpace(line) == "…" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		parts := strings.Split(plain(line), "…")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		pattern.WriteString(strings.Join(parts, ".*") + `\n`)
	}
	var lines strings.Builder
	for line := range strings.Lines(output) {
		lines.WriteString(plain(line) + "\n")
	}
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(lines.String())
}

func TestEveryCommandOfTheTutorialAnswersAsThePageSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := enter(t, 60, nil)
	urls := map[int]string{}
	for _, l := range r.Listeners() {
		urls[l.Port] = l.URL
	}
	here := strings.NewReplacer("bin/cutover", "cutover", "sandbox push", "sandbox push --bin "+r.bin,
		"http://127.0.0.1:10080/", urls[80], "http://127.0.0.1:18080/", urls[8080])
	there := strings.NewReplacer(r.Host(), "127.0.0.1:4566")
	ran := 0
	for _, s := range transcript(string(page)) {
		if s.command == "make build" || s.command == "bin/cutover sandbox" || strings.HasPrefix(s.command, "eval ") {
			continue // done, in this process
		}
		ran++
		out, _, _ := r.run("bash", "-c", "exec 2>&1; cd ../..; "+here.Replace(s.command))
		if got := there.Replace(out); !said(s.answer, got) {
			t.Fatalf("$ %s\nthe page says\n%s\nbut it is\n%s", s.command, strings.Join(s.answer, "\n"), got)
		}
	}
	if ran < 10 {
		t.Errorf("the page's commands were not found: %d", ran)
	}
}

func TestAnAnswerIsComparedButForWhatDiffers(t *testing.T) {
	answer := strings.Split("pushed web:v1@sha256:0123456789ab…\n…\n07:48:45  deployment d-ZUN4K9YIL is Succeeded  1.2s", "\n")
	good := "pushed web:v1@sha256:ffff56789abc0000\nmore\nand more\n01:02:03  deployment d-AAAAAAAA9 is Succeeded  3s\n"
	if !said(answer, good) {
		t.Error("it is the same but for what differs")
	}
	for _, bad := range []string{
		strings.Replace(good, "Succeeded", "Failed", 1), strings.Replace(good, "web:v1", "web:v2", 1), good + "one more\n",
		strings.Replace(good, "pushed ", "", 1),
	} {
		if said(answer, bad) {
			t.Errorf("it is something else: %s", bad)
		}
	}
}
