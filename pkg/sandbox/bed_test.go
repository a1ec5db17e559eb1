package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

const (
	tasks     = 2 // of the service
	siteImage = "public.ecr.aws/test/site:1"
	roles     = "arn:aws:iam::" + sandbox.Account + ":role/"
	limit     = 3 * time.Minute // of anything that is waited for
)

// cast are those who play in a bed: AWS's managed policy of CodeDeploy's role, the name of the hook's function and
// that of the tasks' execution role.
type cast struct{ policy, hook, execution string }

// usual is a cast of whom the policy allows everything.
var usual = cast{policy: "AWSCodeDeployRoleForECS", hook: "judge", execution: "execution"}

// site is an image of the program in testdata/site, built once.
var site = sync.OnceValues(func() (v1.Image, error) {
	dir, err := os.MkdirTemp("", "site-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "site")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./testdata/site")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	body, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	return image.FromFiles(runtime.GOARCH, map[string]image.File{"/site": {Body: body, Mode: 0o755}}, v1.Config{Entrypoint: []string{"/site"}})
})

// bed is a sandbox with one service behind a load balancer, its deployment group, an alarm and a hook.
type bed struct {
	t       *testing.T
	cast    cast
	s       *sandbox.Sandbox
	ecs     *ecs.Client
	elb     *elb.Client
	deploy  *codedeploy.Client
	metrics *cloudwatch.Client
	hangUp  func() // closes the idle connections of these clients

	groups           []string // target groups
	production, test string   // listeners
	version, live    int      // registered last, and what production is to answer
}

func newBed(t *testing.T, seed uint64, factor float64) *bed {
	t.Helper()
	return newBedOf(t, usual, sandbox.Options{Seed: seed, Clock: factor})
}

// newBedOf fills in of the options what runs in the bed.
func newBedOf(t *testing.T, who cast, opts sandbox.Options) *bed {
	t.Helper()
	img, err := site()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	opts.Images, opts.Bootstrap = map[string]v1.Image{siteImage: img}, func(string, string) (string, error) { return self, nil }
	s, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	cfg := configOf(s.Getenv)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	cfg.HTTPClient = client
	cfg.RetryMaxAttempts = 0
	cfg.Retryer = func() aws.Retryer { // of a connection that breaks, which every SDK repeats; an answer of AWS's is taken as it is
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Retryables = []retry.IsErrorRetryable{retry.RetryableConnectionError{}}
		})
	}
	b := &bed{t: t, cast: who, s: s, hangUp: client.CloseIdleConnections, ecs: ecs.NewFromConfig(cfg), elb: elb.NewFromConfig(cfg), deploy: codedeploy.NewFromConfig(cfg), metrics: cloudwatch.NewFromConfig(cfg)}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.hangUp)
	b.roles(iam.NewFromConfig(cfg))
	b.balancer()
	b.hook(lambda.NewFromConfig(cfg))
	b.service()
	b.group()
	return b
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// roles are the principals: CodeDeploy, the hook and the tasks' execution.
func (b *bed) roles(c *iam.Client) {
	for name, service := range map[string]string{"deploy": "codedeploy", "hook": "lambda", b.cast.execution: "ecs-tasks"} {
		must(c.CreateRole(b.t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: new(fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, service))}))(b.t)
	}
	must(c.AttachRolePolicy(b.t.Context(), &iam.AttachRolePolicyInput{RoleName: new("deploy"), PolicyArn: new("arn:aws:iam::aws:policy/" + b.cast.policy)}))(b.t)
	must(c.PutRolePolicy(b.t.Context(), &iam.PutRolePolicyInput{RoleName: new("hook"), PolicyName: new("judge"), PolicyDocument: new(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codedeploy:GetDeployment","codedeploy:PutLifecycleEventHookExecutionStatus",` +
			`"elasticloadbalancing:DescribeListeners","elasticloadbalancing:DescribeTargetHealth"],"Resource":"*"}]}`)}))(b.t)
}

func (b *bed) balancer() {
	ctx := b.t.Context()
	balancer := must(b.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: new("web"), Subnets: []string{"subnet-a", "subnet-b"}}))(b.t).LoadBalancers[0].LoadBalancerArn
	for _, name := range []string{"web-1", "web-2"} {
		b.groups = append(b.groups, *must(b.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: &name, Port: new(int32(80)), VpcId: new("vpc-1"),
			Protocol: elbtypes.ProtocolEnumHttp, TargetType: elbtypes.TargetTypeEnumIp, HealthCheckIntervalSeconds: new(int32(10))}))(b.t).TargetGroups[0].TargetGroupArn)
	}
	for port, arn := range map[int32]*string{80: &b.production, 8080: &b.test} {
		*arn = *must(b.elb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: &port, Protocol: elbtypes.ProtocolEnumHttp,
			DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &b.groups[0]}}}))(b.t).Listeners[0].ListenerArn
	}
}

func (b *bed) hook(c *lambda.Client) {
	must(c.CreateFunction(b.t.Context(), &lambda.CreateFunctionInput{FunctionName: &b.cast.hook, Role: new(roles + "hook"), Handler: new("bootstrap"),
		Runtime: lambdatypes.RuntimeProvidedal2023, Timeout: new(int32(30)), MemorySize: new(int32(128)), Architectures: []lambdatypes.Architecture{map[string]lambdatypes.Architecture{
			"amd64": lambdatypes.ArchitectureX8664, "arm64": lambdatypes.ArchitectureArm64}[runtime.GOARCH]},
		Code:        &lambdatypes.FunctionCode{S3Bucket: new("assets"), S3Key: new("judge")},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"TEST_LISTENER": b.test}}}))(b.t)
}

func (b *bed) service() {
	ctx := b.t.Context()
	must(b.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: new("main")}))(b.t)
	must(b.ecs.CreateService(ctx, &ecs.CreateServiceInput{Cluster: new("main"), ServiceName: new("web"), TaskDefinition: new(b.revision()),
		DesiredCount: new(int32(tasks)), LaunchType: ecstypes.LaunchTypeFargate,
		DeploymentController: &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy},
		LoadBalancers:        []ecstypes.LoadBalancer{{TargetGroupArn: &b.groups[0], ContainerName: new("web"), ContainerPort: new(int32(80))}},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{"subnet-a"}, SecurityGroups: []string{"sg-1"}}}}))(b.t)
	b.until("the service is healthy", func(ctx context.Context) (bool, error) {
		n, err := healthy(ctx, b.elb, b.groups[0])
		return n == tasks, err
	})
	b.live = b.version
}

// revision registers the next version of the site.
func (b *bed) revision() string {
	b.version++
	return *must(b.ecs.RegisterTaskDefinition(b.t.Context(), &ecs.RegisterTaskDefinitionInput{Family: new("web"), Cpu: new("256"), Memory: new("512"),
		NetworkMode: ecstypes.NetworkModeAwsvpc, RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ExecutionRoleArn: new(roles + b.cast.execution), RuntimePlatform: &ecstypes.RuntimePlatform{CpuArchitecture: map[string]ecstypes.CPUArchitecture{
			"amd64": ecstypes.CPUArchitectureX8664, "arm64": ecstypes.CPUArchitectureArm64}[runtime.GOARCH]},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: new("web"), Image: new(siteImage), Essential: new(true),
			Environment:  []ecstypes.KeyValuePair{{Name: new("VERSION"), Value: new(fmt.Sprint(b.version))}},
			PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(80))}}}}}))(b.t).TaskDefinition.TaskDefinitionArn
}

func (b *bed) group() {
	ctx := b.t.Context()
	must(b.metrics.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{AlarmName: new("errors"), Namespace: new("test"), MetricName: new("errors"),
		Statistic: cwtypes.StatisticSum, Period: new(int32(86_400)), EvaluationPeriods: new(int32(1)), Threshold: new(1.0),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, TreatMissingData: new("ignore")}))(b.t)
	b.alarm(cwtypes.StateValueOk)
	must(b.deploy.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: new("web"), ComputePlatform: types.ComputePlatformEcs}))(b.t)
	must(b.deploy.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{ApplicationName: new("web"), DeploymentGroupName: new("web"),
		ServiceRoleArn: new(roles + "deploy"), EcsServices: []types.ECSService{{ClusterName: new("main"), ServiceName: new("web")}},
		DeploymentStyle:    &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl},
		AlarmConfiguration: &types.AlarmConfiguration{Enabled: true, Alarms: []types.Alarm{{Name: new("errors")}}},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{
			types.AutoRollbackEventDeploymentFailure, types.AutoRollbackEventDeploymentStopOnAlarm, types.AutoRollbackEventDeploymentStopOnRequest}},
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption: &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment},
			TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{
				Action: types.InstanceActionTerminate, TerminationWaitTimeInMinutes: 10}},
		LoadBalancerInfo: &types.LoadBalancerInfo{TargetGroupPairInfoList: []types.TargetGroupPairInfo{{
			TargetGroups:     []types.TargetGroupInfo{{Name: new("web-1")}, {Name: new("web-2")}},
			ProdTrafficRoute: &types.TrafficRoute{ListenerArns: []string{b.production}}, TestTrafficRoute: &types.TrafficRoute{ListenerArns: []string{b.test}}}}}}))(b.t)
}

func (b *bed) alarm(state cwtypes.StateValue) {
	b.t.Helper()
	must(b.metrics.SetAlarmState(b.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: new("errors"), StateValue: state, StateReason: new("told")}))(b.t)
}

// start creates a deployment of the next version.
func (b *bed) start(wish, config string) (id, revision string, err error) {
	revision = b.revision()
	content, err := json.Marshal(map[string]any{"version": 0.0,
		"Resources": []any{map[string]any{"TargetService": map[string]any{"Type": "AWS::ECS::Service", "Properties": map[string]any{
			"TaskDefinition": revision, "LoadBalancerInfo": map[string]any{"ContainerName": "web", "ContainerPort": 80}}}}},
		"Hooks": []any{map[string]string{"AfterAllowTestTraffic": b.cast.hook}}})
	if err != nil {
		return "", "", err
	}
	out, err := b.deploy.CreateDeployment(b.t.Context(), &codedeploy.CreateDeploymentInput{ApplicationName: new("web"), DeploymentGroupName: new("web"),
		Description: &wish, DeploymentConfigName: new("CodeDeployDefault.ECS" + config),
		Revision: &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, AppSpecContent: &types.AppSpecContent{Content: new(string(content))}}})
	if err != nil {
		return "", "", err
	}
	return *out.DeploymentId, revision, nil
}

func (b *bed) get(ctx context.Context, id string) (*types.DeploymentInfo, error) {
	out, err := b.deploy.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
	if err != nil {
		return nil, err
	}
	return out.DeploymentInfo, nil
}

func over(d *types.DeploymentInfo) bool { return d.CompleteTime != nil }

// during returns when a lifecycle event is in progress, or the deployment is over.
func (b *bed) during(id, event string) {
	b.t.Helper()
	b.until(event+" of "+id, func(ctx context.Context) (bool, error) {
		d, err := b.get(ctx, id)
		if err != nil || over(d) {
			return true, err
		}
		if event == "termination-wait" {
			return d.InstanceTerminationWaitTimeStarted, nil
		}
		targets, err := b.deploy.BatchGetDeploymentTargets(ctx, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &id, TargetIds: []string{"main:web"}})
		var early *types.DeploymentNotStartedException
		if err != nil {
			return false, unless(err, &early)
		}
		return slices.ContainsFunc(targets.DeploymentTargets[0].EcsTarget.LifecycleEvents, func(e types.LifecycleEvent) bool {
			return *e.LifecycleEventName == event && e.Status == types.LifecycleEventStatusInProgress
		}), nil
	})
}

// unless is err, or nil when it is of that kind.
func unless[E error](err error, kind *E) error {
	if errors.As(err, kind) {
		return nil
	}
	return err
}

// end returns the deployment when it is over and nothing is under way any more. Its rollback, if one is to follow,
// is created a moment after its end, as in AWS.
func (b *bed) end(id string, rollback bool) (d *types.DeploymentInfo) {
	b.t.Helper()
	b.until("the end of "+id, func(ctx context.Context) (bool, error) {
		var err error
		if d, err = b.get(ctx, id); err != nil || !over(d) || rollback && d.RollbackInfo == nil {
			return false, err
		}
		active, err := b.active(ctx)
		return len(active) == 0, err
	})
	return d
}

// active deployments of the group.
func (b *bed) active(ctx context.Context) ([]string, error) {
	out, err := b.deploy.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: new("web"), DeploymentGroupName: new("web"),
		IncludeOnlyStatuses: []types.DeploymentStatus{"Created", "Queued", "InProgress", "Baking", "Ready"}})
	if err != nil {
		return nil, err
	}
	return out.Deployments, nil
}

func (b *bed) sets(ctx context.Context) ([]ecstypes.TaskSet, error) {
	out, err := b.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: new("main"), Services: []string{"web"}})
	if err != nil {
		return nil, err
	}
	return out.Services[0].TaskSets, nil
}

// until looks at each change until something is so.
func (b *bed) until(hope string, so func(context.Context) (bool, error)) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), limit)
	defer cancel()
	for {
		changed := b.s.Changed()
		ok, err := so(ctx)
		if err != nil && ctx.Err() == nil {
			b.t.Fatalf("%s: %v", hope, err)
		}
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			b.t.Fatalf("after %s it was still not so: %s\n%s", limit, hope, b.state())
		}
	}
}

// state is what an engineer wants to see of a sandbox that came to no good end.
func (b *bed) state() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.t.Context()), 5*time.Second)
	defer cancel()
	text := ""
	sets, _ := b.sets(ctx)
	for _, s := range sets {
		text += fmt.Sprintf("task set %s %s %s: %d running, %d pending of %d, in %s\n", *s.Id, *s.Status, s.StabilityStatus,
			s.RunningCount, s.PendingCount, s.ComputedDesiredCount, aws.ToString(s.LoadBalancers[0].TargetGroupArn))
	}
	for name, l := range map[string]string{"production": b.production, "test": b.test} {
		w, err := weights(ctx, b.elb, l)
		text += fmt.Sprintln(name, w, err)
	}
	for _, w := range b.s.Clock().Waits() {
		text += fmt.Sprintln("waits:", w.Name, time.Until(w.Until).Round(time.Millisecond))
	}
	trail := b.s.Trail()
	for _, e := range trail[max(0, len(trail)-40):] {
		text += fmt.Sprintln(e.Time.Format("05.000"), e.Caller.ARN, e.Service, e.Action, e.Error, e.Fault)
	}
	return text
}
