package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// newDeploymentConfig is the name of the group's deployment configuration, which it makes where the service describes
// its own. CodeDeploy changes none, so its numbers are in its name and in its logical id: other steps are another one,
// made before the group turns to it and before the old one goes.
func newDeploymentConfig(scope constructs.Construct, props DeploymentGroupProps) string {
	d := props.Deployment
	name := d.ConfigName(props.Names.Stack)
	if !d.Custom() {
		return name
	}
	return *awscodedeploy.NewCfnDeploymentConfig(scope, jsii.String("Config-"+name), &awscodedeploy.CfnDeploymentConfigProps{
		DeploymentConfigName: jsii.String(name), ComputePlatform: jsii.String("ECS"), TrafficRoutingConfig: routing(d),
	}).Ref()
}

func routing(d config.Deployment) *awscodedeploy.CfnDeploymentConfig_TrafficRoutingConfigProperty {
	if s := d.Canary; s.Given() {
		return &awscodedeploy.CfnDeploymentConfig_TrafficRoutingConfigProperty{
			Type: jsii.String("TimeBasedCanary"), TimeBasedCanary: &awscodedeploy.CfnDeploymentConfig_TimeBasedCanaryProperty{
				CanaryPercentage: jsii.Number(s.Percentage), CanaryInterval: jsii.Number(s.Interval.Std().Minutes()),
			},
		}
	}
	return &awscodedeploy.CfnDeploymentConfig_TrafficRoutingConfigProperty{
		Type: jsii.String("TimeBasedLinear"), TimeBasedLinear: &awscodedeploy.CfnDeploymentConfig_TimeBasedLinearProperty{
			LinearPercentage: jsii.Number(d.Linear.Percentage), LinearInterval: jsii.Number(d.Linear.Interval.Std().Minutes()),
		},
	}
}
