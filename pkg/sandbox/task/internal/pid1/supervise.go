package pid1

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"syscall"
	"time"
)

// supervisor starts a task's containers, tells how each ends, and ends them all together.
type supervisor struct {
	plan     Plan
	events   *json.Encoder
	null     *os.File
	pids     map[int]int // process to container
	runs     map[int]int // process beside a container to its number
	stopping bool
	starved  map[int]bool // containers that were killed for their memory
	deaths   chan death   // closed when no process is left below the init
	overdue  chan int     // pids whose stop time-out has passed
}

type death struct {
	pid    int
	status syscall.WaitStatus
}

func newSupervisor(p Plan, events *json.Encoder) *supervisor {
	return &supervisor{
		plan: p, events: events, pids: map[int]int{}, runs: map[int]int{}, starved: map[int]bool{},
		deaths: make(chan death), overdue: make(chan int, len(p.Containers)),
	}
}

// start starts all containers, or none.
func (s *supervisor) start() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	s.null = null
	for i, c := range s.plan.Containers {
		if err := s.spawn(i, c); err != nil {
			return fmt.Errorf("container %s: %w", c.Name, err)
		}
	}
	return nil
}

func (s *supervisor) spawn(index int, c Program) error {
	out := uintptr(FirstLogFile + 2*index)
	if s.plan.SwitchUser {
		// A program may open /dev/stdout anew, which asks for the owner of the pipe.
		_ = syscall.Fchown(int(out), c.UID, c.GID)
		_ = syscall.Fchown(int(out+1), c.UID, c.GID)
	}
	pid, err := s.fork(c, out, out+1)
	if errors.Is(err, syscall.ENOEXEC) || errors.Is(err, syscall.ENOENT) {
		// As with a container runtime, it is the container that ends by this, not the task that cannot start.
		return s.notExecutable(index, c, err)
	}
	if err != nil {
		return fmt.Errorf("CannotStartContainerError: exec %s: %w", c.Path, err)
	}
	s.pids[pid] = index
	return nil
}

// fork starts a program in its container, with these files for its output and its errors.
func (s *supervisor) fork(c Program, out, errors uintptr) (pid int, err error) {
	attr := &syscall.ProcAttr{
		Dir: c.Dir, Env: c.Env,
		Files: []uintptr{s.null.Fd(), out, errors},
		Sys:   containerAttr(s.plan, c),
	}
	file := c.Path
	if !s.plan.Chroot {
		file, attr.Dir = path.Join(c.Root, c.Resolved), path.Join(c.Root, c.Dir)
	}
	return syscall.ForkExec(file, c.Args, attr)
}

// exec starts a program beside a container's own.
func (s *supervisor) exec(r Run) {
	c := s.plan.Containers[r.Index]
	c.Path, c.Resolved, c.Args = r.Path, r.Resolved, r.Args
	pid, err := s.fork(c, s.null.Fd(), s.null.Fd())
	if err != nil {
		_ = s.events.Encode(Event{Ran: &Ran{ID: r.ID, Code: 126}})
		return
	}
	s.runs[pid] = r.ID
}

// quit kills what was started under a number.
func (s *supervisor) quit(id int) {
	for pid, other := range s.runs {
		if other == id {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
}

// notExecutable ends a container whose program is not for this machine, or whose interpreter is missing.
// 255 is the exit code by which runc reports it.
func (s *supervisor) notExecutable(index int, c Program, err error) error {
	sentence := fmt.Sprintf("exec %s: %v", c.Path, err)
	_, _ = syscall.Write(FirstLogFile+2*index+1, []byte(sentence+"\n"))
	_ = s.events.Encode(Event{Exit: &Exit{Index: index, Code: 255, Reason: sentence}})
	s.stopping = s.stopping || c.Essential
	return nil
}

// run watches until every container has ended.
func (s *supervisor) run(orders *json.Decoder) {
	for i := range s.plan.Containers { // The containers hold the other ends.
		_ = syscall.Close(FirstLogFile + 2*i)
		_ = syscall.Close(FirstLogFile + 2*i + 1)
	}
	asked := make(chan Order)
	go reap(s.deaths)
	go func() {
		for {
			var o Order
			if err := orders.Decode(&o); err != nil {
				o.Kill = true
			}
			asked <- o
			if o.Kill {
				return
			}
		}
	}()
	if s.stopping {
		s.terminate()
	}
	meter, end := s.meter()
	defer end()
	for len(s.pids) > 0 {
		select {
		case d := <-s.deaths:
			s.died(d)
		case o := <-asked:
			s.obey(o)
		case <-meter:
			s.starve()
		case pid := <-s.overdue:
			if _, lives := s.pids[pid]; lives {
				_ = syscall.Kill(-pid, syscall.SIGKILL)
			}
		}
	}
	// Each death may hand the init new children; when none is left the channel is closed.
	for more := true; more; _, more = <-s.deaths {
		s.kill()
	}
}

func (s *supervisor) obey(o Order) {
	switch {
	case o.Kill:
		s.kill()
	case o.Exec != nil:
		s.exec(*o.Exec)
	case o.Quit > 0:
		s.quit(o.Quit)
	case !s.stopping:
		s.terminate()
	}
}

// died records the end of a container, or of a program beside one; other processes that the init inherited are only
// reaped.
func (s *supervisor) died(d death) {
	code := d.status.ExitStatus()
	if d.status.Signaled() {
		code = 128 + int(d.status.Signal())
	}
	if id, beside := s.runs[d.pid]; beside {
		delete(s.runs, d.pid)
		_ = syscall.Kill(-d.pid, syscall.SIGKILL)
		_ = s.events.Encode(Event{Ran: &Ran{ID: id, Code: code}})
		return
	}
	index, ours := s.pids[d.pid]
	if !ours {
		return
	}
	delete(s.pids, d.pid)
	_ = syscall.Kill(-d.pid, syscall.SIGKILL) // What the container left behind.
	e := Exit{Index: index, Code: code}
	if s.starved[index] {
		e.Reason = OutOfMemory
	}
	_ = s.events.Encode(Event{Exit: &e})
	if s.plan.Containers[index].Essential && !s.stopping {
		s.terminate()
	}
}

func (s *supervisor) terminate() {
	s.stopping = true
	for pid, index := range s.pids {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		time.AfterFunc(s.plan.Containers[index].StopTimeout, func() { s.overdue <- pid })
	}
}

// kill kills everything that is left of the task.
func (s *supervisor) kill() {
	for _, all := range []map[int]int{s.pids, s.runs} {
		for pid := range all {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	killRest(s.plan)
}

// reap waits for every process below the init, its own containers and what they orphaned.
func reap(deaths chan<- death) {
	for {
		var d death
		pid, err := syscall.Wait4(-1, &d.status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			close(deaths)
			return
		}
		if d.pid = pid; d.status.Exited() || d.status.Signaled() {
			deaths <- d
		}
	}
}
