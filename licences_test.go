package cutover_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/licensecheck"
)

var update = flag.Bool("update", false, "write the generated parts of docs again")

// shipped are the programs that leave this repository, with the tags that they are built with.
func shipped(t *testing.T) map[string]string {
	t.Helper()
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil || len(mains) < 3 {
		t.Fatal(mains, err)
	}
	all := map[string]string{"cmd/cutover": ""}
	for _, main := range mains {
		all[filepath.Dir(main)] = "lambda.norpc"
	}
	return all
}

type dependency struct {
	Path, Version, Dir string
	in                 []string
}

// linked are the modules of others that the shipped binaries link.
func linked(t *testing.T) map[string]*dependency {
	t.Helper()
	all := map[string]*dependency{}
	programs := shipped(t)
	for _, program := range slices.Sorted(maps.Keys(programs)) {
		list := exec.Command("go", "list", "-deps", "-tags", programs[program], "-json=Module", "./"+program)
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
			var p struct{ Module *dependency }
			if err := d.Decode(&p); err != nil {
				t.Fatal(err)
			}
			if p.Module == nil || p.Module.Version == "" {
				continue // the standard library, and ours
			}
			if all[p.Module.Path] == nil {
				all[p.Module.Path] = p.Module
			}
			if m := all[p.Module.Path]; !slices.Contains(m.in, program) {
				m.in = append(m.in, program)
			}
		}
	}
	return all
}

// permitted are the licences that ask for no more than to be named; unchanged, those that beside it ask that the
// module's own source can be had, as it can while it is linked unchanged. The functions link no such.
var (
	permitted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
	unchanged = []string{"MPL-2.0"}
)

// licence is what the module's own file says, by its SPDX identifier.
func licence(t *testing.T, m *dependency) string {
	t.Helper()
	var found []string
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"} {
		text, err := os.ReadFile(filepath.Join(m.Dir, name))
		if err != nil {
			continue
		}
		for _, match := range licensecheck.Scan(text).Match {
			if !match.IsURL && !slices.Contains(found, match.ID) {
				found = append(found, match.ID)
			}
		}
	}
	if len(found) == 0 {
		t.Errorf("%s has no licence that can be read in %s", m.Path, m.Dir)
	}
	for _, id := range found {
		inFunctions := slices.ContainsFunc(m.in, func(program string) bool { return strings.HasPrefix(program, "functions/") })
		if !slices.Contains(permitted, id) && (inFunctions || !slices.Contains(unchanged, id)) {
			t.Errorf("%s is under %s, which is not among those that %v may link", m.Path, id, m.in)
		}
	}
	return strings.Join(found, ", ")
}

func TestEveryLinkedModuleIsListedWithItsLicence(t *testing.T) {
	modules := linked(t)
	if len(modules) < 10 {
		t.Fatalf("only %d modules are linked", len(modules))
	}
	var table strings.Builder
	table.WriteString("| Module | Version | Licence | Linked by |\n| --- | --- | --- | --- |\n")
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", m.Path, m.Version, licence(t, m), strings.Join(m.in, ", "))
	}
	const name, begin, end = "docs/supply-chain.md", "<!-- modules -->\n", "<!-- end of modules -->"
	before, rest, ok := strings.Cut(page(t, name), begin)
	was, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal(name + " has no place for the table")
	}
	if *update {
		if err := os.WriteFile(name, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(was, table.String()); diff != "" {
		t.Errorf("run go test . -run Licence -update:\n%s", diff)
	}
}
