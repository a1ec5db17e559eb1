package codedeploy

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// deployment is one deployment, running or past. The first block never changes; the rest is guarded by Service.mu.
type deployment struct {
	app     *application
	group   *group
	content string // of the AppSpec
	role    string // ARN of the service role
	service types.ECSService
	pair    types.TargetGroupPairInfo
	traffic types.TrafficRoutingConfig
	alarms  *types.AlarmConfiguration
	undoes  *deployment // what a rollback rolls back; nil for others
	rows    []step
	halt    context.CancelCauseFunc // ends the row under way with a *failure
	halted  context.Context

	info      types.DeploymentInfo // as GetDeployment tells it
	events    []types.LifecycleEvent
	target    types.TargetStatus
	updated   time.Time
	now       types.DeploymentWaitType // the wait under way that ContinueDeployment ends
	proceed   chan struct{}            // closed to end it
	committed bool                     // the last row began: too late to stop
	byRequest bool                     // StopDeployment was accepted
	hooks     map[string]*execution
	found     standing
}

// standing is what a deployment found and changed, and so what its rollback puts back.
type standing struct {
	blue, green taskSet
	desired     int32   // count of the service at the start
	test        []route // the test listener's routes as they were
	weight      int32   // green's share of production
	moved       bool    // production was written
	primary     bool    // green was made PRIMARY
}

// taskSet is one side of a deployment.
type taskSet struct {
	id, group, groupName string // group is an ARN
	seen                 ecstypes.TaskSet
}

// over says whether the deployment has ended. The caller holds the lock.
func (d *deployment) over() bool {
	switch d.info.Status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	}
	return false
}

// event finds a lifecycle event; nil when the deployment has none of that name. The caller holds the lock.
func (d *deployment) event(name string) *types.LifecycleEvent {
	i := slices.IndexFunc(d.events, func(e types.LifecycleEvent) bool { return *e.LifecycleEventName == name })
	if i < 0 {
		return nil
	}
	return &d.events[i]
}

// change lets f change d and wakes whoever watches.
func (s *Service) change(d *deployment, f func()) {
	s.mu.Lock()
	f()
	d.updated = time.Now()
	s.mu.Unlock()
	s.changed.Raise()
}

// admit gives d its id and history and starts it. The caller holds the lock and has made sure that the group's
// place is free.
func (s *Service) admit(d *deployment) {
	id := newDeploymentID()
	for s.deployments[id] != nil {
		id = newDeploymentID()
	}
	d.info.DeploymentId = new(id)
	d.info.Status = types.DeploymentStatusCreated
	d.info.CreateTime = new(time.Now())
	d.info.ComputePlatform = types.ComputePlatformEcs
	d.info.FileExistsBehavior = types.FileExistsBehaviorDisallow
	d.rows = rowsOf(d, s.assumes)
	d.events = eventsOf(d.rows)
	d.target = types.TargetStatusPending
	d.updated = *d.info.CreateTime
	d.hooks = map[string]*execution{}
	d.halted, d.halt = context.WithCancelCause(s.work.Context())
	s.deployments[id] = d
	s.history = append(s.history, d)
	d.group.active, d.group.attempted = d, d
	s.work.Go(func() { s.run(d) })
}

// described is the deployment as GetDeployment tells it, never with the AppSpec's content. The caller holds the lock.
func (d *deployment) described() *types.DeploymentInfo {
	info := d.info
	return &info
}
