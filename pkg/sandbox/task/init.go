package task

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// process is the runner's side of an init.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	events *json.Decoder
	dialer *dialer // nil without namespaces
	stderr tail

	mu     sync.Mutex // over stdin
	orders *json.Encoder
}

// launch starts an init and gives it its plan. logs are two files for each container; nil entries are
// /dev/null. The caller calls finish once.
func (r *Runner) launch(f form, p pid1.Plan, logs []*os.File) (*process, error) {
	exe := cmp.Or(r.opts.Init, selfExe)
	if exe == "" {
		var err error
		if exe, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	in := &process{cmd: &exec.Cmd{
		Path: exe, Args: []string{pid1.Name}, Env: []string{}, Dir: "/",
		SysProcAttr: initAttr(f, p.Containers[0]), WaitDelay: time.Second,
	}}
	in.cmd.Stderr = &in.stderr
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = null.Close() }()
	dialEnd := null
	if f.namespaces {
		if in.dialer, dialEnd, err = newDialer(); err != nil {
			return nil, err
		}
		defer func() { _ = dialEnd.Close() }()
	}
	in.cmd.ExtraFiles = []*os.File{dialEnd}
	for _, file := range logs {
		in.cmd.ExtraFiles = append(in.cmd.ExtraFiles, cmp.Or(file, null))
	}
	if err := r.spawn(in); err != nil {
		if in.dialer != nil {
			in.dialer.close()
		}
		return nil, fmt.Errorf("start an init: %w", err)
	}
	if err := in.orders.Encode(p); err != nil {
		in.finish()
		return nil, fmt.Errorf("start an init: %w%s", err, in.complaint())
	}
	return in, nil
}

func (r *Runner) spawn(in *process) error {
	stdin, err := in.cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := in.cmd.StdoutPipe()
	if err != nil {
		_ = stdin.Close()
		return err
	}
	in.stdin, in.orders, in.events = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	started := make(chan error)
	r.thread <- func() { started <- in.cmd.Start() }
	return <-started
}

// order tells the init what to do; one that is gone does not mind.
func (in *process) order(o pid1.Order) {
	if o.Kill {
		// An init that does not even end by this is ended from outside, and the kernel ends the rest.
		time.AfterFunc(2*time.Second, func() { _ = in.cmd.Process.Kill() })
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	_ = in.orders.Encode(o)
}

// finish waits until the init is gone; its input's end tells it to go.
func (in *process) finish() {
	in.mu.Lock()
	_ = in.stdin.Close()
	in.mu.Unlock()
	_ = in.cmd.Wait()
	if in.dialer != nil {
		in.dialer.close()
	}
}

// complaint is what the init wrote to its standard error, for an error's end.
func (in *process) complaint() string {
	in.stderr.mu.Lock()
	defer in.stderr.mu.Unlock()
	if in.stderr.buf.Len() == 0 {
		return ""
	}
	return ": " + string(bytes.TrimSpace(in.stderr.buf.Bytes()))
}

// tail keeps the first few kilobytes that are written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(b[:min(len(b), 4<<10-min(t.buf.Len(), 4<<10))])
	return len(b), nil
}
