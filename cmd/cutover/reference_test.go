package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// commandsPage is where all commands with their flags are looked up.
const commandsPage = "../../docs/commands.md"

// inPage is text as Markdown shows it: what would be taken for an element of HTML, and for the end of a cell, is not.
func inPage(text string) string { return strings.NewReplacer("<", "&lt;", "|", `\|`).Replace(text) }

// reference is the page, written from the commands themselves.
func reference(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("# Commands\n\nEvery command with its arguments and flags, as `cutover help COMMAND` tells them. What they are for: [cli.md](cli.md) and\n" +
		"[operator.md](operator.md); exit codes and the JSON that `--json` writes: [cli.md](cli.md#exit-codes). This page is written by\n" +
		"`go test ./cmd/cutover -run Reference -update` from the commands themselves.\n")
	all := leaves(t)
	for _, words := range slices.Sorted(maps.Keys(all)) {
		n := all[words]
		fmt.Fprintf(&out, "\n## cutover %s\n\n%s\n", words, inPage(n.Help))
		if n.Detail != "" {
			fmt.Fprintf(&out, "\n%s\n", teaching(n.Detail))
		}
		rows := rowsOf(n)
		if len(rows) > 0 {
			out.WriteString("\n| argument or flag | meaning |\n| --- | --- |\n" + strings.Join(rows, ""))
		}
	}
	return out.String()
}

// teaching is a command's long help: examples, which are indented, stay as they are.
func teaching(detail string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(detail)) {
		line = strings.TrimRight(line, " \n")
		switch {
		case strings.HasPrefix(line, "    "):
		case strings.HasPrefix(line, "  "):
			line = "  " + line
		default:
			line = inPage(line)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func rowsOf(n *kong.Node) (rows []string) {
	for _, p := range n.Positional {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", strings.ReplaceAll(p.Summary(), "|", `\|`), inPage(p.Help)))
	}
	for _, f := range slices.Concat(n.AllFlags(true)...) {
		if f.Name == "help" {
			continue
		}
		name := "--" + f.Name
		if f.Short != 0 {
			name = "-" + string(f.Short) + ", " + name
		}
		if !f.IsBool() {
			name += "=" + f.FormatPlaceHolder()
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", strings.ReplaceAll(name, "|", `\|`), inPage(f.Help)))
	}
	return rows
}

func TestTheReferenceOfCommandsIsThatOfTheProgram(t *testing.T) {
	want := reference(t)
	if *update {
		if err := os.WriteFile(commandsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(commandsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Error("docs/commands.md is not what the commands say; run `go test ./cmd/cutover -run Reference -update` and commit it")
	}
}
