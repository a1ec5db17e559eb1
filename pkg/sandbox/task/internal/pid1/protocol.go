package pid1

import "time"

// What a runner and an init tell each other: one Plan and then Orders on the init's standard input, Events on
// its standard output, each one JSON value. The end of the input means that the runner is gone.

// Name is argv[0] of an init. No shell and no person starts a program under such a name.
const Name = "cutover: init of a task"

// ProbeName is argv[0] of the process by which an init proves that it can start one.
const ProbeName = "cutover: probe of a task"

// Files that an init gets from its runner: the dial socket, then two for each container, its output and its
// errors.
const (
	DialFile     = 3
	FirstLogFile = 4
)

// DialMessage is the size of a message of the dial socket. The init connects inside the task's network namespace and
// hands the connected socket out, so that nothing stands between the two ends of a connection afterwards. A request
// is an id and a port, an answer the id and an error number, with the socket when that is zero.
const DialMessage = 8

// Plan is what an init is to make of itself, and start.
type Plan struct {
	Host       string
	Namespaces bool  // the init was started in namespaces of its own
	Chroot     bool  // containers see only their root
	SwitchUser bool  // the init may become any user
	Probe      bool  // try everything, start nothing
	Memory     int64 // bytes; 0: any
	Containers []Program
}

// Program is one container as its init starts it.
type Program struct {
	Name        string
	Root        string // of the container's file system, on the host
	Path        string // of the executable, inside Root
	Resolved    string // the same without links, inside Root
	Args        []string
	Env         []string
	Dir         string // inside Root
	UID, GID    int
	Essential   bool
	StopTimeout time.Duration
	Memory      int64 // bytes; 0: as much as its task
}

// Order is one of these; an empty one is Stop.
type Order struct {
	Stop bool // TERM, then KILL after the stop time-out
	Kill bool // KILL now
	Exec *Run // start this beside a container
	Quit int  // KILL the one that was started under this number
}

// Run is a program that an init is to start beside a container's own.
type Run struct {
	ID    int
	Index int // of the container
	// Path and Resolved of the program, and its arguments; the rest is the container's.
	Path, Resolved string
	Args           []string
}

// Event is one of these.
type Event struct {
	Started bool
	Failed  string // the task could not be set up; the last event
	Exit    *Exit
	Ran     *Ran
}

// Exit is how a container ended.
type Exit struct {
	Index  int
	Code   int
	Reason string
}

// Ran is how a program beside a container ended.
type Ran struct {
	ID, Code int
}
