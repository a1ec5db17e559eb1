package bluegreen

import (
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// targetPort is what a target group registers a target with when it is not told a port. ECS always tells one: that
// of the revision, by the AppSpec. So it may stand still, like everything else about a target group.
const targetPort = 80

// NewTargetGroup is the first (0) or the second (1) of a service.
func NewTargetGroup(scope constructs.Construct, id string, props WayProps, i int) TargetGroup {
	h := props.LoadBalancer.HealthCheck
	g := elb.NewCfnTargetGroup(scope, jsii.String(id), &elb.CfnTargetGroupProps{
		Name: jsii.String(props.Names.TargetGroups[i]), TargetType: jsii.String("ip"), VpcId: jsii.String(props.Network.VPC),
		Protocol: jsii.String("HTTP"), Port: jsii.Number(targetPort),
		HealthCheckEnabled: jsii.Bool(true), HealthCheckProtocol: jsii.String("HTTP"), HealthCheckPort: jsii.String("traffic-port"),
		HealthCheckPath:            jsii.String(h.Path),
		HealthCheckIntervalSeconds: jsii.Number(h.Interval.Std().Seconds()),
		HealthCheckTimeoutSeconds:  jsii.Number(h.Timeout.Std().Seconds()),
		HealthyThresholdCount:      jsii.Number(h.HealthyThreshold),
		UnhealthyThresholdCount:    jsii.Number(h.UnhealthyThreshold),
		Matcher:                    &elb.CfnTargetGroup_MatcherProperty{HttpCode: jsii.String(h.Codes)},
		TargetGroupAttributes: []*elb.CfnTargetGroup_TargetGroupAttributeProperty{{
			Key:   jsii.String("deregistration_delay.timeout_seconds"),
			Value: jsii.String(seconds(props.LoadBalancer.DeregistrationDelay)),
		}},
	})
	return TargetGroup{ARN: *g.AttrTargetGroupArn(), Name: *g.AttrTargetGroupName(), FullName: *g.AttrTargetGroupFullName()}
}
