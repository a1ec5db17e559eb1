package release

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

const (
	baseARN      = "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:3"
	bootstrapARN = "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:1"
	tgBlue       = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/sample-website-tg-1/73e2d6bc24d8a067"
	tgGreen      = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/sample-website-tg-2/d5a1e0c3b2f4968a"
	production80 = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/sample-website-alb/50dc6c495c0c9188/f2f7dc8efc522ab2"
	test8080     = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/sample-website-alb/50dc6c495c0c9188/0467ef3c8400ae65"
	serviceARN   = "arn:aws:ecs:us-east-1:111122223333:service/cutover/Sample-Website"
	groupName    = "DgpECS-cutover-Sample-Website"
)

// pushed is when v1 is pushed; the others follow by the minute.
var pushed = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func digestOf(n int) string { return fmt.Sprintf("sha256:%064x", n) }

// deployedWith is the sample website as its function knows it, its description changed by change.
func deployedWith(change string) config.Deployed {
	if change == "" {
		change = `{"name": "sample-website"}`
	}
	c, err := config.Parse([]byte(`{"services": [`+change+`]}`), policy.Range)
	if err != nil {
		panic(err)
	}
	return config.Deployed{
		Service: c.Services[0], Cluster: "cutover", Base: baseARN,
		Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
	}
}

// glob takes the tags v*.
const globScanned = `{"name": "sample-website", "image": {"tag": "v*"}, "gates": {"scan": {}}}`

const glob = `{"name": "sample-website", "image": {"tag": "v*"}}`

// world is what AWS holds for the service, and the fake that answers for it: a fresh stack on its bootstrap
// revision. Fields are changed directly; fail and lost speak of the next call of a name.
type world struct {
	Observed
	mu      sync.Mutex
	calls   []string
	sent    []any         // inputs of writes
	latency time.Duration // of every call, in a synctest bubble
	fail    map[string]error
	lost    map[string]error  // the call takes effect and is answered by this
	behind  *ecstypes.Service // what the next look is shown of the service; nil: as it is
	alarms  []cloudwatch.Alarm
	target  []cdtypes.LifecycleEvent
	pages   [][]ecr.ImageDetail
	absent  []string          // repositories beside the one that Repository speaks of
	indexes map[string]string // manifests by digest
	family  []*live.Revision  // those that are listed, beside Primary and Latest
	// scan answers for the findings of a digest.
	scan func(digest, page string) (*ecr.DescribeImageScanFindingsOutput, error)
	gate func(request []byte) *lambda.InvokeOutput
	// undescribed is how many of the newest deployments are listed but not described.
	undescribed int
}

func newWorld(images ...ecr.ImageDetail) *world {
	w := &world{fail: map[string]error{}, lost: map[string]error{}}
	w.At = pushed.Add(time.Hour)
	w.Repository, w.Images = true, images
	w.Base = baseRevision()
	w.Primary = &live.Revision{Definition: &ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String(bootstrapARN), Family: aws.String("sample-website"), Status: ecstypes.TaskDefinitionStatusActive,
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("sample-website"), Image: aws.String("public.ecr.aws/docker/library/caddy:2-alpine"),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}}},
	}}
	w.Latest = w.Primary
	w.Service = &ecstypes.Service{
		ServiceName: aws.String("Sample-Website"), ServiceArn: aws.String(serviceARN), Status: aws.String("ACTIVE"), DesiredCount: 1,
		HealthCheckGracePeriodSeconds: aws.Int32(0),
		DeploymentController:          &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy},
		TaskSets:                      []ecstypes.TaskSet{taskSet("ecs-svc/1", live.StatusPrimary, bootstrapARN, tgBlue)},
	}
	w.Group = &cdtypes.DeploymentGroupInfo{
		DeploymentGroupName: aws.String(groupName),
		AutoRollbackConfiguration: &cdtypes.AutoRollbackConfiguration{Enabled: true, Events: []cdtypes.AutoRollbackEvent{
			cdtypes.AutoRollbackEventDeploymentFailure, cdtypes.AutoRollbackEventDeploymentStopOnAlarm, cdtypes.AutoRollbackEventDeploymentStopOnRequest}},
		AlarmConfiguration: &cdtypes.AlarmConfiguration{Enabled: true, Alarms: []cdtypes.Alarm{{Name: aws.String("sample-website-tg-1-5xx")}}},
		LoadBalancerInfo: &cdtypes.LoadBalancerInfo{TargetGroupPairInfoList: []cdtypes.TargetGroupPairInfo{{
			ProdTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{production80}},
			TestTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{test8080}}}}},
	}
	w.serve(tgBlue)
	return w
}

func baseRevision() *live.Revision {
	return &live.Revision{
		Definition: &ecstypes.TaskDefinition{
			TaskDefinitionArn: aws.String(baseARN), Family: aws.String("sample-website-base"), Status: ecstypes.TaskDefinitionStatusActive,
			ContainerDefinitions: []ecstypes.ContainerDefinition{
				{Name: aws.String("sample-website"), Image: aws.String("placeholder"), PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}},
				{Name: aws.String("sidecar"), Image: aws.String("sidecar:1")},
			},
		},
		Tags: []ecstypes.Tag{{Key: aws.String("Name"), Value: aws.String("Sample Website")}},
	}
}

func taskSet(id, status, revision, targetGroup string) ecstypes.TaskSet {
	return ecstypes.TaskSet{Id: &id, Status: &status, TaskDefinition: &revision,
		LoadBalancers: []ecstypes.LoadBalancer{{TargetGroupArn: &targetGroup}}}
}

// image n of the repository, pushed n minutes after v0.
func image(n int, tags ...string) ecr.ImageDetail {
	return ecr.ImageDetail{
		RegistryId: "111122223333", RepositoryName: "sample-website",
		ImageDigest: digestOf(n), ImageTags: tags, ImagePushedAt: ecr.Time{Time: pushed.Add(time.Duration(n) * time.Minute)},
		ImageManifestMediaType: oci.ImageTypes[0], ArtifactMediaType: imageConfigs[0],
	}
}

// serve points the production listener at a target group, as CodeDeploy leaves it: the other at weight 0.
func (w *world) serve(targetGroup string) {
	other := map[string]string{tgBlue: tgGreen, tgGreen: tgBlue}[targetGroup]
	w.Listener = &elb.Listener{DefaultActions: []elb.Action{{Type: elbtypes.ActionTypeEnumForward,
		ForwardConfig: elb.ForwardConfig{TargetGroups: []elb.TargetGroup{
			{TargetGroupArn: targetGroup, Weight: aws.Int32(100)},
			{TargetGroupArn: other, Weight: aws.Int32(0)}}}}}}
}

// runs puts a wish live, as its deployment would have.
func (w *world) runs(wish live.Wish) *world {
	in, err := Revise(w.Base, "sample-website", wish)
	if err != nil {
		panic(err)
	}
	w.Primary = &live.Revision{Definition: &ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:7"),
		Family:            in.Family, Status: ecstypes.TaskDefinitionStatusActive, ContainerDefinitions: in.ContainerDefinitions}, Tags: in.Tags}
	w.Latest = w.Primary
	w.Service.TaskSets[0].TaskDefinition = w.Primary.Definition.TaskDefinitionArn
	return w
}

// deployments of the group, the newest first and each an hour older than the one before.
func (w *world) had(all ...cdtypes.DeploymentInfo) *world {
	w.Deployments = nil
	for i, d := range all {
		at := w.At.Add(-time.Duration(i+1) * time.Hour)
		d.DeploymentId = aws.String(fmt.Sprintf("d-%09d", len(all)-i))
		if d.CreateTime == nil {
			d.CreateTime = &at
		}
		if d.CompleteTime == nil && !underWay(d.Status) {
			d.CompleteTime = aws.Time(d.CreateTime.Add(10 * time.Minute))
		}
		w.Deployments = append(w.Deployments, d)
	}
	return w
}

func deployment(wish live.Wish, status cdtypes.DeploymentStatus) cdtypes.DeploymentInfo {
	return cdtypes.DeploymentInfo{Description: aws.String(wish.Description("")), Status: status, Creator: cdtypes.DeploymentCreatorUser}
}

func byHandIn(status cdtypes.DeploymentStatus) cdtypes.DeploymentInfo {
	return cdtypes.DeploymentInfo{Description: aws.String("hotfix"), Status: status, Creator: cdtypes.DeploymentCreatorUser}
}

func rolledBack(status cdtypes.DeploymentStatus) cdtypes.DeploymentInfo {
	return cdtypes.DeploymentInfo{Status: status, Creator: cdtypes.DeploymentCreatorCodeDeployRollback}
}

func failedBy(d cdtypes.DeploymentInfo, code cdtypes.ErrorCode) cdtypes.DeploymentInfo {
	d.ErrorInformation = &cdtypes.ErrorInformation{Code: code, Message: aws.String("It went wrong.")}
	return d
}

// wishFor image n on a base's revision.
func wishFor(d config.Deployed, n int, tag string) live.Wish {
	return Wanted(d, []ecr.ImageDetail{image(n, tag)}).Wish
}

func (w *world) loop(d config.Deployed) *Loop {
	l := New(d, AWS{Images: w, Services: w, Revisions: w, Deployments: w, Listeners: w, Alarms: w, Scaling: w, Marks: w, Scans: w, Gate: w}, slog.New(slog.DiscardHandler))
	l.now = func() time.Time { return w.At }
	return l
}

// handle sends one event through the loop.
func (w *world) handle(t testing.TB, d config.Deployed, event string) (Outcome, error) {
	t.Helper()
	return w.loop(d).Handle(t.Context(), []byte(event))
}

// called notes a call, lets its latency pass and says how it is to fail.
func (w *world) called(name string) error {
	time.Sleep(w.latency)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, name)
	err := w.fail[name]
	delete(w.fail, name)
	return err
}

// answered is how a call is answered that took effect.
func (w *world) answered(name string, in any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, in)
	err := w.lost[name]
	delete(w.lost, name)
	return err
}

func (w *world) DescribeImages(_ context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	if err := w.called("DescribeImages"); err != nil {
		return nil, err
	}
	if !w.Repository || slices.Contains(w.absent, in.RepositoryName) {
		return nil, &ecrtypes.RepositoryNotFoundException{}
	}
	if w.pages != nil {
		page := len(in.NextToken)
		out := &ecr.DescribeImagesOutput{ImageDetails: w.pages[page]}
		if page+1 < len(w.pages) {
			out.NextToken = in.NextToken + "+"
		}
		return out, nil
	}
	out := &ecr.DescribeImagesOutput{}
	for _, i := range w.Images {
		if i.RepositoryName != in.RepositoryName {
			continue
		}
		if len(in.ImageIds) == 0 && len(i.ImageTags) > 0 || len(in.ImageIds) > 0 && (slices.Contains(i.ImageTags, in.ImageIds[0].ImageTag) ||
			in.ImageIds[0].ImageDigest == i.ImageDigest) {
			out.ImageDetails = append(out.ImageDetails, i)
		}
	}
	if len(in.ImageIds) > 0 && len(out.ImageDetails) == 0 {
		return nil, &ecrtypes.ImageNotFoundException{}
	}
	return out, nil
}

func (w *world) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	if err := w.called("BatchGetImage"); err != nil {
		return nil, err
	}
	manifest, ok := w.indexes[in.ImageIds[0].ImageDigest]
	if !ok {
		return &ecr.BatchGetImageOutput{}, nil
	}
	return &ecr.BatchGetImageOutput{Images: []ecr.Image{{ImageManifest: manifest}}}, nil
}

func (w *world) DescribeImageScanFindings(_ context.Context, in *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error) {
	if err := w.called("DescribeImageScanFindings"); err != nil {
		return nil, err
	}
	return w.scan(in.ImageId.ImageDigest, in.NextToken)
}

func (w *world) DescribeServices(_ context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	if err := w.called("DescribeServices"); err != nil {
		return nil, err
	}
	if w.Service == nil {
		return &ecs.DescribeServicesOutput{Failures: []ecstypes.Failure{{Reason: aws.String("MISSING")}}}, nil
	}
	shown := cmp.Or(w.behind, w.Service)
	w.behind = nil
	return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{*shown}}, nil
}

func (w *world) DescribeTaskDefinition(_ context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	if err := w.called("DescribeTaskDefinition"); err != nil {
		return nil, err
	}
	for _, r := range append([]*live.Revision{w.Base, w.Primary, w.Latest}, w.family...) {
		if r != nil && (r.ARN() == *in.TaskDefinition || r == w.Latest && *in.TaskDefinition == "sample-website") {
			return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: r.Definition, Tags: r.Tags}, nil
		}
	}
	return nil, &ecstypes.ClientException{Message: aws.String("Unable to describe task definition.")}
}

func (w *world) RegisterTaskDefinition(_ context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	if err := w.called("RegisterTaskDefinition"); err != nil {
		return nil, err
	}
	w.Latest = &live.Revision{Tags: in.Tags, Definition: &ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/" + *in.Family + ":8"),
		Family:            in.Family, Status: ecstypes.TaskDefinitionStatusActive, ContainerDefinitions: in.ContainerDefinitions,
	}}
	return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: w.Latest.Definition}, w.answered("RegisterTaskDefinition", in)
}

func (w *world) ListTaskDefinitions(context.Context, *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	if err := w.called("ListTaskDefinitions"); err != nil {
		return nil, err
	}
	out := &ecs.ListTaskDefinitionsOutput{}
	for _, r := range slices.Backward(w.family) {
		if r.Active() {
			out.TaskDefinitionArns = append(out.TaskDefinitionArns, r.ARN())
		}
	}
	return out, nil
}

func (w *world) DeregisterTaskDefinition(_ context.Context, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	if err := w.called("DeregisterTaskDefinition"); err != nil {
		return nil, err
	}
	for _, r := range w.family {
		if r.ARN() == *in.TaskDefinition {
			r.Definition.Status = ecstypes.TaskDefinitionStatusInactive
		}
	}
	return &ecs.DeregisterTaskDefinitionOutput{}, w.answered("DeregisterTaskDefinition", in)
}

func (w *world) UpdateService(_ context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	if err := w.called("UpdateService"); err != nil {
		return nil, err
	}
	return &ecs.UpdateServiceOutput{}, w.answered("UpdateService", in)
}

func (w *world) DescribeScalableTargets(context.Context, *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error) {
	if err := w.called("DescribeScalableTargets"); err != nil {
		return nil, err
	}
	out := &aas.DescribeScalableTargetsOutput{}
	if w.Target != nil {
		out.ScalableTargets = append(out.ScalableTargets, *w.Target)
	}
	return out, nil
}

func (w *world) RegisterScalableTarget(_ context.Context, in *aas.RegisterScalableTargetInput) (*aas.RegisterScalableTargetOutput, error) {
	if err := w.called("RegisterScalableTarget"); err != nil {
		return nil, err
	}
	w.Target.SuspendedState = in.SuspendedState
	return &aas.RegisterScalableTargetOutput{}, w.answered("RegisterScalableTarget", in)
}

func (w *world) TagResource(_ context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	if err := w.called("TagResource"); err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		tag(w, *t.Key, *t.Value)
	}
	return &ecs.TagResourceOutput{}, w.answered("TagResource", in)
}

func (w *world) UntagResource(_ context.Context, in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	if err := w.called("UntagResource"); err != nil {
		return nil, err
	}
	w.Service.Tags = slices.DeleteFunc(w.Service.Tags, func(t ecstypes.Tag) bool { return slices.Contains(in.TagKeys, *t.Key) })
	return &ecs.UntagResourceOutput{}, w.answered("UntagResource", in)
}

func (w *world) Invoke(_ context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	if err := w.called("Invoke"); err != nil {
		return nil, err
	}
	w.sent = append(w.sent, in)
	return w.gate(in.Payload), nil
}

func (w *world) GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	if err := w.called("GetDeploymentGroup"); err != nil {
		return nil, err
	}
	if w.Group == nil {
		return nil, &cdtypes.DeploymentGroupDoesNotExistException{}
	}
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: w.Group}, nil
}

func (w *world) ListDeployments(context.Context, *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	if err := w.called("ListDeployments"); err != nil {
		return nil, err
	}
	out := &codedeploy.ListDeploymentsOutput{}
	for _, d := range w.Deployments {
		out.Deployments = append(out.Deployments, *d.DeploymentId)
	}
	return out, nil
}

func (w *world) BatchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error) {
	if err := w.called("BatchGetDeployments"); err != nil {
		return nil, err
	}
	if len(in.DeploymentIds) == 0 || len(in.DeploymentIds) > 25 {
		return nil, &cdtypes.BatchLimitExceededException{}
	}
	out := &codedeploy.BatchGetDeploymentsOutput{}
	for i := range in.DeploymentIds[w.undescribed:] { // in whatever order
		out.DeploymentsInfo = append(out.DeploymentsInfo, w.Deployments[len(in.DeploymentIds)-1-i])
	}
	return out, nil
}

func (w *world) GetDeploymentTarget(context.Context, *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	if err := w.called("GetDeploymentTarget"); err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &cdtypes.DeploymentTarget{
		EcsTarget: &cdtypes.ECSTarget{LifecycleEvents: w.target}}}, nil
}

func (w *world) CreateDeployment(_ context.Context, in *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error) {
	if err := w.called("CreateDeployment"); err != nil {
		return nil, err
	}
	if a, busy := w.active(); busy {
		return nil, &cdtypes.DeploymentLimitExceededException{Message: aws.String(fmt.Sprintf(
			"The Deployment Group '%s' already has an active Deployment '%s'", groupName, *a.DeploymentId))}
	}
	id := fmt.Sprintf("d-NEW%06d", len(w.Deployments))
	w.Deployments = append([]cdtypes.DeploymentInfo{{
		DeploymentId: &id, Description: in.Description, Status: cdtypes.DeploymentStatusCreated,
		Creator: cdtypes.DeploymentCreatorUser, CreateTime: aws.Time(time.Now()),
	}}, w.Deployments...)
	return &codedeploy.CreateDeploymentOutput{DeploymentId: &id}, w.answered("CreateDeployment", in)
}

func (w *world) StopDeployment(_ context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	if err := w.called("StopDeployment"); err != nil {
		return nil, err
	}
	return &codedeploy.StopDeploymentOutput{}, w.answered("StopDeployment", in)
}

func (w *world) ContinueDeployment(_ context.Context, in *codedeploy.ContinueDeploymentInput) (*codedeploy.ContinueDeploymentOutput, error) {
	if err := w.called("ContinueDeployment"); err != nil {
		return nil, err
	}
	return &codedeploy.ContinueDeploymentOutput{}, w.answered("ContinueDeployment", in)
}

func (w *world) DescribeListeners(_ context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	if err := w.called("DescribeListeners"); err != nil {
		return nil, err
	}
	if w.Listener == nil || in.ListenerArns[0] != production80 {
		return nil, &elbtypes.ListenerNotFoundException{}
	}
	return &elb.DescribeListenersOutput{Listeners: []elb.Listener{*w.Listener}}, nil
}

func (w *world) DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	if err := w.called("DescribeAlarms"); err != nil {
		return nil, err
	}
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: w.alarms}, nil
}
