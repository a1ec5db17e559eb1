package live

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cd "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// DeploymentLister lists a group's deployments.
type DeploymentLister interface {
	ListDeployments(context.Context, *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error)
}

// Readers are what a status is read from.
type Readers struct {
	Lister      DeploymentLister
	Deployments interface {
		DeploymentReader
		GroupReader
	}
	Tasks     TaskReader
	Balancers BalancerReader
}

// Through are readers for the region of a configuration, or for the endpoint that it names.
func Through(cfg aws.Config) Readers {
	deployments := codedeploy.NewFromConfig(cfg)
	return Readers{Lister: deployments, Deployments: deployments, Tasks: ecs.NewFromConfig(cfg), Balancers: elb.NewFromConfig(cfg)}
}

// Status is one service at one moment. Its JSON form is a promise of `cutover status --json`.
type Status struct {
	Service string    `json:"service"`
	Cluster string    `json:"cluster"`
	At      time.Time `json:"at"`
	// Deployment is the newest one, active or ended; nil before the first.
	Deployment *DeploymentStatus `json:"deployment,omitempty"`
	// TaskSets of the service, PRIMARY first.
	TaskSets []TaskSetStatus `json:"taskSets"`
	// Held is what Cutover holds still of the service's autoscaling; nil when nothing is.
	Held *HeldStatus `json:"autoscalingHeld,omitempty"`
}

// HeldStatus is a hold of the service's autoscaling.
type HeldStatus struct {
	Activities []string  `json:"activities"` // in, out, scheduled
	Since      time.Time `json:"since"`
}

func (h *HeldStatus) String() string {
	if h == nil {
		return "autoscaling goes on"
	}
	return "autoscaling is held still: " + strings.Join(h.Activities, ", ")
}

// DeploymentStatus is one deployment as CodeDeploy tells it.
type DeploymentStatus struct {
	ID          string        `json:"id"`
	Status      string        `json:"status"`
	Creator     string        `json:"creator"`
	Description string        `json:"description,omitempty"`
	Error       string        `json:"error,omitempty"`
	Rollback    string        `json:"rollbackDeploymentId,omitempty"`
	RollsBack   string        `json:"rollbackTriggeringDeploymentId,omitempty"`
	Created     time.Time     `json:"created"`
	Completed   *time.Time    `json:"completed,omitempty"`
	Terminating bool          `json:"terminationWaitStarted"`
	BlueEnds    *time.Time    `json:"blueEnds,omitempty"` // while blue waits to be terminated
	Events      []EventStatus `json:"lifecycleEvents"`
}

// EventStatus is one lifecycle event.
type EventStatus struct {
	Name   string     `json:"name"`
	Status string     `json:"status"`
	Start  *time.Time `json:"start,omitempty"`
	End    *time.Time `json:"end,omitempty"`
}

// TaskSetStatus is one task set, its targets' health and its share of both listeners' traffic.
type TaskSetStatus struct {
	ID             string `json:"id"`
	Status         string `json:"status"`          // PRIMARY, ACTIVE, DRAINING
	Label          string `json:"label,omitempty"` // blue or green, within the active deployment
	TaskDefinition string `json:"taskDefinition"`
	Image          string `json:"image,omitempty"` // what was pushed, where the revision tells it
	Desired        int32  `json:"desired"`
	Running        int32  `json:"running"`
	Pending        int32  `json:"pending"`
	Stability      string `json:"stability"`
	TargetGroup    string `json:"targetGroup"`
	Healthy        int    `json:"healthyTargets"`
	Targets        int    `json:"targets"`
	Production     int32  `json:"productionWeight"` // percent of the production listener's traffic
	Test           int32  `json:"testWeight"`       // percent of the test listener's traffic
}

// ReadStatus reads a service as it stands.
func ReadStatus(ctx context.Context, r Readers, names config.Names) (Status, error) {
	s := Status{Service: names.Service, Cluster: names.Cluster, At: time.Now(), TaskSets: []TaskSetStatus{}}
	active, err := r.newest(ctx, names, &s)
	if err != nil {
		return s, err
	}
	return s, r.taskSets(ctx, names, active, &s)
}

func (r Readers) newest(ctx context.Context, names config.Names, s *Status) (active string, err error) {
	list, err := r.Lister.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: &names.Application, DeploymentGroupName: &names.DeploymentGroup,
	})
	if err != nil {
		return "", fmt.Errorf("list deployments of %s: %w", names.DeploymentGroup, err)
	}
	if len(list.Deployments) == 0 {
		return "", nil
	}
	d, err := ReadDeployment(ctx, r.Deployments, list.Deployments[0], names.Cluster, names.Service)
	if err != nil {
		return "", err
	}
	status := StatusOf(d)
	s.Deployment = &status
	if d.Ended() {
		return "", nil
	}
	return s.Deployment.ID, nil
}

// StatusOf is a deployment as a status tells it.
func StatusOf(d Deployment) DeploymentStatus {
	s := DeploymentStatus{
		ID: aws.ToString(d.DeploymentId), Status: string(d.Status), Creator: string(d.Creator),
		Description: aws.ToString(d.Description), Created: aws.ToTime(d.CreateTime), Completed: d.CompleteTime,
		Terminating: d.InstanceTerminationWaitTimeStarted, Events: Events(d),
	}
	if e := d.ErrorInformation; e != nil {
		s.Error = fmt.Sprintf("%s: %s", e.Code, aws.ToString(e.Message))
	}
	if r := d.RollbackInfo; r != nil {
		s.Rollback, s.RollsBack = aws.ToString(r.RollbackDeploymentId), aws.ToString(r.RollbackTriggeringDeploymentId)
	}
	s.BlueEnds = blueEnds(d)
	return s
}

// blueEnds is when the termination wait of a deployment is over if nobody ends it before.
func blueEnds(d Deployment) *time.Time {
	moved := d.Ends(AfterAllowTraffic)
	config := d.BlueGreenDeploymentConfiguration
	if d.Ended() || !d.InstanceTerminationWaitTimeStarted || moved == nil || config == nil || config.TerminateBlueInstancesOnDeploymentSuccess == nil {
		return nil
	}
	at := moved.Add(time.Duration(config.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes) * time.Minute)
	return &at
}

// Events are a deployment's lifecycle events in their order; none before CodeDeploy has begun with it.
func Events(d Deployment) []EventStatus {
	events := []EventStatus{}
	if d.Target == nil {
		return events
	}
	for _, e := range d.Target.LifecycleEvents {
		events = append(events, EventStatus{Name: aws.ToString(e.LifecycleEventName), Status: string(e.Status), Start: e.StartTime, End: e.EndTime})
	}
	return events
}

func (r Readers) taskSets(ctx context.Context, names config.Names, active string, s *Status) error {
	out, err := r.Tasks.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &names.Cluster, Services: []string{names.Service},
		Include: []types.ServiceField{types.ServiceFieldTags}})
	if err != nil {
		return fmt.Errorf("describe service %s: %w", names.Service, err)
	}
	if len(out.Services) == 0 {
		return fmt.Errorf("cluster %s has no service %s; deploy its stack first", names.Cluster, names.Service)
	}
	if h, held := ReadHold(Tags(out.Services[0].Tags)); held && h.Any() {
		s.Held = &HeldStatus{Activities: h.words(), Since: h.Since}
	}
	production, test, err := r.weights(ctx, names)
	if err != nil {
		return err
	}
	for _, set := range out.Services[0].TaskSets {
		t := taskSetStatus(set, active)
		arn := TargetGroup(set)
		t.Production, t.Test = production[arn], test[arn]
		if err := r.details(ctx, names, arn, &t); err != nil {
			return err
		}
		if t.Status == "PRIMARY" {
			s.TaskSets = append([]TaskSetStatus{t}, s.TaskSets...)
		} else {
			s.TaskSets = append(s.TaskSets, t)
		}
	}
	return nil
}

func taskSetStatus(set types.TaskSet, active string) TaskSetStatus {
	t := TaskSetStatus{
		ID: aws.ToString(set.Id), Status: aws.ToString(set.Status), TaskDefinition: aws.ToString(set.TaskDefinition),
		Desired: set.ComputedDesiredCount, Running: set.RunningCount, Pending: set.PendingCount,
		Stability: string(set.StabilityStatus), TargetGroup: ShortName(TargetGroup(set)),
	}
	if active != "" {
		t.Label = "blue"
		if aws.ToString(set.ExternalId) == active {
			t.Label = "green"
		}
	}
	return t
}

func (r Readers) details(ctx context.Context, names config.Names, targetGroup string, t *TaskSetStatus) error {
	revision, err := ReadRevision(ctx, r.Tasks, t.TaskDefinition)
	if err != nil {
		return err
	}
	if image, ok := revision.Image(names.Container); ok {
		t.Image = image.String()
	} else if c := revision.Container(names.Container); c != nil {
		t.Image = aws.ToString(c.Image)
	}
	if targetGroup == "" {
		return nil
	}
	health, err := r.Balancers.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: targetGroup})
	if err != nil {
		return fmt.Errorf("describe the health of %s: %w", t.TargetGroup, err)
	}
	for _, d := range health.TargetHealthDescriptions {
		if d.TargetHealth.State != elbtypes.TargetHealthStateEnumDraining {
			t.Targets++
		}
		if d.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			t.Healthy++
		}
	}
	return nil
}

// weights are the percentages of both listeners' traffic, by target group ARN.
func (r Readers) weights(ctx context.Context, names config.Names) (production, test map[string]int32, err error) {
	out, err := r.Deployments.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: &names.Application, DeploymentGroupName: &names.DeploymentGroup,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("get deployment group %s: %w", names.DeploymentGroup, err)
	}
	lb := out.DeploymentGroupInfo.LoadBalancerInfo
	if lb == nil || len(lb.TargetGroupPairInfoList) == 0 {
		return nil, nil, fmt.Errorf("deployment group %s has no target group pair", names.DeploymentGroup)
	}
	pair := lb.TargetGroupPairInfoList[0]
	if production, err = r.percentages(ctx, pair.ProdTrafficRoute); err != nil {
		return nil, nil, err
	}
	test, err = r.percentages(ctx, pair.TestTrafficRoute)
	return production, test, err
}

func (r Readers) percentages(ctx context.Context, route *cd.TrafficRoute) (map[string]int32, error) {
	if route == nil || len(route.ListenerArns) == 0 {
		return nil, nil
	}
	l, err := describeListener(ctx, r.Balancers, route.ListenerArns[0])
	if err != nil {
		return nil, err
	}
	weights, sum := Forwards(l), int32(0)
	for _, w := range weights {
		sum += w
	}
	for arn, w := range weights {
		if sum > 0 {
			weights[arn] = w * 100 / sum
		}
	}
	return weights, nil
}
