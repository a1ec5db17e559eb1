package pid1

import (
	"encoding/json"
	"os"
	"runtime"
	"syscall"
)

func init() {
	switch os.Args[0] {
	case ProbeName:
		syscall.Exit(0)
	case Name:
		// Containers are told to die with the thread that starts them.
		runtime.LockOSThread()
		serve()
	}
}

// serve is the life of an init. It leaves by syscall.Exit, without what the host program registered for its end.
func serve() {
	orders, events := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var p Plan
	if err := orders.Decode(&p); err != nil {
		syscall.Exit(1) // The runner is gone.
	}
	for fd := DialFile; fd < FirstLogFile+2*len(p.Containers); fd++ {
		syscall.CloseOnExec(fd)
	}
	if err := isolate(p); err != nil {
		_ = events.Encode(Event{Failed: err.Error()})
		syscall.Exit(1)
	}
	s := newSupervisor(p, events)
	if !p.Probe {
		if err := s.start(); err != nil {
			s.kill()
			_ = events.Encode(Event{Failed: err.Error()})
			syscall.Exit(1)
		}
	}
	_ = events.Encode(Event{Started: true})
	if !p.Probe {
		s.run(orders)
	}
	syscall.Exit(0)
}
