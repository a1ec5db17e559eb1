package codedeploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	longestWait = 2880 // minutes of any wait of a group
	mostAlarms  = 10
)

const pairText = "A deployment group associated with an application that uses the ECS compute platform must contain " +
	"a valid pair of target groups that identify a load balancer. "

// checkServerOnly refuses what belongs to the EC2/On-Premises platform.
func checkServerOnly(autoScaling []string, tags []types.EC2TagFilter, set *types.EC2TagSet, onPremises []types.TagFilter, onPremisesSet *types.OnPremisesTagSet) error {
	if len(autoScaling) > 0 || len(tags) > 0 || set != nil || len(onPremises) > 0 || onPremisesSet != nil {
		return &types.InvalidInputException{Message: new(
			"For ECS deployment group, Auto Scaling groups, EC2 and on-premises tags can not be specified")}
	}
	return nil
}

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

func checkStyle(info *types.DeploymentGroupInfo) error {
	style := info.DeploymentStyle
	if style == nil || style.DeploymentType != types.DeploymentTypeBlueGreen || style.DeploymentOption != types.DeploymentOptionWithTrafficControl {
		return &types.InvalidDeploymentStyleException{Message: new(
			"A deployment group for the ECS compute platform must have the deployment style BLUE_GREEN, WITH_TRAFFIC_CONTROL.")}
	}
	return nil
}

func checkBlueGreen(info *types.DeploymentGroupInfo) error {
	refuse := func(text string) error {
		return &types.InvalidBlueGreenDeploymentConfigurationException{Message: new(text)}
	}
	if info.BlueGreenDeploymentConfiguration == nil {
		info.BlueGreenDeploymentConfiguration = &types.BlueGreenDeploymentConfiguration{}
	}
	c := *info.BlueGreenDeploymentConfiguration // the caller's input stays as it is
	info.BlueGreenDeploymentConfiguration = &c
	if c.GreenFleetProvisioningOption != nil {
		return refuse("greenFleetProvisioningOption does not belong to the ECS compute platform.")
	}
	if c.DeploymentReadyOption == nil {
		c.DeploymentReadyOption = &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment}
	}
	if r := c.DeploymentReadyOption; !slices.Contains(r.ActionOnTimeout.Values(), r.ActionOnTimeout) {
		return refuse(fmt.Sprintf("The action on time-out %q is not valid.", r.ActionOnTimeout))
	} else if r.WaitTimeInMinutes < 0 || r.WaitTimeInMinutes > longestWait {
		return refuse(fmt.Sprintf("The wait before traffic is rerouted must be from 0 to %d minutes.", longestWait))
	}
	t := c.TerminateBlueInstancesOnDeploymentSuccess
	if t == nil {
		return nil
	}
	if !slices.Contains(t.Action.Values(), t.Action) {
		return refuse(fmt.Sprintf("The action on blue instances %q is not valid.", t.Action))
	}
	if t.TerminationWaitTimeInMinutes < 0 || t.TerminationWaitTimeInMinutes > longestWait {
		return refuse(fmt.Sprintf("The termination wait must be from 0 to %d minutes.", longestWait))
	}
	return nil
}

func checkPair(info *types.DeploymentGroupInfo) error {
	l := info.LoadBalancerInfo
	if l == nil || len(l.TargetGroupPairInfoList) == 0 {
		return &types.InvalidLoadBalancerInfoException{Message: new(pairText + "It contains none.")}
	}
	refuse := func(text string) error { return &types.InvalidTargetGroupPairException{Message: new(pairText + text)} }
	if len(l.TargetGroupPairInfoList) > 1 {
		return refuse("It contains more than one.")
	}
	p := l.TargetGroupPairInfoList[0]
	if len(p.TargetGroups) != 2 || of(p.TargetGroups[0].Name) == "" || of(p.TargetGroups[1].Name) == "" ||
		*p.TargetGroups[0].Name == *p.TargetGroups[1].Name {
		return refuse("The pair must name two different target groups.")
	}
	if p.ProdTrafficRoute == nil || len(p.ProdTrafficRoute.ListenerArns) != 1 {
		return refuse("The production traffic route must have exactly one listener.")
	}
	if p.TestTrafficRoute != nil && len(p.TestTrafficRoute.ListenerArns) > 1 {
		return refuse("The test traffic route can have one listener at most.")
	}
	if t := testListener(p); t != "" && t == p.ProdTrafficRoute.ListenerArns[0] {
		return refuse("The production and the test traffic route must be different listeners.")
	}
	return nil
}

// testListener of a pair; empty when it has none.
func testListener(p types.TargetGroupPairInfo) string {
	if p.TestTrafficRoute == nil || len(p.TestTrafficRoute.ListenerArns) == 0 {
		return ""
	}
	return p.TestTrafficRoute.ListenerArns[0]
}

func checkAlarms(c *types.AlarmConfiguration) error {
	if c == nil {
		return nil
	}
	if len(c.Alarms) > mostAlarms {
		return &types.AlarmsLimitExceededException{Message: new("The maximum number of alarms for a deployment group (10) was exceeded.")}
	}
	seen := map[string]bool{}
	for _, a := range c.Alarms {
		name := of(a.Name)
		if name == "" || len(name) > 255 || seen[name] {
			return &types.InvalidAlarmConfigException{Message: new(fmt.Sprintf("The alarm name %q is empty, too long or given twice.", name))}
		}
		seen[name] = true
	}
	if c.Enabled && len(c.Alarms) == 0 {
		return &types.InvalidAlarmConfigException{Message: new("The alarm configuration is enabled, but the alarm list is empty.")}
	}
	return nil
}

func checkRollback(c *types.AutoRollbackConfiguration) error {
	if c == nil {
		return nil
	}
	for _, e := range c.Events {
		if !slices.Contains(e.Values(), e) {
			return &types.InvalidAutoRollbackConfigException{Message: new(fmt.Sprintf("The automatic rollback event %q is not valid.", e))}
		}
	}
	if c.Enabled && len(c.Events) == 0 {
		return &types.InvalidAutoRollbackConfigException{Message: new("Automatic rollback is enabled, but no event types were listed.")}
	}
	return nil
}

func (s *Service) checkRole(ctx context.Context, role string) error {
	if role == "" {
		return &types.RoleRequiredException{Message: new("The role ID was not specified.")}
	}
	if !roleForm.MatchString(role) {
		return &types.InvalidRoleException{Message: new(fmt.Sprintf("The service role ARN %q is not valid.", role))}
	}
	if s.opts.Assume == nil {
		return nil
	}
	if err := s.opts.Assume(ctx, role); err != nil {
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
