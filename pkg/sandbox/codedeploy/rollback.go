package codedeploy

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// rollsBack says whether a rollback follows f. The caller holds the lock.
func (d *deployment) rollsBack(f *failure, a Assumptions) bool {
	if d.undoes != nil || d.committed || a.RollbackNeedsChange && d.found.green.id == "" {
		return false
	}
	if f.rollback != nil && a.StopFlagWins {
		return *f.rollback
	}
	c := d.info.AutoRollbackConfiguration
	return f.reason != "" && c != nil && c.Enabled && slices.Contains(c.Events, f.reason)
}

// rollBack creates the deployment that rolls back d, which kept the group's place for it. Both tell of each other.
func (s *Service) rollBack(d *deployment) {
	if s.assumes.RollbackGap > 0 {
		if s.opts.Clock.Wait(s.work.Context(), "rollback", s.assumes.RollbackGap) != nil {
			return
		}
	}
	s.mu.Lock()
	defer s.changed.Raise()
	defer s.mu.Unlock()
	if s.work.Ended() {
		return
	}
	b := &deployment{
		app: d.app, group: d.group, role: d.role, service: d.service, pair: d.pair,
		undoes:  d,
		traffic: types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeAllAtOnce},
		found:   d.found,
		info:    d.info,
	}
	b.info.DeploymentConfigName = new(allAtOnce)
	b.info.Creator = types.DeploymentCreatorCodeDeployRollback
	b.info.PreviousRevision = d.info.Revision
	b.info.Revision, b.content = s.before(d)
	b.info.Description, b.info.ErrorInformation, b.info.DeploymentOverview = nil, nil, nil
	b.info.StartTime, b.info.CompleteTime = nil, nil
	b.info.InstanceTerminationWaitTimeStarted = false
	s.admit(b)
	from, to := *d.info.DeploymentId, *b.info.DeploymentId
	b.info.RollbackInfo = &types.RollbackInfo{
		RollbackTriggeringDeploymentId: new(from),
		RollbackMessage:                new(fmt.Sprintf("Deployment %s is triggered to roll back deployment %s.", to, from)),
	}
	d.info.RollbackInfo = &types.RollbackInfo{
		RollbackDeploymentId: new(to),
		RollbackMessage:      new(fmt.Sprintf("Deployment %s terminated. Automatic rollback is triggered with a DeploymentId %s.", from, to)),
	}
}

// before is the revision that ran before d: the last that was deployed successfully, or, when d was the first, one
// that describes the task set which the service was created with. The caller holds the lock.
func (s *Service) before(d *deployment) (*types.RevisionLocation, string) {
	if p := d.info.PreviousRevision; p != nil {
		if known := d.app.revisions[of(p.AppSpecContent.Sha256)]; known != nil {
			return p, *known.location.AppSpecContent.Content
		}
		return p, ""
	}
	blue := d.found.blue.seen
	if len(blue.LoadBalancers) == 0 {
		return nil, ""
	}
	content, err := appspec.Document{
		TaskDefinition: of(blue.TaskDefinition),
		ContainerName:  of(blue.LoadBalancers[0].ContainerName),
		ContainerPort:  int(of(blue.LoadBalancers[0].ContainerPort)),
	}.JSON()
	if err != nil {
		return nil, ""
	}
	_, location, err := s.check(&types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent,
		AppSpecContent: &types.AppSpecContent{Content: new(string(content))}})
	if err != nil {
		return nil, ""
	}
	d.app.register(string(content), location).used(*d.info.DeploymentGroupName)
	return &location, string(content)
}

// restoreTest puts the test listener back as it was.
func (r *run) restoreTest() error {
	for _, route := range r.standing().test {
		if err := r.s.write(r.ctx, route, route.actions); err != nil {
			return r.from(servedByELB, err)
		}
	}
	return nil
}

// restore gives production back to the original task set, which is PRIMARY again. Which one is PRIMARY now ECS tells:
// an answer that was an error does not say that nothing happened.
func (r *run) restore() error {
	found := r.standing()
	if found.moved {
		if err := r.weigh(r.d.pair.ProdTrafficRoute.ListenerArns[0], 0); err != nil {
			return err
		}
		r.s.change(r.d, func() { r.d.found.weight, r.d.found.moved = 0, false })
	}
	service, err := r.s.ecsService(r.ctx, r.d)
	if err != nil {
		return r.from(servedByECS, err)
	}
	if p := primaryOf(*service); p != nil && of(p.Id) == found.blue.id {
		return nil
	}
	return r.promote(found.blue, false)
}
