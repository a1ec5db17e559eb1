// Package cutover_test states the rules of the whole repository: who may import whom, what every file must have.
package cutover_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/cutover-ecs/cutover/"

// arrows are the packages of ours that each part may import, itself aside. There are no others.
var arrows = map[string][]string{
	"pkg/appspec":        {},
	"pkg/config":         {"pkg/appspec"},
	"pkg/policy":         {"pkg/config"},
	"pkg/call":           {},
	"pkg/live":           {"pkg/appspec", "pkg/call", "pkg/config"},
	"pkg/metric":         {},
	"pkg/release":        {"pkg/appspec", "pkg/call", "pkg/config", "pkg/live", "pkg/metric", "pkg/policy"},
	"pkg/verify":         {"pkg/appspec", "pkg/call", "pkg/config", "pkg/live", "pkg/metric"},
	"pkg/watch":          {"pkg/call", "pkg/live", "pkg/metric"},
	"pkg/notify":         {"pkg/call", "pkg/config", "pkg/live"},
	"pkg/stackupdate":    {},
	"pkg/doctor":         {"pkg/call", "pkg/config", "pkg/live", "pkg/policy", "pkg/release", "pkg/stackupdate"},
	"pkg/sandbox":        {"pkg/appspec", "pkg/stackupdate"},
	"pkg/page":           {"pkg/live", "pkg/verify"},
	"functions/release":  {"pkg/config", "pkg/live", "pkg/release"},
	"functions/verify":   {"pkg/call", "pkg/config", "pkg/live", "pkg/verify"},
	"functions/watch":    {"pkg/call", "pkg/live", "pkg/watch"},
	"functions/notify":   {"pkg/call", "pkg/live", "pkg/notify"},
	"functions/internal": {},
	"functions":          {},
	"infra/assembly":     {},
	"infra/bluegreen":    {"pkg/config", "pkg/live", "pkg/metric", "pkg/notify", "pkg/release", "pkg/verify", "pkg/watch"},
	"infra":              {"infra/bluegreen", "pkg/config", "pkg/policy"},
	"docs/examples":      {}, // as their readers would write them
	"docs/transcript":    {}, // for tests alone
	"cmd/cutover":        {"pkg/call", "pkg/config", "pkg/doctor", "pkg/live", "pkg/notify", "pkg/page", "pkg/policy", "pkg/release", "pkg/verify", "pkg/watch", "pkg/sandbox", "infra/assembly"},
	"cmd/bench":          {"infra/assembly", "pkg/call", "pkg/config", "pkg/live", "pkg/policy", "pkg/release", "pkg/sandbox", "pkg/verify"},
	"cmd/sample-website": {},
	"cmd/placeholder":    {},
}

type listed struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Name,Doc,Imports,Deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// part is the longest entry of arrows that a package belongs to.
func part(path string) string {
	rel := strings.TrimPrefix(path, module)
	best := ""
	for p := range arrows {
		if (rel == p || strings.HasPrefix(rel, p+"/")) && len(p) > len(best) {
			best = p
		}
	}
	return best
}

func TestArrowsGoOneWay(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.Imports) == 0 {
			continue
		}
		from := part(p.ImportPath)
		if from == "" {
			t.Errorf("%s belongs to no part of the house", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			to, allowed := part(imported), false
			for _, a := range arrows[from] {
				allowed = allowed || a == to
			}
			if to != from && !allowed {
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			}
		}
	}
}

func TestCDKStaysInItsRoom(t *testing.T) {
	for _, p := range packages(t) {
		if part(p.ImportPath) == "infra" || part(p.ImportPath) == "infra/bluegreen" {
			continue
		}
		for _, d := range p.Deps {
			if strings.HasPrefix(d, "github.com/aws/jsii-runtime-go") || strings.HasPrefix(d, "github.com/aws/aws-cdk-go") || strings.HasPrefix(d, "github.com/aws/constructs-go") {
				t.Errorf("%s links %s; only infra may", p.ImportPath, d)
				break
			}
		}
	}
}

func TestFunctionsLinkOnlyWhatTheyCall(t *testing.T) {
	const sdk = "github.com/aws/aws-sdk-go-v2/"
	for _, p := range packages(t) {
		if parent, _ := path.Split(p.ImportPath); parent != module+"functions/" || p.Name != "main" {
			continue
		}
		for _, d := range p.Deps {
			if strings.HasPrefix(d, "github.com/Masterminds/semver/") && p.ImportPath != module+"functions/release" {
				t.Errorf("%s links %s, which compiles its expressions before main, and orders no tags", p.ImportPath, d)
			}
			for _, chain := range []string{"config", "credentials", "feature/ec2/imds"} { // of which nothing is to be had in Lambda
				if strings.HasPrefix(d, sdk+chain) {
					t.Errorf("%s links %s, a part of the SDK's default configuration, which makes its start dearer", p.ImportPath, d)
				}
			}
			// A service's types make nothing before main, nor does what they import.
			if service, is := strings.CutPrefix(d, sdk+"service/"); is && path.Base(service) != "types" && path.Base(service) != "document" {
				t.Errorf("%s links %s, which makes tables before main, in every start: ask by package call", p.ImportPath, d)
			}
		}
	}
}

// TestWhoeverParsesAConfigurationChecksItsRanges: pkg/config takes any config.Ranges, and there is one.
func TestWhoeverParsesAConfigurationChecksItsRanges(t *testing.T) {
	parsers, calls := map[string]bool{"Parse": true, "Load": true, "FromCDK": true, "Merge": true, "Complete": true}, 0
	sources(t, func(path string) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path, "pkg/config/") || !bytes.Contains(content, []byte(module+`pkg/config"`)) {
			return
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, content, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !parsers[f.Sel.Name] {
				return true
			}
			if of, ok := f.X.(*ast.Ident); f.Sel.Name != "Complete" && (!ok || of.Name != "config" && of.Name != "cutover") {
				return true
			}
			calls++
			if last, ok := call.Args[len(call.Args)-1].(*ast.SelectorExpr); !ok || last.Sel.Name != "Range" {
				t.Errorf("%s: %s is not told policy.Range, so that it does not check the ranges of versions", fset.Position(call.Pos()), f.Sel.Name)
			}
			return true
		})
	})
	if calls < 8 {
		t.Errorf("only %d programs parse a configuration: the rule looks past some", calls)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" && len(p.Imports) > 0 {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// sources calls f with every Go file that is not a test.
func sources(t *testing.T, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "bin" || d.Name() == "cdk.out" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			f(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// beforeMain wires nothing: in a process of its own it does all its work before most packages are initialised.
const beforeMain = "pkg/sandbox/task/internal/pid1/start.go"

func TestExportedNamesAreExplained(t *testing.T) {
	sources(t, func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && receiverExported(d) && !interfaceMethods[d.Name.Name] {
					t.Errorf("%s: %s has no comment", path, d.Name.Name)
				}
				if d.Name.Name == "init" && d.Recv == nil && path != beforeMain {
					t.Errorf("%s: has an init function; wiring stands where it is seen", path)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: type %s has no comment", path, ts.Name.Name)
					}
				}
			}
		}
	})
}

// interfaceMethods are explained by the interfaces that they fulfil.
var interfaceMethods = map[string]bool{"Error": true, "String": true, "Close": true, "Read": true, "Write": true, "Unwrap": true,
	"UnmarshalJSON": true, "MarshalJSON": true, "RoundTrip": true, "ServeHTTP": true, "Len": true, "Less": true, "Swap": true}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}

func TestMainsAreShort(t *testing.T) {
	sources(t, func(path string) {
		if filepath.Base(path) != "main.go" || strings.Contains(path, "testdata") {
			return
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(content, []byte("\npackage main\n")) {
			return
		}
		lines := 0
		for s := bufio.NewScanner(bytes.NewReader(content)); s.Scan(); {
			lines++
		}
		if lines > 45 {
			t.Errorf("%s has %d lines; a main is at most 40 and its comment", path, lines)
		}
	})
}

func TestGoModReplacesNothing(t *testing.T) {
	content, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte("replace ")) {
		t.Error("go.mod replaces a module, so nobody else could build this one")
	}
}

func TestNoTestSleepsForReal(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") || path == "rules_test.go" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// In a bubble of testing/synctest a sleep takes no time and is how time is moved.
		if bytes.Contains(content, []byte("time.Sleep(")) && !bytes.Contains(content, []byte("synctest")) {
			t.Errorf("%s sleeps outside a synctest bubble", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
