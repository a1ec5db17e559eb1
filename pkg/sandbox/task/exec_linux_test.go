package task

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestACommandRunsBesideTheContainerAsTheContainerDoes(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{WorkingDir: "/data", Cmd: []string{"say=up", "wait"}, Env: []string{"HELLO=there"}}, nil)
		out := newLog()
		task := start(t, r, Container{Name: "web", Image: img, Essential: true, Log: out})
		out.await(t, "up")
		app := task.programs[0].Args[0]
		for _, c := range []struct {
			command []string
			code    int
		}{
			{[]string{app, "say=ok"}, 0}, {[]string{app, "exit=3"}, 3}, {[]string{app, "write=written", "show=/data/written"}, 0},
		} {
			if code, err := task.Exec(t.Context(), "web", c.command); err != nil || code != c.code {
				t.Errorf("%v ended with %d, %v", c.command, code, err)
			}
		}
		if _, err := os.Stat(task.programs[0].Root + "/data/written"); err != nil {
			t.Errorf("it did not run in the container's working directory: %v", err)
		}
		if len(task.Exits()) > 0 {
			t.Errorf("the container ended: %v", task.Exits())
		}
		if out := out.String(); strings.Contains(out, "ok") {
			t.Errorf("the command's output is in the container's log: %s", out)
		}
		if _, err := task.Exec(t.Context(), "web", []string{"nothing"}); err == nil || !strings.Contains(err.Error(), "not found in $PATH") {
			t.Error(err)
		}
		if _, err := task.Exec(t.Context(), "other", []string{app}); err == nil {
			t.Error("there is no other container")
		}

		// One that takes too long is killed, and the container is not.
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := task.Exec(ctx, "web", []string{app, "child", "wait"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		// The end of the task ends what runs beside it.
		ended := make(chan error)
		go func() {
			_, err := task.Exec(context.Background(), "web", []string{app, "write=begun", "wait"})
			ended <- err
		}()
		awaitFile(t, task.programs[0].Root+"/data/begun")
		now, kill := context.WithCancel(t.Context())
		kill()
		task.Stop(now)
		select { // killed with the task, or told of the task's end
		case <-ended:
		case <-time.After(2 * time.Minute):
			t.Fatal("the command outlives the task")
		}
		if _, err := task.Exec(t.Context(), "web", []string{app}); err == nil {
			t.Error("a command ran in a task that has ended")
		}
	})
}

func awaitFile(t *testing.T, name string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond) // nothing tells of a file
	defer tick.Stop()
	for range 2000 {
		if _, err := os.Stat(name); err == nil {
			return
		}
		<-tick.C
	}
	t.Fatal("no " + name)
}
