package task

import (
	"encoding/json"
	"os"
	"runtime"
	"syscall"
)

// Main must be the first statement of main, and of TestMain, in every binary that uses a Runner. It returns at
// once, unless this process was started to be the init of a task; then it does that work and exits.
func Main() {
	switch os.Args[0] {
	case probeName:
		syscall.Exit(0)
	case initName:
		// Containers are told to die with the thread that starts them.
		runtime.LockOSThread()
		serve()
	}
}

// serve is the life of an init. It leaves by syscall.Exit, without what the host program registered for its end.
func serve() {
	orders, events := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var p plan
	if err := orders.Decode(&p); err != nil {
		syscall.Exit(1) // The runner is gone.
	}
	for fd := firstLogFile - 1; fd < firstLogFile+2*len(p.Containers); fd++ {
		syscall.CloseOnExec(fd)
	}
	if err := isolate(p); err != nil {
		_ = events.Encode(event{Failed: err.Error()})
		syscall.Exit(1)
	}
	s := newSupervisor(p, events)
	if !p.Probe {
		if err := s.start(); err != nil {
			s.kill()
			_ = events.Encode(event{Failed: err.Error()})
			syscall.Exit(1)
		}
	}
	_ = events.Encode(event{Started: true})
	if !p.Probe {
		s.run(orders)
	}
	syscall.Exit(0)
}
