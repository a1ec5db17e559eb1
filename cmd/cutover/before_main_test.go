package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What all packages may allocate before main in bytes, at every command, and what comes before the init of a task, which
// is this program again: what is made there costs each task its time.
const (
	mostBeforeMain = 3_200_000
	mostBeforeInit = 120_000
)

func TestLittleIsMadeBeforeMainAndLessBeforeAnInit(t *testing.T) {
	if testing.Short() {
		t.Skip("links the whole program")
	}
	program := filepath.Join(t.TempDir(), "cutover")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, as := range []struct {
		args []string
		most int
	}{{[]string{"cutover", "--help"}, mostBeforeMain}, {[]string{"cutover: init of a task"}, mostBeforeInit}} {
		start := exec.Command(program) // an init that gets no plan ends at once
		start.Args, start.Env = as.args, append(os.Environ(), "GODEBUG=inittrace=1")
		said, _ := start.CombinedOutput()
		made, all := allocated(string(said))
		t.Logf("%s: %d bytes of %d", as.args, all, as.most)
		if all == 0 || all > as.most {
			t.Errorf("%s: %d bytes are allocated before, and %d is the most; the largest: %v", as.args, all, as.most, largest(made, as.most))
		}
	}
}

// allocated is what each package allocated, by what the runtime told of its initialisation.
func allocated(said string) (made map[string]int, all int) {
	made = map[string]int{}
	for line := range strings.Lines(said) {
		var name string
		var at, took float64
		var bytes int
		if n, _ := fmt.Sscanf(line, "init %s @%g ms, %g ms clock, %d bytes", &name, &at, &took, &bytes); n == 4 {
			made[name] = bytes
			all += bytes
		}
	}
	return made, all
}

// largest are the packages that allocate more than a thirtieth of the most that all may.
func largest(made map[string]int, most int) (names []string) {
	for name, bytes := range made {
		if bytes > most/30 {
			names = append(names, fmt.Sprintf("%s %d", name, bytes))
		}
	}
	return names
}
