package codedeploy

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
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
	if c.DeploymentReadyOption.ActionOnTimeout == "" {
		c.DeploymentReadyOption = &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment,
			WaitTimeInMinutes: c.DeploymentReadyOption.WaitTimeInMinutes}
	}
	if r := c.DeploymentReadyOption; !slices.Contains(r.ActionOnTimeout.Values(), r.ActionOnTimeout) {
		return refuse(fmt.Sprintf("The action on time-out %.100q is not valid.", r.ActionOnTimeout))
	} else if r.WaitTimeInMinutes < 0 || r.WaitTimeInMinutes > longestWait {
		return refuse(fmt.Sprintf("The wait before traffic is rerouted must be from 0 to %d minutes.", longestWait))
	}
	t := c.TerminateBlueInstancesOnDeploymentSuccess
	if t == nil {
		return nil
	}
	if t.Action == "" {
		t = &types.BlueInstanceTerminationOption{Action: types.InstanceActionTerminate, TerminationWaitTimeInMinutes: t.TerminationWaitTimeInMinutes}
		c.TerminateBlueInstancesOnDeploymentSuccess = t
	}
	if !slices.Contains(t.Action.Values(), t.Action) {
		return refuse(fmt.Sprintf("The action on blue instances %.100q is not valid.", t.Action))
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
			return &types.InvalidAlarmConfigException{Message: new(fmt.Sprintf("The alarm name %.100q is empty, too long or given twice.", name))}
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
			return &types.InvalidAutoRollbackConfigException{Message: new(fmt.Sprintf("The automatic rollback event %.100q is not valid.", e))}
		}
	}
	if c.Enabled && len(c.Events) == 0 {
		return &types.InvalidAutoRollbackConfigException{Message: new("Automatic rollback is enabled, but no event types were listed.")}
	}
	return nil
}
