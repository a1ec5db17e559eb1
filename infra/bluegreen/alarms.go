package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// AlarmsProps say what to watch.
type AlarmsProps struct {
	Names config.Names
	Way   Way
	// Topic is told when one goes off; empty for none.
	Topic string
	// Unasked says that the deployment group is not the stack's, and so does not ask them.
	Unasked bool
}

// NewAlarms are one a target group: five server errors a minute from its targets, in two of three minutes. The
// load balancer's own errors (HTTPCode_ELB_5XX_Count) are not counted, because a test listener in front of an
// empty group makes them; quiet minutes count as good, because a metric of errors is silent when all is well.
func NewAlarms(scope constructs.Construct, id string, props AlarmsProps) []awscloudwatch.CfnAlarm {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	var alarms []awscloudwatch.CfnAlarm
	then := "a deployment under way stops"
	if props.Unasked {
		then = "put it on the deployment group, and a deployment under way stops"
	}
	for i, id := range []string{"TargetGroup1", "TargetGroup2"} {
		p := &awscloudwatch.CfnAlarmProps{
			AlarmName:        jsii.String(props.Names.Alarms[i]),
			AlarmDescription: jsii.String("Tasks behind " + props.Names.TargetGroups[i] + " answer 5xx; " + then),
			Namespace:        jsii.String("AWS/ApplicationELB"), MetricName: jsii.String("HTTPCode_Target_5XX_Count"),
			Dimensions: []*awscloudwatch.CfnAlarm_DimensionProperty{
				{Name: jsii.String("LoadBalancer"), Value: jsii.String(props.Way.Balancer.FullName)},
				{Name: jsii.String("TargetGroup"), Value: jsii.String(props.Way.TargetGroups[i].FullName)},
			},
			Statistic: jsii.String("Sum"), Period: jsii.Number(60),
			Threshold: jsii.Number(5), ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
			EvaluationPeriods: jsii.Number(3), DatapointsToAlarm: jsii.Number(2), TreatMissingData: jsii.String("notBreaching"),
		}
		if props.Topic != "" {
			p.AlarmActions, p.OkActions = listed([]string{props.Topic}), listed([]string{props.Topic})
		}
		alarms = append(alarms, awscloudwatch.NewCfnAlarm(scope, jsii.String(id), p))
	}
	return alarms
}
