package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// yard is what a race puts up: a folder, programs, servers. Nothing of it is left behind.
type yard struct {
	dir  string
	log  io.Writer // what programs complain of
	ends []func()
}

func newYard(log io.Writer) (*yard, error) {
	if _, err := os.Stat("bin/cutover"); err != nil {
		return nil, errors.New("bin/cutover is not there: run make build, and bench at the root of the repository")
	}
	dir, err := os.MkdirTemp("", "cutover-bench-")
	return &yard{dir: dir, log: log, ends: []func(){func() { os.RemoveAll(dir) }}}, err
}

func (y *yard) defers(f func()) { y.ends = append(y.ends, f) }

func (y *yard) clear() {
	for _, end := range slices.Backward(y.ends) {
		end()
	}
}

// build compiles a program as the functions are built, so that rivals in Go have the same advantages.
func (y *yard) build(ctx context.Context, pkg string) (string, error) {
	out := filepath.Join(y.dir, strings.NewReplacer("/", "-", ".", "").Replace(pkg))
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-gcflags=github.com/...=-l", "-ldflags", "-s -w -buildid=", "-o", out, pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, said)
	}
	return y.unpacked(out)
}

// function is one of Cutover's, as a contender.
func (y *yard) function(name string) (string, error) {
	return y.unpacked(filepath.Join("bin/local", name, "bootstrap"))
}

// unpacked is a copy of a program, written as Lambda writes what it unpacks of a package. What the linker itself wrote
// lies in the page cache in single pages, and each of its starts takes up to a tenth longer.
func (y *yard) unpacked(program string) (string, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(y.dir, "unpacked-")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, filepath.Base(program))
	return out, os.WriteFile(out, content, 0o700)
}

// start runs a program until the yard is cleared, and returns what it prints.
func (y *yard) start(env []string, args ...string) (*bufio.Scanner, *os.Process, error) {
	c := exec.Command(args[0], args[1:]...)
	c.Env, c.Stderr = append(os.Environ(), env...), y.log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	y.defers(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		defer late.Stop()
		_, _ = io.Copy(io.Discard, out)
		_ = c.Wait()
	})
	return bufio.NewScanner(out), c.Process, nil
}

// after returns what stands in a line behind a mark, once the program has printed it.
func after(lines *bufio.Scanner, mark string) (string, error) {
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), mark); ok {
			word, _, _ := strings.Cut(rest, " ")
			return word, nil
		}
	}
	return "", fmt.Errorf("it ended without %q", mark)
}

// spent is the processor time that a running process has used, its threads included, from /proc.
func spent(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const user, system, tick = 11, 12, 100 // fields after the name; USER_HZ is 100 on Linux
	u, err := strconv.Atoi(fields[user])
	if err != nil {
		return 0, err
	}
	s, err := strconv.Atoi(fields[system])
	return float64(u+s) / tick, err
}

// highest is the most memory that a running process had resident, in KiB. Rusage's Maxrss survives exec: a child
// would be told to have had all that this program has.
func highest(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	if err != nil || kib == 0 {
		return 0, fmt.Errorf("/proc/%d/status tells no VmHWM", pid)
	}
	return kib, nil
}

// fetch is a GET whose answer must be 200.
func fetch(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return nil
}
