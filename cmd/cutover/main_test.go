package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this binary the command cutover too, for the tests that start it as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(house{m}, map[string]func(){"cutover": main})
}

// house runs the tests with a temporary directory of their own, and fails when any of them leaves something behind:
// a process, a goroutine, a file.
type house struct{ *testing.M }

func (h house) Run() int {
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer os.RemoveAll(dir)
	// Nothing here may reach AWS or read a person's settings, whatever this machine has set.
	for name, value := range map[string]string{
		"TMPDIR": dir, "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		os.Setenv(name, value)
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		os.Unsetenv(name)
	}
	code := h.M.Run()
	os.RemoveAll(filepath.Join(dir, "bin"))
	if left := leftovers(dir); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "the tests left behind:\n  %s\n", strings.Join(left, "\n  "))
		return max(code, 1)
	}
	return code
}

// leftovers are the children of this process, its goroutines in our code, and the files in dir.
func leftovers(dir string) []string {
	return append(append(children(), goroutines()...), files(dir)...)
}

func children() []string {
	var left []string
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range all {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it ended meanwhile
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if parent, _ := strconv.Atoi(fields[1]); parent == os.Getpid() {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
			left = append(left, fmt.Sprintf("process %s (%s) %s", filepath.Base(filepath.Dir(name)), fields[0], bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
		}
	}
	return left
}

func goroutines() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var left []string
	for i, stack := range strings.Split(string(stacks), "\n\n") {
		if i > 0 && strings.Contains(stack, "cutover-ecs/cutover/") { // the first is this one
			left = append(left, stack)
		}
	}
	return left
}

func files(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var left []string
	for _, e := range entries {
		left = append(left, "file "+filepath.Join(dir, e.Name()))
	}
	return left
}

// built is the directory with the functions and programs, built once as make build does, and with cutover itself, which
// is what tests start from then on: what they start is one process a command, in which a race detector finds nothing
// for the time that it takes.
var built = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(os.TempDir(), "bin")
	const module = "github.com/cutover-ecs/cutover/"
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", bin+"/")
	functions := []string{"release", "verify", "watch", "notify"}
	for _, f := range functions {
		build.Args = append(build.Args, module+"functions/"+f)
	}
	build.Args = append(build.Args, module+"cmd/sample-website", module+"cmd/placeholder", module+"cmd/cutover", module+"docs/examples/approve")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w: %s", build.Args, err, out)
	}
	for _, f := range functions { // a function is its own directory, with its bootstrap
		dir := filepath.Join(bin, f)
		if err := errors.Join(os.Rename(dir, dir+".built"), os.Mkdir(dir, 0o700), os.Rename(dir+".built", filepath.Join(dir, "bootstrap"))); err != nil {
			return "", err
		}
	}
	return bin, os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
})

func binaries(t testing.TB) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
