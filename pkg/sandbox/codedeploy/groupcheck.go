package codedeploy

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// prepare validates a group's settings, fills in what AWS fills in, asks ECS and the load balancer as the service
// role, and attaches the second target group when the configuration shifts gradually. self is the group that is
// being changed, nil for a new one.
func (s *Service) prepare(ctx context.Context, info *types.DeploymentGroupInfo, self *group) error {
	config, err := s.configOfGroup(info, self)
	if err != nil {
		return err
	}
	for _, check := range []func(*types.DeploymentGroupInfo) error{checkStyle, checkBlueGreen, checkPair} {
		if err := check(info); err != nil {
			return err
		}
	}
	if info.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess == nil {
		info.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess = &types.BlueInstanceTerminationOption{
			Action: types.InstanceActionTerminate, TerminationWaitTimeInMinutes: s.assumes.TerminationWaitDefault}
	}
	if err := checkAlarms(info.AlarmConfiguration); err != nil {
		return err
	}
	if err := checkRollback(info.AutoRollbackConfiguration); err != nil {
		return err
	}
	if err := s.checkRole(ctx, of(info.ServiceRoleArn)); err != nil {
		return err
	}
	ctx = wire.WithCaller(ctx, s.opts.RoleCaller(*info.ServiceRoleArn))
	if err := s.checkService(ctx, info); err != nil {
		return err
	}
	return s.checkBalancer(ctx, info, config)
}

// configOfGroup also finds out whether the service already belongs to another group.
func (s *Service) configOfGroup(info *types.DeploymentGroupInfo, self *group) (*types.DeploymentConfigInfo, error) {
	if len(info.EcsServices) != 1 || of(info.EcsServices[0].ClusterName) == "" || of(info.EcsServices[0].ServiceName) == "" {
		return nil, &types.InvalidECSServiceException{Message: new(
			"A deployment group for the ECS compute platform must name exactly one ECS service and its cluster.")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.application(info.ApplicationName); err != nil {
		return nil, err
	}
	wanted := targetID(info.EcsServices[0])
	for _, app := range s.applications {
		for _, g := range app.groups {
			if g != self && targetID(g.info.EcsServices[0]) == wanted {
				return nil, &types.ECSServiceMappingLimitExceededException{Message: new(fmt.Sprintf(
					"The ECS service %s is already in the deployment group %s.", wanted, *g.info.DeploymentGroupName))}
			}
		}
	}
	if info.DeploymentConfigName == nil {
		info.DeploymentConfigName = new(allAtOnce)
	}
	return s.config(info.DeploymentConfigName)
}

func (s *Service) checkRole(ctx context.Context, role string) error {
	if role == "" {
		return &types.RoleRequiredException{Message: new("The role ID was not specified.")}
	}
	if !roleForm().MatchString(role) {
		return &types.InvalidRoleException{Message: new(fmt.Sprintf("The service role ARN %.100q is not valid.", role))}
	}
	if s.opts.AssumeRole == nil {
		return nil
	}
	if err := s.opts.AssumeRole(ctx, role); err != nil {
		return &types.InvalidRoleException{Message: new(
			"AWS CodeDeploy does not have the permissions required to assume the role " + role + ".")}
	}
	return nil
}

// checkService asks ECS for the group's service.
func (s *Service) checkService(ctx context.Context, info *types.DeploymentGroupInfo) error {
	named := info.EcsServices[0]
	out, err := wire.Call[ecs.DescribeServicesOutput](ctx, s.opts.Server, &ecs.DescribeServicesInput{
		Cluster: named.ClusterName, Services: []string{*named.ServiceName}})
	if denied(err) {
		return &types.InvalidRoleException{Message: new(deniedText(of(info.ServiceRoleArn), servedByECS))}
	}
	if err != nil || len(out.Services) == 0 || of(out.Services[0].Status) == "INACTIVE" {
		return &types.InvalidECSServiceException{Message: new(fmt.Sprintf(
			"The ECS service %s in the cluster %s can not be found.", *named.ServiceName, *named.ClusterName))}
	}
	service := out.Services[0]
	if service.DeploymentController == nil || service.DeploymentController.Type != ecstypes.DeploymentControllerTypeCodeDeploy {
		return &types.InvalidECSServiceException{Message: new(
			"Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.")}
	}
	return nil
}

// targetID of a service: <cluster>:<service>, whether names or ARNs were given.
func targetID(e types.ECSService) string {
	last := func(p *string) string { return of(p)[strings.LastIndex(of(p), "/")+1:] }
	return last(e.ClusterName) + ":" + last(e.ServiceName)
}
