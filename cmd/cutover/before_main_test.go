package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mostBeforeMain is how many bytes all packages may allocate before main. Every task of the sandbox starts this program
// again, as its init: what is made here costs each of them its time, and above 4 MB a garbage collection.
const mostBeforeMain = 3_200_000

func TestLittleIsMadeBeforeMain(t *testing.T) {
	help := exec.Command(filepath.Join(binaries(t), "cutover"), "--help")
	help.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	said, err := help.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	made := map[string]int{}
	all := 0
	for line := range strings.Lines(string(said)) {
		var name string
		var at, took float64
		var allocated int
		if n, _ := fmt.Sscanf(line, "init %s @%g ms, %g ms clock, %d bytes", &name, &at, &took, &allocated); n == 4 {
			made[name] = allocated
			all += allocated
		}
	}
	if all == 0 || all > mostBeforeMain {
		t.Errorf("%d bytes are allocated before main, and %d is the most; the largest: %v", all, mostBeforeMain, largest(made))
	}
}

// largest are the packages that allocate more than a thirtieth of what all may.
func largest(made map[string]int) (names []string) {
	for name, bytes := range made {
		if bytes > mostBeforeMain/30 {
			names = append(names, fmt.Sprintf("%s %d", name, bytes))
		}
	}
	return names
}
