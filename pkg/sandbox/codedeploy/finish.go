package codedeploy

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// finish a deployment: the event in flight is Failed, those that never began are Skipped.
func (s *Service) finish(r *run, err error) {
	d := r.d
	s.refresh(r.ctx, d)
	var f *failure
	if err != nil && !errors.As(err, &f) {
		f = failed(types.ErrorCodeInternalError, "The deployment failed because of an internal error: %s", err)
	}
	due := false
	s.change(d, func() {
		now := time.Now()
		d.now, d.proceed = "", nil
		d.info.CompleteTime = &now
		for i := range d.events {
			switch e := &d.events[i]; e.Status {
			case types.LifecycleEventStatusInProgress:
				e.Status, e.EndTime = types.LifecycleEventStatusFailed, &now
			case types.LifecycleEventStatusPending:
				e.Status = types.LifecycleEventStatusSkipped
			}
		}
		for _, h := range d.hooks {
			h.done = true
		}
		d.conclude(f, s.assumes)
		if due = f != nil && d.rollsBack(f, s.assumes); !due { // else the place is kept for the rollback
			d.group.active = nil
		}
		if f == nil {
			d.group.succeeded = d
		}
	})
	s.opts.Log.Info("deployment ended", "deployment", *d.info.DeploymentId, "status", d.info.Status, "error", err)
	s.notify(d, stateOf[d.info.Status])
	if due {
		s.rollBack(d)
	}
}

// conclude gives the deployment and its target their last status. The caller holds the lock.
func (d *deployment) conclude(f *failure, a Assumptions) {
	d.info.Status, d.target = types.DeploymentStatusSucceeded, types.TargetStatusSucceeded
	if f != nil {
		d.info.Status, d.target = f.status, types.TargetStatusFailed
		d.info.ErrorInformation = &types.ErrorInformation{Code: f.code, Message: new(f.message)}
		if f.status == types.DeploymentStatusStopped {
			d.target = types.TargetStatus(a.TargetStatusWhenStopped)
		}
	}
	o := &types.DeploymentOverview{}
	switch d.target {
	case types.TargetStatusSucceeded:
		o.Succeeded = 1
	case types.TargetStatusSkipped:
		o.Skipped = 1
	default:
		o.Failed = 1
	}
	d.info.DeploymentOverview = o
}
