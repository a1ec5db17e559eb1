package task

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// Exit is how a container ended.
type Exit struct {
	Container string
	// Code is the exit code; 128 and the signal's number for one that was killed.
	Code int
	// Reason is a sentence when there is more to say than the code.
	Reason string
}

// Task is a started task. Its methods may be called at any time, also after its end.
type Task struct {
	runner *Runner
	spec   Spec
	dir    string
	init   *process
	logs   logs
	done   chan struct{}
	host   int            // in mode process, of the loopback address
	claim  net.PacketConn // that nobody else has host
	ports  [][]int        // of each container
	real   map[int]string // in mode process, a port's real address

	programs []pid1.Program // of the containers

	mu      sync.Mutex
	exits   []*Exit
	lastRun int
	runs    map[int]chan<- int // programs beside the containers, by number
}

type logs struct {
	streams []*os.File
	out     []*lines
	all     sync.WaitGroup
}

func (l *logs) closeAll() {
	for _, stream := range l.streams {
		_ = stream.Close()
	}
}

// openLogs makes two pipes for each container and returns the ends to write to.
func (t *Task) openLogs(n int) ([]*os.File, error) {
	var files []*os.File
	for i := range 2 * n {
		r, w, err := os.Pipe()
		if err != nil {
			return files, err
		}
		files = append(files, w)
		t.logs.streams = append(t.logs.streams, r)
		if i%2 == 0 {
			t.logs.out = append(t.logs.out, &lines{out: t.spec.Containers[i/2].Log})
		}
	}
	return files, nil
}

// follow hears the init until it is gone, then tidies up.
func (t *Task) follow(started chan<- error) {
	told := false
	tell := func(err error) {
		if !told {
			told = true
			started <- err
		}
	}
	for {
		var e pid1.Event
		if err := t.init.events.Decode(&e); err != nil {
			break
		}
		switch {
		case e.Failed != "":
			tell(errors.New(e.Failed))
		case e.Started:
			tell(nil)
		case e.Ran != nil:
			t.ran(*e.Ran)
		case e.Exit != nil && e.Exit.Index < len(t.exits):
			t.mu.Lock()
			t.exits[e.Exit.Index] = &Exit{Container: t.spec.Containers[e.Exit.Index].Name, Code: e.Exit.Code, Reason: e.Exit.Reason}
			t.mu.Unlock()
		}
	}
	t.init.finish()
	tell(fmt.Errorf("start task: the init ended%s", t.init.complaint()))
	// Whoever still holds a pipe then is no process of the task that could be known of.
	late := time.AfterFunc(time.Second, t.logs.closeAll)
	t.logs.all.Wait()
	late.Stop()
	t.logs.closeAll()
	t.mu.Lock()
	for i, e := range t.exits {
		if e == nil {
			t.exits[i] = &Exit{Container: t.spec.Containers[i].Name, Code: 137}
		}
	}
	t.mu.Unlock()
	t.release()
	close(t.done)
}

// release gives back what the task had; it is called once.
func (t *Task) release() {
	if t.dir != "" {
		if err := removeTree(t.dir); err != nil {
			t.runner.opts.Log.Warn("files of a task are left", "task", t.spec.ID, "why", err)
		}
	}
	t.runner.mu.Lock()
	delete(t.runner.tasks, t)
	t.runner.mu.Unlock()
	if t.claim != nil {
		_ = t.claim.Close()
	}
	t.runner.ended.Done()
}

// Dial connects to a port that a container of the task listens on. A port on which nothing listens gives
// ECONNREFUSED.
func (t *Task) Dial(ctx context.Context, port int) (net.Conn, error) {
	if t.init.dialer != nil {
		return t.init.dialer.dial(ctx, port)
	}
	select {
	case <-t.done:
		return nil, errEnded
	default:
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", t.realAddress(port))
}

// Done is closed when no process of the task is left and its whole output is written.
func (t *Task) Done() <-chan struct{} { return t.done }

// Exits tells of the containers that have ended, in their order in the Spec; after Done, of all.
func (t *Task) Exits() []Exit {
	t.mu.Lock()
	defer t.mu.Unlock()
	ended := []Exit{}
	for _, e := range slices.DeleteFunc(slices.Clone(t.exits), func(e *Exit) bool { return e == nil }) {
		ended = append(ended, *e)
	}
	return ended
}

// Stop sends TERM to every container, KILL after its stop time-out, and returns when the task has ended. The
// end of ctx means KILL now.
func (t *Task) Stop(ctx context.Context) {
	t.init.order(pid1.Order{Stop: true})
	select {
	case <-t.done:
	case <-ctx.Done():
		t.init.order(pid1.Order{Kill: true})
		<-t.done
	}
}
