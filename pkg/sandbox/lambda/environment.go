package lambda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// maxIdle environments a function keeps; more than these end when they have answered.
const maxIdle = 8

// environment is one process of a function, with a Runtime API of its own. It serves one invocation at a time.
type environment struct {
	f      *function
	stream string            // its log stream
	emit   func(line string) // where its lines go
	out    *output
	cmd    *exec.Cmd
	stale  bool // the function changed since; guarded by Service.mu

	work   chan *invocation // taken by /next
	ready  chan struct{}    // /next was called
	exited chan struct{}    // the process ended; exit is set
	exit   error
	init   chan []byte // what the runtime told /init/error

	current atomic.Pointer[invocation]
	started time.Time
}

// take returns an idle environment of f, or starts one; the second result says whether it is new.
func (s *Service) take(f *function) (e *environment, cold bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(f.idle) > 0 {
		e := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		select {
		case <-e.exited:
		default:
			return e, false, nil
		}
	}
	e, err = s.start(f)
	return e, true, err
}

// park keeps an environment for the next invocation, or ends it.
func (s *Service) park(e *environment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work.Ended() || e.stale || len(e.f.idle) >= maxIdle {
		e.kill()
		return
	}
	e.f.idle = append(e.f.idle, e)
}

// renew ends idle environments, and busy ones when they have answered, because the function changed; the caller
// holds mu.
func (f *function) renew() {
	for e := range f.all {
		e.stale = true
	}
	for _, e := range f.idle {
		e.kill()
	}
	f.idle = nil
}

// retire ends every environment now; the caller holds mu.
func (f *function) retire() {
	for e := range f.all {
		e.kill()
	}
}

// start makes a new environment of f; the caller holds mu.
func (s *Service) start(f *function) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime: %w", err)
	}
	now := s.opts.Clock.Now()
	e := &environment{
		f: f, started: now, stream: fmt.Sprintf("%s/[$LATEST]%s", now.UTC().Format("2006/01/02"), hexID()),
		work: make(chan *invocation), ready: make(chan struct{}, 1), exited: make(chan struct{}), init: make(chan []byte, 1),
	}
	e.emit = s.sink(e, f)
	e.out, err = newOutput(e.emit)
	if err != nil {
		listener.Close()
		return nil, err
	}
	e.cmd = exec.Command(f.bootstrap)
	e.cmd.Dir = filepath.Dir(f.bootstrap)
	e.cmd.Env = s.variables(f, e.stream, listener.Addr().String())
	e.cmd.Stdout, e.cmd.Stderr = e.out.w, e.out.w
	e.cmd.SysProcAttr = attributes()
	server, connections := e.serve(listener)

	started := make(chan error, 1)
	if !s.work.Go(func() {
		// A process dies with the thread that forked it (Pdeathsig), so that thread belongs to it while it lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := e.cmd.Start()
		started <- err
		if err == nil {
			e.exit = e.cmd.Wait()
			e.kill() // what the process has started itself
		}
		e.out.close()
		close(e.exited)
		server.Close()
		connections.Wait()
		s.mu.Lock()
		delete(f.all, e)
		f.idle = slices.DeleteFunc(f.idle, func(i *environment) bool { return i == e })
		s.mu.Unlock()
	}) {
		e.out.close()
		server.Close()
		connections.Wait()
		return nil, context.Canceled
	}
	if err := <-started; err != nil {
		return nil, err
	}
	f.all[e] = struct{}{}
	return e, nil
}

// serve answers the Runtime API on listener. The group's work is done when every connection is closed.
func (e *environment) serve(listener net.Listener) (*http.Server, *sync.WaitGroup) {
	var connections sync.WaitGroup
	server := &http.Server{Handler: e.runtimeAPI(), ReadHeaderTimeout: time.Minute}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.Add(1)
		case http.StateClosed, http.StateHijacked:
			connections.Done()
		}
	}
	connections.Add(1)
	go func() {
		defer connections.Done()
		_ = server.Serve(listener) // ends with Close
	}()
	return server, &connections
}

// kill ends the process and everything that it has started. Its end is seen in exited.
func (e *environment) kill() {
	if e.cmd.Process != nil {
		_ = syscall.Kill(-e.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// exitReason is how AWS words the end of a runtime.
func exitReason(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + exit.Error()
}
