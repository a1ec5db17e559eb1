package release

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// callNames are all calls that the loop makes, those that matter most first.
func callNames() []string {
	return []string{
		"CreateDeployment", "RegisterTaskDefinition", "BatchGetDeployments", "DescribeServices", "DescribeImages", "ListDeployments",
		"StopDeployment", "ContinueDeployment", "DescribeTaskDefinition of the family", "DescribeTaskDefinition of the base",
		"DescribeTaskDefinition of PRIMARY", "GetDeploymentGroup", "GetDeploymentTarget", "DescribeListeners", "DescribeAlarms", "UpdateService",
		"ListTaskDefinitions", "DeregisterTaskDefinition", "DescribeTaskDefinition of another",
		"TagResource", "RegisterScalableTarget", "UntagResource", "DescribeScalableTargets", "Invoke", "DescribeImageScanFindings",
	}
}

// faultKind is what can go wrong with one call.
type faultKind int

const (
	throttledCall faultKind = iota
	answerLost              // it takes effect, and times out
	neverSent               // it times out and takes no effect
	serverFailed            // AWS answers 500, without effect
	serverFailedLate
	crashBefore
	crashAfter
	behind // a read shows what stood before the last change
	denied
)

func (k faultKind) String() string {
	return [...]string{"is throttled", "takes effect but its answer is lost", "times out without effect", "fails at AWS", "takes effect but fails at AWS",
		"is preceded by a crash", "is followed by a crash", "shows what was before", "is denied"}[k]
}

type fault struct {
	call string
	kind faultKind
}

func (c *cloud) fault(call string) (faultKind, bool) {
	for i, f := range c.faults {
		if f.call == call {
			c.faults = slices.Delete(c.faults, i, i+1)
			c.counted["fault: "+call+" "+f.kind.String()]++
			c.say("  %s %s", call, f.kind)
			return f.kind, true
		}
	}
	return 0, false
}

var errCrashed = errors.New("the function is dead")

// client is AWS as one invocation calls it.
type client struct {
	*cloud
	inv *invocation
}

// call is one call with all that can go wrong with it. do is told whether reads are to show what was before.
func reply[Out any](c *client, name string, do func(late bool) (*Out, error)) (*Out, error) {
	if c.enter(c.inv, name); c.inv.dead {
		return nil, errCrashed
	}
	kind, faulty := c.fault(name)
	if !faulty {
		return do(false)
	}
	c.inv.disturbed = true
	effect := func(err error) (*Out, error) {
		if out, refused := do(false); refused != nil {
			return out, refused
		}
		return nil, err
	}
	failure := &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusInternalServerError}},
		Err:      &smithy.GenericAPIError{Code: "InternalFailure"}}
	switch kind {
	case throttledCall:
		return nil, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded", Fault: smithy.FaultClient}
	case denied:
		c.epoch++
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "is not authorized", Fault: smithy.FaultClient}
	case answerLost:
		return effect(context.DeadlineExceeded)
	case neverSent:
		return nil, context.DeadlineExceeded
	case serverFailed:
		return nil, failure
	case serverFailedLate:
		return effect(failure)
	case crashBefore:
		c.inv.dead = true
		return nil, errCrashed
	case crashAfter:
		c.inv.dead = true
		return effect(errCrashed)
	default:
		if name == "DescribeServices" || name == "DescribeImages" {
			c.inv.epoch = -1 // it may not see what people and the registry did last, and promises nothing about that
		}
		return do(true)
	}
}

func (c *client) DescribeImages(_ context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	return reply(c, "DescribeImages", func(late bool) (*ecr.DescribeImagesOutput, error) {
		if !c.repository {
			return nil, &ecrtypes.RepositoryNotFoundException{}
		}
		out := &ecr.DescribeImagesOutput{}
		for _, p := range c.pictures.read(c.now, late) {
			if len(in.ImageIds) == 0 && len(p.tags) > 0 || len(in.ImageIds) > 0 &&
				(slices.Contains(p.tags, in.ImageIds[0].ImageTag) || digestOf(p.n) == in.ImageIds[0].ImageDigest) {
				out.ImageDetails = append(out.ImageDetails, ecr.ImageDetail{
					RegistryId: "111122223333", RepositoryName: in.RepositoryName, ImageDigest: digestOf(p.n),
					ImageTags: p.tags, ImagePushedAt: ecr.Time{Time: p.pushed}, ImageManifestMediaType: p.media})
			}
		}
		if len(in.ImageIds) > 0 && len(out.ImageDetails) == 0 {
			return nil, &ecrtypes.ImageNotFoundException{}
		}
		return out, nil
	})
}

// BatchGetImage is not called: no image of this world is an index.
func (c *client) BatchGetImage(context.Context, *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	c.breaks("an index is read though there is none")
	return &ecr.BatchGetImageOutput{}, nil
}

func (c *client) DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	return reply(c, "DescribeServices", func(late bool) (*ecs.DescribeServicesOutput, error) {
		s := ecstypes.Service{ServiceName: aws.String("Sample-Website"), ServiceArn: aws.String(serviceARN), Status: aws.String("ACTIVE"), DesiredCount: c.count,
			HealthCheckGracePeriodSeconds: aws.Int32(c.grace),
			DeploymentController:          &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy}}
		for _, ts := range c.sets.read(c.now, late) {
			described := taskSet(ts.id, ts.status, ts.revision, ts.group)
			if ts.by != "" {
				described.ExternalId = aws.String(ts.by)
			}
			if !ts.created.IsZero() {
				described.CreatedAt = &ts.created
			}
			s.TaskSets = append(s.TaskSets, described)
			if ts.status == live.StatusPrimary {
				c.inv.primary, c.inv.putLive = c.found(ts.revision), ts.by
			}
		}
		c.inv.hand = live.ReadHand(c.hands.read(c.now, late), c.now)
		mark, _ := live.ReadHold(c.hands.read(c.now, late))
		c.inv.held = mark.Activities
		for key, value := range c.hands.read(c.now, late) {
			s.Tags = append(s.Tags, ecstypes.Tag{Key: &key, Value: &value})
		}
		return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{s}}, nil
	})
}

func (c *client) DescribeTaskDefinition(_ context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	name := "DescribeTaskDefinition of another"
	switch *in.TaskDefinition {
	case c.inv.runs():
		name = "DescribeTaskDefinition of PRIMARY"
	case "sample-website":
		name = "DescribeTaskDefinition of the family"
	case c.inv.deployed.Base:
		name = "DescribeTaskDefinition of the base"
	}
	return reply(c, name, func(bool) (*ecs.DescribeTaskDefinitionOutput, error) {
		r := c.found(*in.TaskDefinition)
		if *in.TaskDefinition == c.inv.deployed.Base {
			c.inv.baseActive = r.Active()
		}
		return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: r.Definition, Tags: r.Tags}, nil
	})
}

func (c *client) RegisterTaskDefinition(_ context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	return reply(c, "RegisterTaskDefinition", func(bool) (*ecs.RegisterTaskDefinitionOutput, error) {
		c.checkRevision(c.inv, in)
		r := c.register(in)
		c.say("  revision %d is registered", len(c.family))
		return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: r.Definition}, nil
	})
}

func (c *client) ListTaskDefinitions(context.Context, *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	return reply(c, "ListTaskDefinitions", func(bool) (*ecs.ListTaskDefinitionsOutput, error) {
		out := &ecs.ListTaskDefinitionsOutput{}
		for _, r := range slices.Backward(c.family) {
			if r.Active() {
				out.TaskDefinitionArns = append(out.TaskDefinitionArns, r.ARN())
			}
		}
		return out, nil
	})
}

func (c *client) DeregisterTaskDefinition(_ context.Context, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	return reply(c, "DeregisterTaskDefinition", func(bool) (*ecs.DeregisterTaskDefinitionOutput, error) {
		r := c.found(*in.TaskDefinition)
		c.checkDeregistered(r)
		r.retire()
		c.say("  revision %s is deregistered", *in.TaskDefinition)
		return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: r.Definition}, nil
	})
}

func (c *client) UpdateService(_ context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	return reply(c, "UpdateService", func(bool) (*ecs.UpdateServiceOutput, error) {
		if c.inv.busy {
			c.breaks("the service is scaled while a deployment is active")
		}
		if in.DesiredCount != nil {
			c.count = *in.DesiredCount
		}
		c.grace = aws.ToInt32(in.HealthCheckGracePeriodSeconds)
		return &ecs.UpdateServiceOutput{}, nil
	})
}

func (c *client) GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	return reply(c, "GetDeploymentGroup", func(bool) (*codedeploy.GetDeploymentGroupOutput, error) {
		if !c.group {
			return nil, &cdtypes.DeploymentGroupDoesNotExistException{}
		}
		g := &cdtypes.DeploymentGroupInfo{
			AutoRollbackConfiguration: &cdtypes.AutoRollbackConfiguration{Enabled: true},
			AlarmConfiguration:        &cdtypes.AlarmConfiguration{Enabled: true, Alarms: []cdtypes.Alarm{{Name: aws.String("alarm")}}},
			LoadBalancerInfo: &cdtypes.LoadBalancerInfo{TargetGroupPairInfoList: []cdtypes.TargetGroupPairInfo{{
				ProdTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{production80}},
				TestTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{test8080}}}}},
		}
		for _, e := range c.service.Service.Deployment.Rollback {
			g.AutoRollbackConfiguration.Events = append(g.AutoRollbackConfiguration.Events, cdtypes.AutoRollbackEvent(e))
		}
		return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: g}, nil
	})
}

func (c *client) ListDeployments(context.Context, *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	return reply(c, "ListDeployments", func(late bool) (*codedeploy.ListDeploymentsOutput, error) {
		shown := c.history.read(c.now, late)
		c.inv.knew = len(shown)
		out := &codedeploy.ListDeploymentsOutput{Deployments: []string{}}
		for _, d := range slices.Backward(shown) {
			out.Deployments = append(out.Deployments, d.id)
		}
		return out, nil
	})
}

func (c *client) BatchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error) {
	return reply(c, "BatchGetDeployments", func(late bool) (*codedeploy.BatchGetDeploymentsOutput, error) {
		out := &codedeploy.BatchGetDeploymentsOutput{}
		for _, d := range c.history.read(c.now, late) {
			if !slices.Contains(in.DeploymentIds, d.id) {
				continue
			}
			c.inv.busy = c.inv.busy || d.active()
			info := cdtypes.DeploymentInfo{DeploymentId: aws.String(d.id), Description: aws.String(d.description), Status: d.status,
				Creator: d.creator, CreateTime: aws.Time(d.created), InstanceTerminationWaitTimeStarted: d.waits}
			if !d.active() {
				info.CompleteTime = aws.Time(d.ended)
			}
			if d.code != "" {
				info.ErrorInformation = &cdtypes.ErrorInformation{Code: d.code, Message: aws.String("It went wrong.")}
			}
			if d.undone != "" {
				info.RollbackInfo = &cdtypes.RollbackInfo{RollbackDeploymentId: aws.String(d.undone)}
			}
			out.DeploymentsInfo = append(out.DeploymentsInfo, info)
		}
		return out, nil
	})
}

func (c *client) GetDeploymentTarget(_ context.Context, in *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	return reply(c, "GetDeploymentTarget", func(bool) (*codedeploy.GetDeploymentTargetOutput, error) {
		target := &cdtypes.ECSTarget{}
		if d := c.deployment(*in.DeploymentId); !d.moved.IsZero() {
			target.LifecycleEvents = []cdtypes.LifecycleEvent{{LifecycleEventName: aws.String("AllowTraffic"),
				Status: cdtypes.LifecycleEventStatusSucceeded, EndTime: aws.Time(d.moved)}}
		}
		return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &cdtypes.DeploymentTarget{EcsTarget: target}}, nil
	})
}

func (c *client) CreateDeployment(_ context.Context, in *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error) {
	return reply(c, "CreateDeployment", func(bool) (*codedeploy.CreateDeploymentOutput, error) {
		_, arn, _ := strings.Cut(*in.Revision.AppSpecContent.Content, `"TaskDefinition":"`)
		arn, _, _ = strings.Cut(arn, `"`)
		d := deployed{description: *in.Description, revision: arn, creator: cdtypes.DeploymentCreatorUser}
		before := len(c.history.is)
		id, err := c.create(d)
		if err != nil {
			return nil, err
		}
		c.say("  deployment %s is created: %s", id, d.description)
		c.checkDeployment(c.inv, c.deployment(id), before)
		return &codedeploy.CreateDeploymentOutput{DeploymentId: &id}, nil
	})
}

func (c *client) StopDeployment(_ context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	return reply(c, "StopDeployment", func(bool) (*codedeploy.StopDeploymentOutput, error) {
		c.checkRoom(c.inv, "stopped", c.deployment(*in.DeploymentId))
		return &codedeploy.StopDeploymentOutput{}, c.halt(*in.DeploymentId, *in.AutoRollbackEnabled)
	})
}

func (c *client) ContinueDeployment(_ context.Context, in *codedeploy.ContinueDeploymentInput) (*codedeploy.ContinueDeploymentOutput, error) {
	return reply(c, "ContinueDeployment", func(bool) (*codedeploy.ContinueDeploymentOutput, error) {
		c.checkRoom(c.inv, "finished", c.deployment(*in.DeploymentId))
		return &codedeploy.ContinueDeploymentOutput{}, c.finish(*in.DeploymentId)
	})
}

func (c *client) DescribeListeners(context.Context, *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	return reply(c, "DescribeListeners", func(bool) (*elb.DescribeListenersOutput, error) {
		return &elb.DescribeListenersOutput{Listeners: []elb.Listener{{DefaultActions: []elb.Action{{
			Type: elbtypes.ActionTypeEnumForward, ForwardConfig: elb.ForwardConfig{TargetGroups: []elb.TargetGroup{
				{TargetGroupArn: c.serves, Weight: aws.Int32(100)}, {TargetGroupArn: other(c.serves), Weight: aws.Int32(0)}}}}}}}}, nil
	})
}

func (c *client) DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	return reply(c, "DescribeAlarms", func(bool) (*cloudwatch.DescribeAlarmsOutput, error) {
		state := cwtypes.StateValueOk
		if c.alarm {
			state = cwtypes.StateValueAlarm
		}
		c.inv.alarm = c.alarm
		return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cloudwatch.Alarm{{AlarmName: "alarm", StateValue: state}}}, nil
	})
}
