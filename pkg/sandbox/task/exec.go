package task

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// Exec runs a command in a running container as the container's user, with its environment and working directory, and
// returns its exit code: 128 and the signal's number for one that was killed, 126 for one that could not be started.
// Its output goes nowhere. The end of ctx kills it. A command that the container does not have is an error.
func (t *Task) Exec(ctx context.Context, container string, command []string) (code int, err error) {
	i := slices.IndexFunc(t.programs, func(p pid1.Program) bool { return p.Name == container })
	if i < 0 || len(command) == 0 {
		return 0, fmt.Errorf("exec in container %s: no such container, or no command", container)
	}
	p := t.programs[i]
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return 0, fmt.Errorf("exec in container %s: %w", container, err)
	}
	defer func() { _ = root.Close() }()
	order := pid1.Order{Exec: &pid1.Run{Index: i, Args: command}}
	if order.Exec.Path, order.Exec.Resolved, err = executable(root, command[0], p.Dir, value(p.Env, "PATH")); err != nil {
		return 0, fmt.Errorf("exec in container %s: %w", container, err)
	}
	ended := make(chan int, 1)
	t.mu.Lock()
	t.lastRun++
	order.Exec.ID = t.lastRun
	t.runs[order.Exec.ID] = ended
	t.mu.Unlock()
	t.init.order(order)
	select {
	case code := <-ended:
		return code, nil
	case <-t.done:
		return 0, errEnded
	case <-ctx.Done():
	}
	t.init.order(quit(order.Exec.ID))
	select {
	case <-ended:
	case <-t.done:
	}
	return 0, ctx.Err()
}

func quit(id int) pid1.Order { return pid1.Order{Quit: id} }

// ran hands the end of a program to who started it.
func (t *Task) ran(r pid1.Ran) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ended := t.runs[r.ID]; ended != nil {
		ended <- r.Code
		delete(t.runs, r.ID)
	}
}
