package codedeploy

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// run carries one deployment through its rows. Its calls are made to their end; only its waits can be cut short.
type run struct {
	s    *Service
	d    *deployment
	ctx  context.Context // of calls: the service role's, ends with Close
	spec appspec.Document
	// undoing: a rollback whose original task set lives, so that it only puts back.
	undoing bool
}

// run is a deployment's goroutine.
func (s *Service) run(d *deployment) {
	r := &run{s: s, d: d, ctx: wire.WithCaller(s.work.Context(), s.opts.RoleCaller(d.role))}
	defer d.halt(nil)
	err := r.walk()
	if s.work.Ended() {
		return
	}
	s.finish(r, err)
}

// walk returns nil when the deployment succeeded.
func (r *run) walk() error {
	if err := r.start(); err != nil {
		return err
	}
	watch, end := context.WithCancel(r.ctx)
	watching, err := r.watch(watch)
	defer func() {
		end()
		<-watching
	}()
	if err != nil {
		return err
	}
	if err := r.discover(); err != nil {
		return err
	}
	for _, row := range r.d.rows {
		if err := r.perform(row); err != nil {
			return err
		}
	}
	return nil
}

// start tells that the deployment is in progress and reads its AppSpec.
func (r *run) start() error {
	var missing bool
	r.s.change(r.d, func() {
		r.d.info.Status = types.DeploymentStatusInProgress
		r.d.info.StartTime = new(time.Now())
		r.d.target = types.TargetStatusInProgress
		missing = r.d.group.deleted && r.d.undoes == nil
	})
	r.s.notify(r.d, "START")
	if missing {
		return failed(types.ErrorCodeDeploymentGroupMissing, "The deployment group was deleted before the deployment started.")
	}
	if r.d.content == "" {
		return nil
	}
	spec, f := readSpec(r.d.content)
	if f != nil {
		f.code = types.ErrorCode(r.s.assumes.AppSpecCode)
		return f
	}
	r.spec = spec
	return nil
}

// perform one row, as a lifecycle event when it is one.
func (r *run) perform(row step) error {
	work := row.do
	if r.undoing {
		work = row.undo
	}
	if err := r.begin(row); err != nil {
		return err
	}
	if work != nil {
		if err := work(r); err != nil {
			return err
		}
	}
	r.s.change(r.d, func() {
		r.d.now, r.d.proceed = "", nil
		if e := r.d.event(row.name); row.event {
			e.Status, e.EndTime = types.LifecycleEventStatusSucceeded, new(time.Now())
		}
	})
	return nil
}

// begin a row unless the deployment is to end. Whoever interrupts holds the same lock, so that after the last row
// began nobody does.
func (r *run) begin(row step) (err error) {
	r.s.change(r.d, func() {
		if err = context.Cause(r.d.halted); err != nil {
			return
		}
		r.d.committed = r.d.committed || row.last
		if row.continued != "" {
			r.d.now, r.d.proceed = row.continued, make(chan struct{})
		}
		if e := r.d.event(row.name); row.event {
			e.Status, e.StartTime = types.LifecycleEventStatusInProgress, new(time.Now())
		}
	})
	return err
}

// wait until real time d has passed, or woken is closed (early), or the deployment is to end (an error).
func (r *run) wait(name string, d time.Duration, woken <-chan struct{}) (early bool, err error) {
	ctx, end := context.WithCancel(r.d.halted)
	defer end()
	if woken != nil {
		ended := make(chan struct{})
		defer func() { end(); <-ended }()
		go func() {
			defer close(ended)
			select {
			case <-woken:
				end()
			case <-ctx.Done():
			}
		}()
	}
	waited := r.s.opts.Clock.WaitReal(ctx, name, d)
	if err := context.Cause(r.d.halted); err != nil {
		return false, err
	}
	return waited != nil, nil
}

// standing is a copy of what the deployment found and changed, which readers of the target refresh meanwhile.
func (r *run) standing() standing {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.d.found
}
