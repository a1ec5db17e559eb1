package watch

import "fmt"

// signals are those by which programs end, by number (signal(7)).
var signals = map[int32]string{
	4:  "SIGILL, an illegal instruction: the program may be built for another processor",
	6:  "SIGABRT: the program gave itself up",
	7:  "SIGBUS, a bad memory access",
	8:  "SIGFPE, an arithmetic error",
	9:  "SIGKILL: it was killed, most often because it took more memory than the task has",
	11: "SIGSEGV, a bad memory access of the program",
	13: "SIGPIPE, a write that nobody reads",
	15: "SIGTERM: it was told to end",
}

// codes are what exit codes mean by convention, of shells and of container runtimes
// (https://tldp.org/LDP/abs/html/exitcodes.html, https://docs.docker.com/engine/containers/run/#exit-status).
var codes = map[int32]string{
	0:   "the program ended by itself, and a service's program must not end",
	1:   "the program reported an error of its own",
	2:   "wrong usage, or a Go program's panic",
	125: "the container runtime could not run it",
	126: "its command is there and cannot be executed",
	127: "its command was not found in the image",
	255: "it could not be executed, or reported a code out of range",
}

// exitMeaning is an exit code in words; empty for one that only the program knows.
func exitMeaning(code int32) string {
	if meaning, ok := codes[code]; ok {
		return meaning
	}
	if code > 128 && code < 128+65 {
		if meaning, ok := signals[code-128]; ok {
			return meaning
		}
		return fmt.Sprintf("signal %d ended it", code-128)
	}
	return ""
}
