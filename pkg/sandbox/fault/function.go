package fault

import (
	"errors"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Function befalls executions of functions.
type Function struct {
	Name     string        `arg:"" optional:"" help:"The function's name; * matches."`
	Crash    string        `enum:",before,after" default:"" help:"Its process ends before or after its work, or the call that --call names."`
	Call     string        `help:"The call around which it crashes, as service:Action; * matches."`
	TimeOut  time.Duration `help:"It is ended as timed out after this real time."`
	Throttle bool          `help:"There is no concurrency left for it."`
	Skip     int           `help:"Let the first ones pass."`
	Times    int           `help:"How often; 0 is always."`
	Chance   float64       `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Values of Function.Crash.
const (
	Before = "before"
	After  = "after"
)

// Kind implements Fault.
func (Function) Kind() string { return "function" }

func (f Function) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f Function) check() error {
	ways := 0
	for _, way := range []bool{f.Crash != "", f.TimeOut > 0, f.Throttle} {
		if way {
			ways++
		}
	}
	switch {
	case ways != 1:
		return errors.New("one of crash, time-out and throttle is needed")
	case f.Crash != "" && f.Crash != Before && f.Crash != After:
		return errors.New("a crash comes before or after")
	case f.Call != "" && f.Crash == "":
		return errors.New("only a crash has a call")
	}
	return errors.Join(checkPattern(f.Name), checkCall(f.Call))
}

// Throttled says that a function finds no concurrency; it has the form of lambda's Options.Throttled.
func (p *Plan) Throttled(function string) bool {
	struck := strike(p, func(f Function) bool { return f.Throttle && like(f.Name, function) })
	if len(struck) > 0 {
		p.tell("lambda", "Execute", "", "function %s finds no concurrency", function)
	}
	return len(struck) > 0
}

// Execution says what befalls an execution; it has the form of lambda's Options.Disturb.
func (p *Plan) Execution(function string) (d lambda.Disturbance) {
	for _, f := range strike(p, func(f Function) bool { return !f.Throttle && f.Call == "" && like(f.Name, function) }) {
		switch {
		case f.Crash == Before:
			d.CrashBefore = true
			p.tell("lambda", "Execute", "", "function %s crashes before its work", function)
		case f.Crash == After:
			d.CrashAfter = true
			p.tell("lambda", "Execute", "", "function %s crashes after its work", function)
		default:
			d.Limit = f.TimeOut
			p.tell("lambda", "Execute", "", "function %s times out after %s", function, f.TimeOut)
		}
	}
	return d
}

// crashAt kills the function that makes a call, before or after the call's effect.
func (p *Plan) crashAt(service, action string, by wire.Caller, next func() (any, error)) (out any, told string, err error, crashed bool) {
	function := by.ARN[strings.LastIndexByte(by.ARN, '/')+1:] // a session has its function's name
	if by.AccessKey == "" || by.Role == "" {
		return nil, "", nil, false // not a function's
	}
	struck := strike(p, func(f Function) bool {
		return f.Call != "" && like(f.Name, function) && likeCall(f.Call, service, action)
	})
	if len(struck) == 0 {
		return nil, "", nil, false
	}
	told = "function " + function + " crashes before this call"
	if struck[0].Crash == After {
		told = "function " + function + " crashes after this call"
		out, err = next()
	} else {
		err = &smithy.GenericAPIError{Code: "InternalFailure", Message: "the caller has crashed", Fault: smithy.FaultServer}
	}
	if p.opts.Crash != nil {
		p.opts.Crash(function)
	}
	return out, told, err, true
}
