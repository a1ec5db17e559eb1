package cutover_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryLinkOfTheDocumentationLeadsSomewhere(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, name := range append(pages, "README.md", "pkg/sandbox/README.md") {
		for _, m := range link.FindAllStringSubmatch(page(t, name), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
}

func TestEveryPageIsInTheIndex(t *testing.T) {
	index := page(t, "docs/README.md")
	pages, _ := filepath.Glob("docs/*.md")
	for _, name := range pages {
		if base := filepath.Base(name); base != "README.md" && !strings.Contains(index, "("+base+")") {
			t.Errorf("docs/README.md does not link to %s", base)
		}
	}
}

// The first column of the tables that begin with "it says" quotes what the programs say.
func TestWhatTroubleshootingQuotesIsSaid(t *testing.T) {
	said := sentences(t)
	quotes, quoting := 0, false
	for line := range strings.Lines(page(t, "docs/troubleshooting.md")) {
		if !strings.HasPrefix(line, "|") {
			quoting = false
			continue
		}
		cell := strings.Split(line, "|")[1]
		if strings.TrimSpace(cell) == "it says" {
			quoting = true
		}
		if !quoting {
			continue
		}
		for _, q := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			quotes++
			if !strings.Contains(said, q[1]) {
				t.Errorf("no program says %q", q[1])
			}
		}
	}
	if quotes < 20 {
		t.Errorf("only %d quotes were found", quotes)
	}
}

// sentences are the string literals of all programs.
func sentences(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"cmd", "functions", "pkg"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if text, err := strconv.Unquote(l.Value); err == nil {
						all.WriteString(text + "\n")
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
