package codedeploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/google/uuid"
)

// group is a deployment group and the one place that a deployment of it can be active in.
type group struct {
	info                 types.DeploymentGroupInfo
	active               *deployment // nil: a deployment may begin
	attempted, succeeded *deployment // the newest ones
	deleted              bool
}

// described is the group as GetDeploymentGroup tells it. The caller holds the lock.
func (g *group) described() *types.DeploymentGroupInfo {
	info := g.info
	info.LastAttemptedDeployment = g.attempted.last()
	info.LastSuccessfulDeployment = g.succeeded.last()
	if g.succeeded != nil {
		info.TargetRevision = g.succeeded.info.Revision
	}
	return &info
}

// last is what a group remembers of a deployment.
func (d *deployment) last() *types.LastDeploymentInfo {
	if d == nil {
		return nil
	}
	return &types.LastDeploymentInfo{
		DeploymentId: d.info.DeploymentId, Status: d.info.Status,
		CreateTime: d.info.CreateTime, EndTime: d.info.CompleteTime,
	}
}

// CreateDeploymentGroup validates and keeps a group. With a canary or linear configuration it makes the
// production listener a weighted forward to both target groups, all weight on the one that serves.
func (s *Service) CreateDeploymentGroup(ctx context.Context, in *codedeploy.CreateDeploymentGroupInput) (*codedeploy.CreateDeploymentGroupOutput, error) {
	if err := checkServerOnly(in.AutoScalingGroups, in.Ec2TagFilters, in.Ec2TagSet, in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := checkGroupName(in.DeploymentGroupName); err != nil {
		return nil, err
	}
	info := types.DeploymentGroupInfo{
		ApplicationName:                  in.ApplicationName,
		DeploymentGroupName:              in.DeploymentGroupName,
		DeploymentGroupId:                new(uuid.NewString()),
		ComputePlatform:                  types.ComputePlatformEcs,
		ServiceRoleArn:                   in.ServiceRoleArn,
		AlarmConfiguration:               in.AlarmConfiguration,
		AutoRollbackConfiguration:        in.AutoRollbackConfiguration,
		BlueGreenDeploymentConfiguration: in.BlueGreenDeploymentConfiguration,
		DeploymentConfigName:             in.DeploymentConfigName,
		DeploymentStyle:                  in.DeploymentStyle,
		EcsServices:                      in.EcsServices,
		LoadBalancerInfo:                 in.LoadBalancerInfo,
		OutdatedInstancesStrategy:        in.OutdatedInstancesStrategy,
		TriggerConfigurations:            in.TriggerConfigurations,
		TerminationHookEnabled:           of(in.TerminationHookEnabled),
	}
	if err := s.prepare(ctx, &info, nil); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	name := *in.DeploymentGroupName
	if app.groups[name] != nil {
		return nil, &types.DeploymentGroupAlreadyExistsException{Message: new("Deployment group already exists: " + name)}
	}
	app.groups[name] = &group{info: info}
	s.tag(s.groupARN(*in.ApplicationName, name), in.Tags)
	return &codedeploy.CreateDeploymentGroupOutput{DeploymentGroupId: info.DeploymentGroupId}, nil
}

// UpdateDeploymentGroup changes what the input names and validates the whole. A deployment under way keeps the
// settings that it began with.
func (s *Service) UpdateDeploymentGroup(ctx context.Context, in *codedeploy.UpdateDeploymentGroupInput) (*codedeploy.UpdateDeploymentGroupOutput, error) {
	if err := checkServerOnly(in.AutoScalingGroups, in.Ec2TagFilters, in.Ec2TagSet, in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet); err != nil {
		return nil, err
	}
	g, err := s.groupOf(in.ApplicationName, in.CurrentDeploymentGroupName)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	info := g.info
	s.mu.Unlock()
	over(&info.DeploymentGroupName, in.NewDeploymentGroupName)
	over(&info.AlarmConfiguration, in.AlarmConfiguration)
	over(&info.AutoRollbackConfiguration, in.AutoRollbackConfiguration)
	over(&info.BlueGreenDeploymentConfiguration, in.BlueGreenDeploymentConfiguration)
	over(&info.DeploymentConfigName, in.DeploymentConfigName)
	over(&info.DeploymentStyle, in.DeploymentStyle)
	over(&info.LoadBalancerInfo, in.LoadBalancerInfo)
	over(&info.ServiceRoleArn, in.ServiceRoleArn)
	if in.EcsServices != nil {
		info.EcsServices = in.EcsServices
	}
	if in.TriggerConfigurations != nil {
		info.TriggerConfigurations = in.TriggerConfigurations
	}
	if err := checkGroupName(info.DeploymentGroupName); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, &info, g); err != nil {
		return nil, err
	}
	return &codedeploy.UpdateDeploymentGroupOutput{}, s.replace(g, info)
}

// replace gives g its new settings, perhaps under a new name.
func (s *Service) replace(g *group, info types.DeploymentGroupInfo) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(g.info.ApplicationName)
	if err != nil {
		return err
	}
	from, to := *g.info.DeploymentGroupName, *info.DeploymentGroupName
	if from != to {
		if app.groups[to] != nil {
			return &types.DeploymentGroupAlreadyExistsException{Message: new("Deployment group already exists: " + to)}
		}
		delete(app.groups, from)
		app.groups[to] = g
		s.retag(s.groupARN(*g.info.ApplicationName, from), s.groupARN(*g.info.ApplicationName, to))
	}
	info.ApplicationName = g.info.ApplicationName
	g.info = info
	return nil
}

func over[T any](to **T, with *T) {
	if with != nil {
		*to = with
	}
}

// group finds one by its name. The caller holds the lock.
func (s *Service) group(application, name *string) (*group, error) {
	app, err := s.application(application)
	if err != nil {
		return nil, err
	}
	if err := checkGroupName(name); err != nil {
		return nil, err
	}
	g := app.groups[*name]
	if g == nil {
		return nil, &types.DeploymentGroupDoesNotExistException{Message: new("No Deployment Group found for name: " + *name)}
	}
	return g, nil
}
