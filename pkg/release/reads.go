package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/live"
)

func (l *Loop) service(ctx context.Context) (*ecstypes.Service, error) {
	out, err := l.aws.Services.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &l.names.Cluster, Services: []string{l.names.Service},
		Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if call.Refused(err, ecs.ClusterNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe service %s: %w", l.names.Service, err)
	}
	if len(out.Services) == 0 {
		return nil, nil
	}
	s := out.Services[0]
	s.Tags = append(s.Tags, l.asIf...)
	return &s, nil
}

func (l *Loop) group(ctx context.Context) (*cdtypes.DeploymentGroupInfo, error) {
	out, err := l.aws.Deployments.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: &l.names.Application, DeploymentGroupName: &l.names.DeploymentGroup,
	})
	if live.NoGroup(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get deployment group %s: %w", l.names.DeploymentGroup, err)
	}
	return out.DeploymentGroupInfo, nil
}

// revision describes a revision by its ARN, or a family's newest that is active; nil when there is none.
func (l *Loop) revision(ctx context.Context, name string) (*live.Revision, error) {
	r, err := live.ReadRevision(ctx, l.aws.Services, name)
	if call.Refused(err, ecs.ClientError) {
		return nil, nil
	}
	return r, err
}

// base is the stack's own revision. A service that stood already has none: what serves is read in any case.
func (l *Loop) base(ctx context.Context) (*live.Revision, error) {
	if l.deployed.Service.Adopted() {
		return nil, nil
	}
	return l.revision(ctx, l.deployed.Base)
}

func (l *Loop) primary(ctx context.Context, primary ecstypes.TaskSet, latest *live.Revision) (*live.Revision, error) {
	switch arn := aws.ToString(primary.TaskDefinition); arn {
	case "":
		return nil, nil
	case latest.ARN():
		return latest, nil
	default:
		return l.revision(ctx, arn)
	}
}

func (l *Loop) listener(ctx context.Context, g *cdtypes.DeploymentGroupInfo) (*elb.Listener, error) {
	production, _ := routes(g)
	if production == "" {
		return nil, nil
	}
	out, err := l.aws.Listeners.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{production}})
	if call.Refused(err, elb.ListenerNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe listener %s: %w", production, err)
	}
	if len(out.Listeners) == 0 {
		return nil, nil
	}
	return &out.Listeners[0], nil
}

func (l *Loop) firing(ctx context.Context, g *cdtypes.DeploymentGroupInfo) ([]string, error) {
	if l.despite || g == nil || g.AlarmConfiguration == nil || !g.AlarmConfiguration.Enabled || len(g.AlarmConfiguration.Alarms) == 0 {
		return nil, nil
	}
	in := &cloudwatch.DescribeAlarmsInput{
		AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
	}
	for _, a := range g.AlarmConfiguration.Alarms {
		in.AlarmNames = append(in.AlarmNames, aws.ToString(a.Name))
	}
	out, err := l.aws.Alarms.DescribeAlarms(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("describe alarms: %w", err)
	}
	var firing []string
	for _, a := range slices.Concat(out.MetricAlarms, out.CompositeAlarms) {
		if a.StateValue == cwtypes.StateValueAlarm {
			firing = append(firing, a.AlarmName)
		}
	}
	return firing, nil
}
