// Package transcript reads the fenced blocks of the documentation's pages, and holds what a program answers against what a
// page says that it does. Only tests use it: a block that no test runs is found by the rules of the whole repository.
package transcript

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Block is what stands between two fences of a page.
type Block struct {
	Page     string // the file's name, such as "cli.md"
	Line     int    // of the opening fence, from 1
	Language string // the word after the fence; "" for none
	Text     string // with a line break at its end
}

// First is the block's first line that says something, by which a block is told from the others of its page.
func (b Block) First() string {
	for line := range strings.Lines(b.Text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// A Step is a command, and what the page says that it answers.
type Step struct {
	Command string
	Answer  []string
}

// Steps are the commands of a block: "$ " begins one, what follows is its answer. A comment after a command is left out.
func (b Block) Steps() (steps []Step) {
	for line := range strings.Lines(b.Text) {
		line = strings.TrimRight(line, "\n")
		if command, is := strings.CutPrefix(line, "$ "); is {
			command, _, _ = strings.Cut(command, " # ")
			steps = append(steps, Step{Command: strings.TrimSpace(command)})
		} else if last := len(steps) - 1; last >= 0 {
			steps[last].Answer = append(steps[last].Answer, line)
		}
	}
	for i, s := range steps { // a blank line between two commands is nobody's answer
		if n := len(s.Answer); n > 0 && i < len(steps)-1 && s.Answer[n-1] == "" {
			steps[i].Answer = s.Answer[:n-1]
		}
	}
	return steps
}

// Read is all blocks of a page, in their order.
func Read(file string) (blocks []Block, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	number, open := 0, false
	for line := range strings.Lines(string(text)) {
		number++
		fence, is := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch last := len(blocks) - 1; {
		case is && !open:
			blocks = append(blocks, Block{Page: filepath.Base(file), Line: number, Language: fence})
			open = true
		case is:
			open = false
		case open:
			blocks[last].Text += line
		}
	}
	if open {
		return nil, fmt.Errorf("%s: the fence of line %d is never closed", file, blocks[len(blocks)-1].Line)
	}
	return blocks, nil
}

// Find is the one block of a page whose first line is that, or else begins so.
func Find(file, first string) (Block, error) {
	blocks, err := Read(file)
	if err != nil {
		return Block{}, err
	}
	var found []Block
	for _, b := range blocks {
		if b.First() == first {
			return b, nil
		}
		if strings.HasPrefix(b.First(), first) {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		return Block{}, fmt.Errorf("%s has %d blocks that begin with %q, not one", file, len(found), first)
	}
	return found[0], nil
}

// Answer is what a page says that a command answers.
func Answer(file, command string) ([]string, error) {
	blocks, err := Read(file)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		for _, s := range b.Steps() {
			if s.Command == command {
				return s.Answer, nil
			}
		}
	}
	return nil, fmt.Errorf("%s does not have the command %q", file, command)
}

// differing is what is not the same in every run: ids, digests, wishes, times, how long something took, how much was sent,
// and the blanks that align a table.
var differing = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`d-[A-Z0-9]{9}\b`), "d-ID"},
	{regexp.MustCompile(`sha256:[0-9a-f]{8,64}`), "sha256:DIGEST"},
	{regexp.MustCompile(`\b[0-9a-f]{12}-[0-9a-f]{12}\b`), "WISH"},
	{regexp.MustCompile(`ecs-svc/\d+`), "TASKSET"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+/[A-Z2-7]{26}/`), "http://HERE/TOKEN/"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HERE"},
	{regexp.MustCompile(`\d{4}[-/]\d\d[-/]\d\d`), "DATE"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`\b\d+ requests all the while`), "N requests all the while"},
	{regexp.MustCompile(`(\b\d+(\.\d+)?|\.\d+) ?(ms|s)\b`), "LONG"},
	{regexp.MustCompile(`\b\d+m\d+(\.\d+)?s\b`), "LONG"},
	{regexp.MustCompile(`\b\d+\.\d\b`), "N"},
	{regexp.MustCompile(`\s+`), " "},
}

// Plain is a line without what differs from run to run.
func Plain(line string) string {
	for _, d := range differing {
		line = d.pattern.ReplaceAllString(line, d.by)
	}
	return strings.TrimSpace(line)
}

// Says reports whether an output has the lines of an answer in their order, and no others; "…" stands for anything within a
// line, and alone in a line for any number of lines.
func Says(answer []string, output string) bool {
	var pattern strings.Builder
	for _, line := range answer {
		if strings.TrimSpace(line) == "…" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		parts := strings.Split(Plain(line), "…")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		pattern.WriteString(strings.Join(parts, ".*") + `\n`)
	}
	var lines strings.Builder
	for line := range strings.Lines(output) {
		lines.WriteString(Plain(line) + "\n")
	}
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(lines.String())
}
