package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// DeploymentGroupProps say what CodeDeploy deploys, and how.
type DeploymentGroupProps struct {
	Names      config.Names
	Deployment config.Deployment
	Way        Way
	Service    awsecs.CfnService
	Alarms     []awscloudwatch.CfnAlarm
	// Hooked are the lifecycle events whose functions are called.
	Hooked []config.Event
	// TaskRoles are passed on to the task sets.
	TaskRoles []string
}

// NewDeploymentGroup is the CodeDeploy application and its one group. Its role has its policy inline, so the group
// is never there before CodeDeploy may work.
func NewDeploymentGroup(scope constructs.Construct, id string, props DeploymentGroupProps) awscodedeploy.CfnDeploymentGroup {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	d := props.Deployment
	application := awscodedeploy.NewCfnApplication(scope, jsii.String("Application"), &awscodedeploy.CfnApplicationProps{
		ApplicationName: jsii.String(props.Names.Application), ComputePlatform: jsii.String("ECS"),
	})
	var alarms []*awscodedeploy.CfnDeploymentGroup_AlarmProperty
	for _, a := range props.Alarms {
		alarms = append(alarms, &awscodedeploy.CfnDeploymentGroup_AlarmProperty{Name: a.Ref()})
	}
	for _, name := range d.Alarms {
		alarms = append(alarms, &awscodedeploy.CfnDeploymentGroup_AlarmProperty{Name: jsii.String(name)})
	}
	rollback := &awscodedeploy.CfnDeploymentGroup_AutoRollbackConfigurationProperty{Enabled: jsii.Bool(len(d.Rollback) > 0)}
	if len(d.Rollback) > 0 {
		rollback.Events = jsii.Strings(d.Rollback...)
	}
	return awscodedeploy.NewCfnDeploymentGroup(scope, jsii.String("Group"), &awscodedeploy.CfnDeploymentGroupProps{
		ApplicationName: application.Ref(), DeploymentGroupName: jsii.String(props.Names.DeploymentGroup),
		ServiceRoleArn:       NewDeploymentRole(scope, "Role", props).AttrArn(),
		DeploymentConfigName: jsii.String(newDeploymentConfig(scope, props)),
		DeploymentStyle: &awscodedeploy.CfnDeploymentGroup_DeploymentStyleProperty{
			DeploymentType: jsii.String("BLUE_GREEN"), DeploymentOption: jsii.String("WITH_TRAFFIC_CONTROL"),
		},
		AutoRollbackConfiguration:        rollback,
		AlarmConfiguration:               &awscodedeploy.CfnDeploymentGroup_AlarmConfigurationProperty{Enabled: jsii.Bool(true), IgnorePollAlarmFailure: jsii.Bool(false), Alarms: alarms},
		BlueGreenDeploymentConfiguration: blueGreen(d),
		EcsServices: []*awscodedeploy.CfnDeploymentGroup_ECSServiceProperty{
			{ClusterName: jsii.String(props.Names.Cluster), ServiceName: props.Service.AttrName()},
		},
		LoadBalancerInfo: &awscodedeploy.CfnDeploymentGroup_LoadBalancerInfoProperty{
			TargetGroupPairInfoList: []*awscodedeploy.CfnDeploymentGroup_TargetGroupPairInfoProperty{pair(props.Way)},
		},
	})
}

func blueGreen(d config.Deployment) *awscodedeploy.CfnDeploymentGroup_BlueGreenDeploymentConfigurationProperty {
	ready := &awscodedeploy.CfnDeploymentGroup_DeploymentReadyOptionProperty{
		ActionOnTimeout: jsii.String("CONTINUE_DEPLOYMENT"), WaitTimeInMinutes: jsii.Number(0),
	}
	if d.ApprovalWait > 0 {
		ready.ActionOnTimeout, ready.WaitTimeInMinutes = jsii.String("STOP_DEPLOYMENT"), jsii.Number(d.ApprovalWait.Std().Minutes())
	}
	return &awscodedeploy.CfnDeploymentGroup_BlueGreenDeploymentConfigurationProperty{
		DeploymentReadyOption: ready,
		TerminateBlueInstancesOnDeploymentSuccess: &awscodedeploy.CfnDeploymentGroup_BlueInstanceTerminationOptionProperty{
			Action: jsii.String("TERMINATE"), TerminationWaitTimeInMinutes: jsii.Number(d.TerminationWait.Std().Minutes()),
		},
	}
}

func pair(w Way) *awscodedeploy.CfnDeploymentGroup_TargetGroupPairInfoProperty {
	var groups []*awscodedeploy.CfnDeploymentGroup_TargetGroupInfoProperty
	for _, g := range w.TargetGroups {
		groups = append(groups, &awscodedeploy.CfnDeploymentGroup_TargetGroupInfoProperty{Name: jsii.String(g.Name)})
	}
	route := func(listener string) *awscodedeploy.CfnDeploymentGroup_TrafficRouteProperty {
		return &awscodedeploy.CfnDeploymentGroup_TrafficRouteProperty{ListenerArns: jsii.Strings(listener)}
	}
	return &awscodedeploy.CfnDeploymentGroup_TargetGroupPairInfoProperty{
		TargetGroups:     groups,
		ProdTrafficRoute: route(w.Production),
		TestTrafficRoute: route(w.Test),
	}
}
