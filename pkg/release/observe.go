package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Observed is everything that the loop looks at, in AWS's own words. What does not exist is nil.
type Observed struct {
	// At is when the look began.
	At time.Time
	// Service with its tags and task sets.
	Service *ecstypes.Service
	// Group is the deployment group.
	Group *cdtypes.DeploymentGroupInfo
	// Repository tells whether the repository exists; Images are those that may be wished for.
	Repository bool
	Images     []ecrtypes.ImageDetail
	// Base is the stack's own revision, Latest the family's newest that is active, Primary what production runs.
	Base, Latest, Primary *live.Revision
	// Deployments of the group, newest first, at most 25.
	Deployments []cdtypes.DeploymentInfo
	// Listener is the production listener.
	Listener *elbtypes.Listener
	// Firing are the names of the group's alarms that are in ALARM.
	Firing []string
	// Moved is when production traffic had moved in a deployment that waits to terminate blue; zero otherwise.
	Moved time.Time
}

// newestDeployments is how many deployments are remembered: BatchGetDeployments takes no more
// (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html).
const newestDeployments = 25

// observe makes one round of parallel reads, a second that needs the first's answers, and a third of one call
// only while a deployment waits to terminate blue.
func (l *Loop) observe(ctx context.Context) (Observed, error) {
	o := Observed{At: l.now()}
	var ids []string
	err := round(ctx,
		func(ctx context.Context) (err error) { o.Service, err = l.service(ctx); return },
		func(ctx context.Context) (err error) { o.Group, err = l.group(ctx); return },
		func(ctx context.Context) (err error) { o.Images, o.Repository, err = l.images(ctx); return },
		func(ctx context.Context) (err error) { o.Base, err = l.revision(ctx, l.deployed.Base); return },
		func(ctx context.Context) (err error) { o.Latest, err = l.revision(ctx, l.names.Family); return },
		func(ctx context.Context) (err error) { ids, err = l.deploymentIDs(ctx); return },
	)
	if err != nil {
		return Observed{}, err
	}
	primary, _ := live.Primary(o.Service)
	err = round(ctx,
		func(ctx context.Context) (err error) { o.Primary, err = l.primary(ctx, primary, o.Latest); return },
		func(ctx context.Context) (err error) { o.Deployments, err = l.deployments(ctx, ids); return },
		func(ctx context.Context) (err error) { o.Listener, err = l.listener(ctx, o.Group); return },
		func(ctx context.Context) (err error) { o.Firing, err = l.firing(ctx, o.Group); return },
	)
	if err != nil {
		return Observed{}, err
	}
	if active, ok := o.active(); ok && active.InstanceTerminationWaitTimeStarted {
		o.Moved, err = l.moved(ctx, aws.ToString(active.DeploymentId))
	}
	return o, err
}

// round runs reads side by side; the first error ends it.
func round(ctx context.Context, reads ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, read := range reads {
		g.Go(func() error { return read(ctx) })
	}
	return g.Wait()
}

func (l *Loop) service(ctx context.Context) (*ecstypes.Service, error) {
	out, err := l.aws.Services.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &l.names.Cluster, Services: []string{l.names.Service},
		Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if is[*ecstypes.ClusterNotFoundException](err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe service %s: %w", l.names.Service, err)
	}
	if len(out.Services) == 0 {
		return nil, nil
	}
	return &out.Services[0], nil
}

func (l *Loop) group(ctx context.Context) (*cdtypes.DeploymentGroupInfo, error) {
	out, err := l.aws.Deployments.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: &l.names.Application, DeploymentGroupName: &l.names.DeploymentGroup,
	})
	if noGroup(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get deployment group %s: %w", l.names.DeploymentGroup, err)
	}
	return out.DeploymentGroupInfo, nil
}

// images asks for the one tag, or for all tagged images when the description has a glob.
func (l *Loop) images(ctx context.Context) (images []ecrtypes.ImageDetail, exists bool, err error) {
	want := l.deployed.Service.Image
	in := &ecr.DescribeImagesInput{RepositoryName: &want.Repository}
	if want.Exact() {
		in.ImageIds = []ecrtypes.ImageIdentifier{{ImageTag: &want.Tag}}
	} else {
		in.Filter = &ecrtypes.DescribeImagesFilter{TagStatus: ecrtypes.TagStatusTagged}
		in.MaxResults = aws.Int32(1000)
	}
	for range mostPages {
		out, err := l.aws.Images.DescribeImages(ctx, in)
		switch {
		case is[*ecrtypes.RepositoryNotFoundException](err):
			return nil, false, nil
		case is[*ecrtypes.ImageNotFoundException](err):
			return nil, true, nil
		case err != nil:
			return nil, false, fmt.Errorf("describe images of %s: %w", want.Repository, err)
		}
		images = append(images, out.ImageDetails...)
		if out.NextToken == nil {
			return images, true, nil
		}
		in.NextToken = out.NextToken
	}
	return nil, false, fmt.Errorf("describe images of %s: %w", want.Repository,
		final("the repository holds more than 100,000 tagged images; a lifecycle policy should expire old ones"))
}

// mostPages bounds the registry's listing: ECR allows 100,000 images a repository, 1,000 come a page.
const mostPages = 100

// revision describes a revision by its ARN, or a family's newest that is active; nil when there is none.
func (l *Loop) revision(ctx context.Context, name string) (*live.Revision, error) {
	out, err := l.aws.Services.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
	})
	if is[*ecstypes.ClientException](err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe task definition %s: %w", name, err)
	}
	return &live.Revision{Definition: out.TaskDefinition, Tags: out.Tags}, nil
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

// deploymentIDs is the newest page, without a time range: CodeDeploy lists the newest first.
func (l *Loop) deploymentIDs(ctx context.Context) ([]string, error) {
	out, err := l.aws.Deployments.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: &l.names.Application, DeploymentGroupName: &l.names.DeploymentGroup,
	})
	if noGroup(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list deployments of %s: %w", l.names.DeploymentGroup, err)
	}
	return out.Deployments[:min(len(out.Deployments), newestDeployments)], nil
}

func (l *Loop) deployments(ctx context.Context, ids []string) ([]cdtypes.DeploymentInfo, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := l.aws.Deployments.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids})
	if err != nil {
		return nil, fmt.Errorf("get deployments of %s: %w", l.names.DeploymentGroup, err)
	}
	slices.SortStableFunc(out.DeploymentsInfo, func(a, b cdtypes.DeploymentInfo) int {
		return aws.ToTime(b.CreateTime).Compare(aws.ToTime(a.CreateTime))
	})
	return out.DeploymentsInfo, nil
}

func (l *Loop) listener(ctx context.Context, g *cdtypes.DeploymentGroupInfo) (*elbtypes.Listener, error) {
	production, _ := routes(g)
	if production == "" {
		return nil, nil
	}
	out, err := l.aws.Listeners.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{production}})
	if is[*elbtypes.ListenerNotFoundException](err) {
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
	if g == nil || g.AlarmConfiguration == nil || !g.AlarmConfiguration.Enabled || len(g.AlarmConfiguration.Alarms) == 0 {
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
	for _, a := range out.MetricAlarms {
		if a.StateValue == cwtypes.StateValueAlarm {
			firing = append(firing, aws.ToString(a.AlarmName))
		}
	}
	for _, a := range out.CompositeAlarms {
		if a.StateValue == cwtypes.StateValueAlarm {
			firing = append(firing, aws.ToString(a.AlarmName))
		}
	}
	return firing, nil
}

// moved is when AllowTraffic ended. Events are found by name: their number differs with the group's listeners.
func (l *Loop) moved(ctx context.Context, deployment string) (time.Time, error) {
	out, err := l.aws.Deployments.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{
		DeploymentId: &deployment, TargetId: aws.String(l.names.Cluster + ":" + l.names.Service),
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("get target of deployment %s: %w", deployment, err)
	}
	if out.DeploymentTarget == nil || out.DeploymentTarget.EcsTarget == nil {
		return time.Time{}, nil
	}
	for _, e := range out.DeploymentTarget.EcsTarget.LifecycleEvents {
		if aws.ToString(e.LifecycleEventName) == "AllowTraffic" && e.Status == cdtypes.LifecycleEventStatusSucceeded {
			return aws.ToTime(e.EndTime), nil
		}
	}
	return time.Time{}, nil
}

func noGroup(err error) bool {
	return is[*cdtypes.ApplicationDoesNotExistException](err) || is[*cdtypes.DeploymentGroupDoesNotExistException](err)
}

func is[E smithy.APIError](err error) bool {
	var e E
	return errors.As(err, &e)
}
