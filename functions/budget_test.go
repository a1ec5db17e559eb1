package functions

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// budget is what a function may weigh. A function that is added is given a line here, and one that grows over its
// line is given a larger one on purpose or mended.
type budget struct {
	zip      float64 // its package over that of an empty handler that is built the same way
	packages int     // that it links, over those of the empty handler
	before   int     // bytes that its packages allocate before main, over those of the empty handler's
}

var budgets = map[string]budget{
	"notify":  {zip: 1.26, packages: 66, before: 90_000},
	"watch":   {zip: 1.21, packages: 61, before: 85_000},
	"release": {zip: 1.32, packages: 73, before: 290_000}, // the zones of freezes are 0.04 of its package, versions 200,000 of its bytes
	"verify":  {zip: 1.31, packages: 72, before: 85_000},
}

func TestFunctionsStayWithinTheirBudgets(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("building the functions needs a Go toolchain, which is not installed here")
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatal(mains, err)
	}
	floor := build(t, "./internal/empty")
	empty, linked, made := zipped(t, floor), links(t, "./internal/empty"), beforeMain(t, floor)
	for _, main := range mains {
		name := filepath.Dir(main)
		b, ok := budgets[name]
		if !ok {
			t.Errorf("the function %s has no budget: give it one", name)
			continue
		}
		program := build(t, "./"+name)
		weighs, more, before := ratio(zipped(t, program), empty), links(t, "./"+name)-linked, beforeMain(t, program)-made
		t.Logf("%s: package %.2f of %.2f, %d of %d packages, %d of %d bytes before main", name, weighs, b.zip, more, b.packages, before, b.before)
		if weighs > b.zip {
			t.Errorf("%s: the package is %.2f times an empty handler's, and its budget is %.2f; go list -deps says what it links", name, weighs, b.zip)
		}
		if more > b.packages {
			t.Errorf("%s links %d packages more than an empty handler, and its budget is %d", name, more, b.packages)
		}
		if before > b.before {
			t.Errorf("%s allocates %d bytes before main that an empty handler does not, and its budget is %d; GODEBUG=inittrace=1 says for what", name, before, b.before)
		}
	}
	for name := range budgets {
		if _, err := os.Stat(filepath.Join(name, "main.go")); err != nil {
			t.Errorf("there is a budget for %s, and no such function", name)
		}
	}
}

// links is how many packages a program is made of.
func links(t *testing.T, pkg string) int {
	t.Helper()
	c := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return len(strings.Fields(string(out)))
}

// beforeMain is how many bytes a program's packages allocate before main: Go initialises whatever is linked, in every
// start, whether it is used or not. The program itself ends at once, because it is told nothing.
func beforeMain(t *testing.T, program string) (bytes int) {
	t.Helper()
	c := exec.Command(program)
	c.Env = []string{"GODEBUG=inittrace=1", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1"}
	said, _ := c.CombinedOutput()
	for line := range strings.Lines(string(said)) {
		var name string
		var at, took float64
		var allocated int
		if n, _ := fmt.Sscanf(line, "init %s @%g ms, %g ms clock, %d bytes", &name, &at, &took, &allocated); n == 4 {
			bytes += allocated
		}
	}
	if bytes == 0 {
		t.Fatalf("%s tells nothing of its start:\n%s", program, said)
	}
	return bytes
}
