package fault

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
)

// Task befalls tasks: they do not start, end at once, or die later. A task that runs already when the fault is
// planned can only die. Tasks that fail their health check, turn slow or answer 5xx are Target's.
type Task struct {
	Service  string        `arg:"" optional:"" help:"The ECS service; * matches."`
	Revision string        `help:"Only tasks of this revision, family:number; * matches."`
	NoImage  bool          `help:"Its image cannot be pulled."`
	Reason   string        `help:"It cannot be started, for this reason: \"Capacity is unavailable at this time.\""`
	Exit     int           `help:"It ends at once with this exit code."`
	Dies     time.Duration `help:"It is killed after this time on the sandbox's clock."`
	Skip     int           `help:"Let the first ones pass."`
	Times    int           `help:"How often; 0 is always."`
	Chance   float64       `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Kind implements Fault.
func (Task) Kind() string { return "task" }

func (f Task) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f Task) check() error {
	if !f.NoImage && f.Reason == "" && f.Exit <= 0 && f.Dies <= 0 {
		return errors.New("no-image, a reason, an exit code or a time after which it dies is needed")
	}
	return checkPattern(f.Service, f.Revision)
}

func (f Task) matches(o ecs.Origin) bool {
	return like(f.Service, o.Service) && like(f.Revision, o.Revision)
}

// Runner starts tasks as r does, or as the plan says.
func (p *Plan) Runner(r ecs.Runner) ecs.Runner { return runner{p, r} }

type runner struct {
	plan *Plan
	ecs.Runner
}

// Start implements ecs.Runner.
func (r runner) Start(ctx context.Context, spec task.Spec) (ecs.Task, error) {
	o := ecs.OriginOf(ctx)
	tell := func(format string, args ...any) {
		r.plan.tell("ecs", "Task", spec.ID, "task of %s "+format, append([]any{o.Revision}, args...)...)
	}
	var dies time.Duration
	for _, f := range strike(r.plan, func(f Task) bool { return f.matches(o) }) {
		switch {
		case f.NoImage:
			tell("cannot pull its image")
			return nil, errors.New("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: not found")
		case f.Reason != "":
			tell("cannot be started: %s", f.Reason)
			return nil, errors.New(f.Reason)
		case f.Exit > 0:
			tell("ends with code %d", f.Exit)
			return newEnded(spec, f.Exit), nil
		case dies == 0 || f.Dies < dies:
			dies = f.Dies
		}
	}
	t, err := r.Runner.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	d := &disturbedTask{Task: t, origin: o, id: spec.ID}
	life, end := context.WithCancel(context.Background())
	d.life = life
	r.plan.mu.Lock()
	r.plan.tasks[d] = struct{}{}
	r.plan.mu.Unlock()
	go func() {
		<-t.Done()
		end()
		r.plan.mu.Lock()
		defer r.plan.mu.Unlock()
		delete(r.plan.tasks, d)
	}()
	if dies > 0 {
		r.plan.kill(d, dies)
	}
	return d, nil
}

// disturbedTask is a running task that a plan may kill.
type disturbedTask struct {
	ecs.Task
	origin ecs.Origin
	id     string
	life   context.Context // ends with the task
}

// kill ends a task after a time on the clock, unless it ends by itself.
func (p *Plan) kill(d *disturbedTask, after time.Duration) {
	go func() { // ends with the task
		if p.opts.Clock.Wait(d.life, "task-dies", after) != nil {
			return
		}
		p.tell("ecs", "Task", d.id, "task of %s is killed", d.origin.Revision)
		now, cancel := context.WithCancel(context.Background())
		cancel()
		d.Task.Stop(now)
	}()
}

// atOnce makes those die that run already.
func (f Task) atOnce(p *Plan) error {
	if f.Dies <= 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := range p.tasks {
		if !f.matches(d.origin) {
			continue
		}
		for _, e := range p.entries {
			if e.fault == Fault(f) && e.strikes() {
				p.kill(d, f.Dies)
				break
			}
		}
	}
	return nil
}

// ended is a task whose first container ended as soon as it was started.
type ended struct {
	exits []task.Exit
	done  chan struct{}
}

func newEnded(spec task.Spec, code int) *ended {
	e := &ended{done: make(chan struct{})}
	close(e.done)
	for i, c := range spec.Containers {
		exit := task.Exit{Container: c.Name, Code: 137}
		if i == 0 {
			exit.Code = code
		}
		e.exits = append(e.exits, exit)
	}
	return e
}

func (e *ended) Dial(context.Context, int) (net.Conn, error) {
	return nil, fmt.Errorf("connection refused")
}
func (e *ended) Exec(context.Context, string, []string) (int, error) {
	return 0, errors.New("the task has ended")
}
func (e *ended) Done() <-chan struct{} { return e.done }
func (e *ended) Exits() []task.Exit    { return e.exits }
func (e *ended) Stop(context.Context)  {}

func statusText(status int) string { return strconv.Itoa(status) + " " + http.StatusText(status) }
