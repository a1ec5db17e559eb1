package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
)

func TestEventsAreLostDoubledLateAndOutOfOrder(t *testing.T) {
	push := events.Event{Source: "aws.ecr", DetailType: "ECR Image Action"}
	for name, c := range map[string]struct {
		fault fault.Event
		want  []time.Duration
	}{
		"lost":         {fault.Event{Source: "aws.ecr", Lose: true}, nil},
		"doubled":      {fault.Event{DetailType: "ECR*", Copies: 1}, []time.Duration{0, 0}},
		"late":         {fault.Event{Delay: time.Minute}, []time.Duration{time.Minute}},
		"another's":    {fault.Event{Source: "aws.ecs", Lose: true}, []time.Duration{0}},
		"late, thrice": {fault.Event{Delay: time.Second, Copies: 2}, []time.Duration{time.Second, time.Second, time.Second}},
	} {
		b := newBed(0)
		b.add(t, c.fault)
		if d := cmp.Diff(c.want, b.plan.Event(push)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	b := newBed(1)
	b.add(t, fault.Event{Shuffle: time.Minute})
	first, disorder := b.plan.Event(push)[0], false
	for range 10 {
		next := b.plan.Event(push)[0]
		disorder = disorder || next < first
		if first = next; next < 0 || next > time.Minute {
			t.Errorf("%v late", next)
		}
	}
	if !disorder {
		t.Error("every event is later than the one before")
	}
}

func TestFunctionsCrashTimeOutAndFindNoConcurrency(t *testing.T) {
	b := newBed(0)
	b.add(t, fault.Function{Name: "release", Crash: fault.Before, Times: 1}, fault.Function{Name: "verify", Crash: fault.After},
		fault.Function{Name: "slow", TimeOut: time.Second}, fault.Function{Name: "busy", Throttle: true, Times: 1})
	for name, want := range map[string]lambda.Disturbance{
		"release": {CrashBefore: true}, "verify": {CrashAfter: true}, "slow": {Limit: time.Second}, "busy": {}, "other": {},
	} {
		if d := cmp.Diff(want, b.plan.Execution(name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if !b.plan.Throttled("busy") || b.plan.Throttled("busy") || b.plan.Throttled("release") {
		t.Error("only busy is throttled, once")
	}
}

func TestTargetsAreDisturbedByGroupAndByWhatRunsThere(t *testing.T) {
	b := newBed(0)
	detached := b.plan.Attached("10.0.0.11", ecs.Origin{Service: "web", Revision: "web:7"})
	b.add(t, fault.Target{Revision: "web:7", Only: fault.Checks, Status: 503}, fault.Target{Group: "web-*", Only: fault.Requests, Delay: time.Second})
	for _, c := range []struct {
		group, addr string
		check       bool
		want        elb.Disturbance
	}{
		{"web-1", "10.0.0.11:80", true, elb.Disturbance{Status: 503}},
		{"web-1", "10.0.0.12:80", true, elb.Disturbance{}},
		{"web-1", "10.0.0.11:80", false, elb.Disturbance{Delay: time.Second}},
		{"api", "10.0.0.11:80", false, elb.Disturbance{}},
	} {
		for range 2 {
			if d := cmp.Diff(c.want, b.plan.Target(c.group, c.addr, c.check)); d != "" {
				t.Errorf("%+v: %s", c, d)
			}
		}
	}
	if d := cmp.Diff([]string{"web:7 answers 503 Service Unavailable (checks)", "web:7 answers as it does, 1s late (requests)"}, b.faults()); d != "" {
		t.Errorf("once a task: %s", d)
	}
	detached()
	if d := b.plan.Target("web-1", "10.0.0.11:80", true); d.Status != 0 {
		t.Error("the address is another's now")
	}
}

// still is a task that runs until it is stopped.
type still struct{ done chan struct{} }

func (s still) Dial(context.Context, int) (net.Conn, error) { return nil, errors.New("nobody listens") }
func (s still) Exec(context.Context, string, []string) (int, error) {
	return 0, nil
}
func (s still) Done() <-chan struct{} { return s.done }
func (s still) Exits() []task.Exit    { return nil }
func (s still) Stop(context.Context)  { close(s.done) }

type starter struct{}

func (starter) Start(context.Context, task.Spec) (ecs.Task, error) {
	return still{make(chan struct{})}, nil
}

func TestTasksDoNotStartEndAtOnceOrDieLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(0)
		runner := b.plan.Runner(starter{})
		spec := task.Spec{ID: "1", Containers: []task.Container{{Name: "web"}, {Name: "side"}}}
		start := func() (ecs.Task, error) { return runner.Start(t.Context(), spec) }

		b.add(t, fault.Task{NoImage: true, Times: 1}, fault.Task{Skip: 1, Reason: "no room", Times: 1}, fault.Task{Skip: 2, Exit: 3, Times: 1})
		if _, err := start(); err == nil || !strings.HasPrefix(err.Error(), "CannotPullContainerError: ") {
			t.Error(err)
		}
		if _, err := start(); err == nil || err.Error() != "no room" {
			t.Error(err)
		}
		ended, err := start()
		if err != nil {
			t.Fatal(err)
		}
		<-ended.Done()
		if d := cmp.Diff([]task.Exit{{Container: "web", Code: 3}, {Container: "side", Code: 137}}, ended.Exits()); d != "" {
			t.Error(d)
		}
		running, err := start()
		if err != nil {
			t.Fatal(err)
		}
		b.add(t, fault.Task{Dies: time.Hour, Times: 2})
		later, err := start()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		<-running.Done()
		<-later.Done()
		if time.Since(began) != time.Hour {
			t.Errorf("dead after %v", time.Since(began))
		}
		survivor, err := start()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour) // of the bubble's time
		select {
		case <-survivor.Done():
			t.Error("two were to die")
		default:
			survivor.Stop(t.Context())
		}
	})
}

func TestWaitsAreSkipped(t *testing.T) {
	b := newBed(0)
	b.add(t, fault.Wait{Name: "termination-wait", Times: 1})
	if b.plan.Skips("hook") || !b.plan.Skips("termination-wait") || b.plan.Skips("termination-wait") {
		t.Error("one termination wait is to be skipped")
	}
}

func TestAFaultThatMeansNothingIsRefused(t *testing.T) {
	for _, f := range []fault.Fault{
		fault.API{Service: "ecs"}, fault.API{Service: "[", Code: "X"}, fault.API{Code: "X", Chance: 2}, fault.API{Code: "X", Times: -1},
		fault.Deny{}, fault.Deny{Action: "CreateTaskSet"}, fault.Event{}, fault.Event{Copies: 1000}, fault.Function{},
		fault.Function{Crash: "sometimes"}, fault.Function{Crash: fault.Before, Throttle: true}, fault.Function{Throttle: true, Call: "ecs:*"},
		fault.Listener{}, fault.Listener{Listener: "80"}, fault.Target{}, fault.Target{Status: 99}, fault.Target{Status: 500, Only: "some"},
		fault.Task{}, fault.Wait{}, fault.Wait{Name: "*"}, fault.Wait{Name: "health-*"},
	} {
		b := newBed(0)
		if _, err := b.plan.Add(f); err == nil || !strings.HasPrefix(err.Error(), "fault "+f.Kind()+": ") {
			t.Errorf("%#v: %v", f, err)
		}
		if len(b.plan.List()) != 0 {
			t.Errorf("%#v is planned", f)
		}
	}
}

func TestFaultsGoThroughJSONUnchanged(t *testing.T) {
	all := append(fault.Random(3, 200), fault.API{Action: "*", Delay: 90 * time.Second, Message: "text"})
	for _, f := range all {
		text, err := json.Marshal(fault.Encode(f))
		if err != nil {
			t.Fatal(err)
		}
		back, err := fault.Decode(text)
		if err != nil || back != f {
			t.Errorf("%s: %#v, %v", text, back, err)
		}
		if _, err := newBed(0).plan.Add(f); err != nil && f.Kind() != "listener" {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, bad := range []string{"", "[]", `{"Kind":"flood"}`, `{"Service":"ecs"}`, `{"Kind":"api","Delay":5}`, `{"Kind":"api","Delay":"soon"}`,
		`{"Kind":"api","Colour":"red"}`, `{"Kind":7}`, `{"Kind":"api","Times":"many"}`} {
		if f, err := fault.Decode([]byte(bad)); err == nil {
			t.Errorf("%s is read as %#v", bad, f)
		}
	}
}

func TestTheSameSeedDrawsTheSameFaults(t *testing.T) {
	if d := cmp.Diff(fault.Random(7, 50), fault.Random(7, 50)); d != "" {
		t.Error(d)
	}
	kinds := map[string]bool{}
	for _, f := range fault.Random(7, 200) {
		kinds[f.Kind()] = true
	}
	if len(kinds) != 8 {
		t.Errorf("all eight kinds are drawn: %v", kinds)
	}
}
