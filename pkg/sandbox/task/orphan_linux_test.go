package task

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"
)

func TestTheDeathOfTheRunnerEndsItsTasks(t *testing.T) {
	if mode := os.Getenv("TASK_TEST_DIES"); mode != "" {
		r := newRunner(t, mode)
		start(t, r, Container{Name: "web", Image: imageOf(t, v1.Config{}, nil), Command: []string{"ignore-term", "wait"}})
		for _, child := range descendants(t) {
			pid, _, _ := strings.Cut(child, " ")
			_, _ = os.Stdout.WriteString("init " + pid + "\n")
		}
		select {} // Until it is killed.
	}
	for _, mode := range []string{ModeNamespaces, ModeProcess} {
		t.Run(mode, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestTheDeathOfTheRunnerEndsItsTasks$")
			cmd.Env = append(os.Environ(), "TASK_TEST_DIES="+mode, "TMPDIR="+t.TempDir())
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "init ") && !strings.Contains(lines.Text(), "SKIP") {
			}
			pid, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "init "))
			if err != nil {
				_ = cmd.Wait()
				t.Skipf("the runner did not start: %q", lines.Text())
			}
			fd, err := unix.PidfdOpen(pid, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = unix.Close(fd) }()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			if n, err := unix.Poll(poll, 10_000); n != 1 {
				t.Errorf("the init outlives its runner: %d %v", n, err)
			}
		})
	}
}

// BenchmarkStart is from nothing to a started container, its image already unpacked, and its end.
func BenchmarkStart(b *testing.B) {
	body, err := built()
	if err != nil {
		b.Skip(err)
	}
	img, err := plainImage(body)
	if err != nil {
		b.Fatal(err)
	}
	r, err := New(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for b.Loop() {
		task, err := r.Start(b.Context(), Spec{Containers: []Container{{Name: "web", Image: img, Entrypoint: []string{"app", "exit=0"}, Essential: true}}})
		if err != nil {
			b.Fatal(err)
		}
		<-task.Done()
	}
}

// BenchmarkDial is one connection into a task.
func BenchmarkDial(b *testing.B) {
	body, err := built()
	if err != nil {
		b.Skip(err)
	}
	img, err := plainImage(body)
	if err != nil {
		b.Fatal(err)
	}
	r, err := New(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	out := newLog()
	task, err := r.Start(b.Context(), Spec{Containers: []Container{{Name: "web", Image: img, Entrypoint: []string{"app", "serve=80"}, Log: out}}})
	if err != nil {
		b.Fatal(err)
	}
	<-out.lines
	for b.Loop() {
		conn, err := task.Dial(b.Context(), 80)
		if err != nil {
			b.Fatal(err)
		}
		_ = conn.Close()
	}
}
