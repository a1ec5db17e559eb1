package main

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// begins starts cutover beside the test and waits until it has written a line with these words.
func begins(t *testing.T, env []string, words string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "cutover", args...)
	cmd.Env = env
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), words) {
			return cmd
		}
	}
	_ = cmd.Wait()
	t.Fatalf("cutover %v ended without a word of %q: %s", args, words, &errs)
	return nil
}

// interrupted is the exit code of a program that a person ends.
func interrupted(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code tells
	return cmd.ProcessState.ExitCode()
}

func TestTheSandboxRunsUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	cmd := begins(t, os.Environ(), "http://127.0.0.1:", "sandbox", "serve", "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0", "--bin", binaries(t))
	if code := interrupted(t, cmd); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// TestEveryExitCodeIsTheOneThatIsDocumented makes each code of the table in docs/cli.md come up, and no other is told
// there or in the help.
func TestEveryExitCodeIsTheOneThatIsDocumented(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	seen := map[string]bool{}
	ends := func(code int, args ...string) {
		t.Helper()
		if _, errs, got := r.run("cutover", append(args, "--config", configuration)...); got != code {
			t.Errorf("cutover %v ended with %d, not %d: %s", args, got, code, errs)
		}
		seen[fmt.Sprint(code)] = true
	}
	ends(0, "status", website)
	ends(1, "finish", website, "--yes")
	ends(2, "status", "nobody")
	ends(3, "watch", website, "--image", "nightly")
	ends(4, "watch", website, "--image", "v1", "--timeout", "100ms")
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.until("v1 has production", func(now live.Status) bool { return now.Deployment != nil && now.Deployment.Terminating })
	if code := interrupted(t, begins(t, r.env(), "deployment d-", "watch", website, "--config", configuration)); code != 130 {
		t.Errorf("an interrupted watch ended with %d", code)
	}
	seen["130"] = true

	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "cli.md"))
	r.need(err)
	_, table, _ := strings.Cut(string(page), "## Exit codes\n")
	table, _, _ = strings.Cut(table, "\n## ")
	_, help, _ := strings.Cut(description, "Exit codes:\n")
	for where, rows := range map[string]*regexp.Regexp{table: regexp.MustCompile(`(?m)^\| (\d+) \|`), help: regexp.MustCompile(`(?m)^  (\d+) `)} {
		told := map[string]bool{}
		for _, m := range rows.FindAllStringSubmatch(where, -1) {
			told[m[1]] = true
		}
		if !maps.Equal(told, seen) {
			t.Errorf("told are %v, and seen %v", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(seen)))
		}
	}
}
