package codedeploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// GetDeploymentTarget tells lifecycle events and task sets of a deployment's one target, <cluster>:<service>.
func (s *Service) GetDeploymentTarget(ctx context.Context, in *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	if in.TargetId == nil {
		in = &codedeploy.GetDeploymentTargetInput{DeploymentId: in.DeploymentId, TargetId: new("")}
	}
	t, err := s.targets(ctx, in.DeploymentId, []string{*in.TargetId})
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &t[0]}, nil
}

// BatchGetDeploymentTargets is GetDeploymentTarget for a list, which can name but one target.
func (s *Service) BatchGetDeploymentTargets(ctx context.Context, in *codedeploy.BatchGetDeploymentTargetsInput) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	if len(in.TargetIds) > batchLimit {
		return nil, &types.DeploymentTargetListSizeExceededException{Message: new("The maximum number of targets that can be associated with a deployment was exceeded.")}
	}
	t, err := s.targets(ctx, in.DeploymentId, in.TargetIds)
	if err != nil {
		return nil, err
	}
	return &codedeploy.BatchGetDeploymentTargetsOutput{DeploymentTargets: t}, nil
}

// ListDeploymentTargets lists exactly one id, unless a filter leaves it out.
func (s *Service) ListDeploymentTargets(_ context.Context, in *codedeploy.ListDeploymentTargetsInput) (*codedeploy.ListDeploymentTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.started(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	ids := []string{targetID(d.service)}
	for _, name := range sorted(in.TargetFilters) {
		if name != string(types.TargetFilterNameTargetStatus) {
			return nil, &types.InvalidTargetFilterNameException{Message: new(fmt.Sprintf("The target filter name %.100q is not valid.", name))}
		}
		if !slices.Contains(in.TargetFilters[name], string(d.target)) {
			ids = []string{}
		}
	}
	ids, next, err := page(ids, in.NextToken, s.assumes.PageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentTargetsOutput{TargetIds: ids, NextToken: next}, nil
}

func (s *Service) targets(ctx context.Context, id *string, wanted []string) ([]types.DeploymentTarget, error) {
	s.mu.Lock()
	d, err := s.started(id)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		wanted = []string{""}
	}
	for _, w := range wanted {
		switch {
		case w == "":
			return nil, &types.DeploymentTargetIdRequiredException{Message: new("A deployment target ID was not provided.")}
		case !strings.Contains(w, ":"):
			return nil, &types.InvalidDeploymentTargetIdException{Message: new(fmt.Sprintf("The target ID %.100q is not valid.", w))}
		case w != targetID(d.service):
			return nil, &types.DeploymentTargetDoesNotExistException{Message: new(fmt.Sprintf(
				"The target ID %s could not be found for deployment %s", w, *id))}
		}
	}
	s.refresh(wire.WithCaller(ctx, s.opts.RoleCaller(d.role)), d)
	s.mu.Lock()
	defer s.mu.Unlock()
	return []types.DeploymentTarget{{DeploymentTargetType: types.DeploymentTargetTypeEcsTarget, EcsTarget: s.ecsTarget(d)}}, nil
}

// started finds a deployment whose target exists already. The caller holds the lock.
func (s *Service) started(id *string) (*deployment, error) {
	d, err := s.deployment(id)
	if err != nil {
		return nil, err
	}
	if d.info.Status == types.DeploymentStatusCreated {
		return nil, &types.DeploymentNotStartedException{Message: new(fmt.Sprintf("The deployment %s has not started.", *id))}
	}
	return d, nil
}

// ecsTarget has AWS's shape. The caller holds the lock.
func (s *Service) ecsTarget(d *deployment) *types.ECSTarget {
	cluster, service, _ := strings.Cut(targetID(d.service), ":")
	t := &types.ECSTarget{
		DeploymentId:    d.info.DeploymentId,
		TargetId:        new(targetID(d.service)),
		TargetArn:       new(fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/%s", s.opts.Server.Region(), s.opts.Server.Account(), cluster, service)),
		LastUpdatedAt:   new(d.updated),
		LifecycleEvents: slices.Clone(d.events),
		Status:          d.target,
		TaskSetsInfo:    []types.ECSTaskSet{},
	}
	add := func(set taskSet, label types.TargetLabel, weight int32) {
		if set.id == "" {
			return
		}
		t.TaskSetsInfo = append(t.TaskSetsInfo, types.ECSTaskSet{
			Identifer:     new(set.id),
			DesiredCount:  int64(set.seen.ComputedDesiredCount),
			PendingCount:  int64(set.seen.PendingCount),
			RunningCount:  int64(set.seen.RunningCount),
			Status:        set.seen.Status,
			TrafficWeight: float64(weight),
			TargetGroup:   &types.TargetGroupInfo{Name: new(set.groupName)},
			TaskSetLabel:  label,
		})
	}
	add(d.found.blue, types.TargetLabelBlue, 100-d.found.weight)
	add(d.found.green, types.TargetLabelGreen, d.found.weight)
	return t
}

// refresh takes the task sets' counts from ECS while the deployment lasts. What cannot be read stays as it was; a
// task set that ECS no longer tells of has drained.
func (s *Service) refresh(ctx context.Context, d *deployment) {
	s.mu.Lock()
	over := d.over()
	s.mu.Unlock()
	if over {
		return
	}
	service, err := s.ecsService(ctx, d)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.over() {
		return
	}
	for _, side := range []*taskSet{&d.found.blue, &d.found.green} {
		i := slices.IndexFunc(service.TaskSets, func(t ecstypes.TaskSet) bool { return of(t.Id) == side.id })
		if i >= 0 {
			side.seen = service.TaskSets[i]
		} else {
			side.seen.Status = new("DRAINING")
			side.seen.ComputedDesiredCount, side.seen.PendingCount, side.seen.RunningCount = 0, 0, 0
		}
	}
}
