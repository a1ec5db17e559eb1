package task

import "time"

// What a runner and an init tell each other: one plan and then orders on the init's standard input, events on
// its standard output, each one JSON value. The end of the input means that the runner is gone.

type plan struct {
	Host       string
	Namespaces bool  // the init was started in namespaces of its own
	Chroot     bool  // containers see only their root
	SwitchUser bool  // the init may become any user
	Probe      bool  // try everything, start nothing
	Memory     int64 // bytes; 0: any
	Containers []program
}

type order struct {
	Stop bool // TERM, then KILL after the stop time-out
	Kill bool // KILL now
	Exec *run // start this beside a container
	Quit int  // KILL the one that was started under this number
}

type event struct {
	Started bool
	Failed  string // the task could not be set up; the last event
	Exit    *exit
	Ran     *ran
}

type exit struct {
	Index  int
	Code   int
	Reason string
}

// defaultStopTimeout is what ECS waits between TERM and KILL.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)
const defaultStopTimeout = 30 * time.Second

// initName is argv[0] of an init. No shell and no person starts a program under such a name.
const initName = "cutover: init of a task"

// probeName is argv[0] of the process by which an init proves that it can start one.
const probeName = "cutover: probe of a task"
