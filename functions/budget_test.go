package functions

import (
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
}

var budgets = map[string]budget{
	"notify":  {zip: 1.60, packages: 125},
	"watch":   {zip: 1.45, packages: 110},
	"release": {zip: 1.70, packages: 110}, // the zones of freezes are 0.04 of it
	"verify":  {zip: 1.50, packages: 110},
}

func TestFunctionsStayWithinTheirBudgets(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("building the functions needs a Go toolchain, which is not installed here")
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatal(mains, err)
	}
	empty, linked := zipped(t, build(t, "./internal/empty")), links(t, "./internal/empty")
	for _, main := range mains {
		name := filepath.Dir(main)
		b, ok := budgets[name]
		if !ok {
			t.Errorf("the function %s has no budget: give it one", name)
			continue
		}
		weighs := ratio(zipped(t, build(t, "./"+name)), empty)
		more := links(t, "./"+name) - linked
		t.Logf("%s: package %.2f of %.2f, %d of %d packages", name, weighs, b.zip, more, b.packages)
		if weighs > b.zip {
			t.Errorf("%s: the package is %.2f times an empty handler's, and its budget is %.2f; go list -deps says what it links", name, weighs, b.zip)
		}
		if more > b.packages {
			t.Errorf("%s links %d packages more than an empty handler, and its budget is %d", name, more, b.packages)
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
