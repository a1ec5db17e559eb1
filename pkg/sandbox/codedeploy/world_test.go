package codedeploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	role = "arn:aws:iam::111122223333:role/deploys"
	prod = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/0123456789abcdef/1111111111111111"
	test = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/0123456789abcdef/2222222222222222"
	tg1  = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web-1/1111111111111111"
	tg2  = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web-2/2222222222222222"
	td1  = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1"
	td2  = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:2"
	td3  = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:3"
)

// world is the AWS around CodeDeploy, in memory: one service, one load balancer, functions, alarms.
type world struct {
	t       *testing.T
	srv     *wire.Server
	s       *Service
	changed signal.Signal

	mu        sync.Mutex
	sets      []ecstypes.TaskSet
	routes    map[string][]elbtypes.Action // by listener or rule ARN
	rules     map[string][]string          // of a listener
	protocol  elbtypes.ProtocolEnum
	alarms    map[string]cwtypes.StateValue
	functions map[string]func(deployment, execution string)
	desired   int32             // of the service
	unsteady  bool              // new task sets do not become steady
	refuse    map[string]error  // by action
	on        map[string]func() // called before an action is answered
	shifts    []int32           // green's weights as written to production, in tg2's share
	events    []string          // "state deployment"
	details   []notice
	created   []*ecs.CreateTaskSetInput
	callers   map[string]bool
	invoked   []string
}

func newWorld(t *testing.T, factor float64) *world {
	w := &world{
		t:         t,
		routes:    map[string][]elbtypes.Action{prod: forward(tg1), test: forward(tg1)},
		rules:     map[string][]string{},
		protocol:  elbtypes.ProtocolEnumHttp,
		alarms:    map[string]cwtypes.StateValue{},
		functions: map[string]func(string, string){},
		refuse:    map[string]error{},
		on:        map[string]func(){},
		callers:   map[string]bool{},
	}
	w.srv = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1",
		Before: func(ctx context.Context, service, action string, _ any) (string, error) {
			if service == "codedeploy" {
				return "", nil
			}
			w.mu.Lock()
			w.callers[wire.CallerOf(ctx).Role] = true
			err, f := w.refuse[action], w.on[action]
			w.mu.Unlock()
			if f != nil {
				f()
			}
			return "", err
		}})
	w.sets = []ecstypes.TaskSet{w.set("ecs-svc/1", "PRIMARY", td1, tg1)}
	wire.On(w.srv, "ecs", w.describeServices)
	wire.On(w.srv, "ecs", w.createTaskSet)
	wire.On(w.srv, "ecs", w.deleteTaskSet)
	wire.On(w.srv, "ecs", w.updatePrimary)
	wire.On(w.srv, "elasticloadbalancing", w.describeTargetGroups)
	wire.On(w.srv, "elasticloadbalancing", w.describeListeners)
	wire.On(w.srv, "elasticloadbalancing", w.describeRules)
	wire.On(w.srv, "elasticloadbalancing", w.modifyListener)
	wire.On(w.srv, "elasticloadbalancing", w.modifyRule)
	wire.On(w.srv, "lambda", w.invoke)
	wire.On(w.srv, "monitoring", w.describeAlarms)
	w.s = New(Options{Clock: clock.New(factor), Server: w.srv, Changed: w.changed.Changed, Emit: w.emit})
	w.s.Register(w.srv)
	t.Cleanup(w.s.Close)
	return w
}

func (w *world) set(id, status, definition, group string) ecstypes.TaskSet {
	return ecstypes.TaskSet{Id: new(id), Status: new(status), TaskDefinition: new(definition), ComputedDesiredCount: 2, RunningCount: 2,
		StabilityStatus: ecstypes.StabilityStatusSteadyState, LaunchType: ecstypes.LaunchTypeFargate, PlatformVersion: new("1.4.0"),
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-a"}}},
		LoadBalancers:        []ecstypes.LoadBalancer{{TargetGroupArn: new(group), ContainerName: new("web"), ContainerPort: new(int32(80))}}}
}

func forward(group string) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: new(group)}}
}

func (w *world) describeServices(_ context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *in.Cluster != "main" || in.Services[0] != "web" {
		return &ecs.DescribeServicesOutput{}, nil
	}
	return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{{ServiceName: new("web"), Status: new("ACTIVE"), DesiredCount: w.desired, TaskSets: slices.Clone(w.sets),
		DeploymentController: &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy}}}}, nil
}

func (w *world) createTaskSet(_ context.Context, in *ecs.CreateTaskSetInput) (*ecs.CreateTaskSetOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.created = append(w.created, in)
	if strings.HasSuffix(*in.TaskDefinition, ":latest") {
		return nil, &ecstypes.InvalidParameterException{Message: new("Invalid revision number. Number: latest")}
	}
	set := w.set(fmt.Sprintf("ecs-svc/%d", len(w.sets)+1), "ACTIVE", *in.TaskDefinition, *in.LoadBalancers[0].TargetGroupArn)
	if w.unsteady {
		set.StabilityStatus = ecstypes.StabilityStatusStabilizing
	}
	set.ExternalId = in.ExternalId
	w.sets = append(w.sets, set)
	return &ecs.CreateTaskSetOutput{TaskSet: &set}, nil
}

func (w *world) deleteTaskSet(_ context.Context, in *ecs.DeleteTaskSetInput) (*ecs.DeleteTaskSetOutput, error) {
	return &ecs.DeleteTaskSetOutput{}, w.mark(*in.TaskSet, "DRAINING")
}

func (w *world) updatePrimary(_ context.Context, in *ecs.UpdateServicePrimaryTaskSetInput) (*ecs.UpdateServicePrimaryTaskSetOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.sets, func(s ecstypes.TaskSet) bool { return *s.Id == *in.PrimaryTaskSet })
	if i < 0 {
		return nil, &ecstypes.TaskSetNotFoundException{Message: new("The specified task set was not found.")}
	}
	for j := range w.sets {
		if *w.sets[j].Status == "PRIMARY" {
			w.sets[j].Status = new("ACTIVE")
		}
	}
	w.sets[i].Status = new("PRIMARY")
	return &ecs.UpdateServicePrimaryTaskSetOutput{}, nil
}

func (w *world) mark(id, status string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.sets {
		if *w.sets[i].Id == id {
			w.sets[i].Status = new(status)
			return nil
		}
	}
	return &ecstypes.TaskSetNotFoundException{Message: new("The specified task set was not found.")}
}

// settle makes every task set steady.
func (w *world) settle() {
	w.mu.Lock()
	for i := range w.sets {
		w.sets[i].StabilityStatus = ecstypes.StabilityStatusSteadyState
	}
	w.mu.Unlock()
	w.changed.Raise()
}

func (w *world) describeTargetGroups(_ context.Context, in *elb.DescribeTargetGroupsInput) (*elb.DescribeTargetGroupsOutput, error) {
	out := &elb.DescribeTargetGroupsOutput{}
	for _, name := range in.Names {
		arn, ok := map[string]string{"web-1": tg1, "web-2": tg2}[name]
		if !ok {
			return nil, &elbtypes.TargetGroupNotFoundException{Message: new("One or more target groups not found")}
		}
		out.TargetGroups = append(out.TargetGroups, elbtypes.TargetGroup{TargetGroupName: new(name), TargetGroupArn: new(arn)})
	}
	return out, nil
}

func (w *world) describeListeners(_ context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := &elb.DescribeListenersOutput{}
	for _, arn := range in.ListenerArns {
		if w.routes[arn] == nil {
			return nil, &elbtypes.ListenerNotFoundException{Message: new("One or more listeners not found")}
		}
		out.Listeners = append(out.Listeners, elbtypes.Listener{ListenerArn: new(arn), Protocol: w.protocol,
			LoadBalancerArn: new("web"), DefaultActions: w.routes[arn]})
	}
	return out, nil
}

func (w *world) describeRules(_ context.Context, in *elb.DescribeRulesInput) (*elb.DescribeRulesOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := &elb.DescribeRulesOutput{Rules: []elbtypes.Rule{{IsDefault: new(true), Actions: w.routes[*in.ListenerArn]}}}
	for _, r := range w.rules[*in.ListenerArn] {
		out.Rules = append(out.Rules, elbtypes.Rule{IsDefault: new(false), RuleArn: new(r), Actions: w.routes[r]})
	}
	return out, nil
}

func (w *world) modifyListener(_ context.Context, in *elb.ModifyListenerInput) (*elb.ModifyListenerOutput, error) {
	w.write(*in.ListenerArn, in.DefaultActions)
	return &elb.ModifyListenerOutput{}, nil
}

func (w *world) modifyRule(_ context.Context, in *elb.ModifyRuleInput) (*elb.ModifyRuleOutput, error) {
	w.write(*in.RuleArn, in.Actions)
	return &elb.ModifyRuleOutput{}, nil
}

func (w *world) write(arn string, actions []elbtypes.Action) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.routes[arn] = actions
	if arn == prod {
		w.shifts = append(w.shifts, route{actions: actions}.weights()[tg2])
	}
}

// weights of a listener or rule, as tg1/tg2; -1 where a group is absent.
func (w *world) weights(arn string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := route{actions: w.routes[arn]}.weights()
	show := func(g string) int32 {
		if n, ok := all[g]; ok {
			return n
		}
		return -1
	}
	return fmt.Sprintf("%d/%d", show(tg1), show(tg2))
}

func (w *world) invoke(_ context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.invoked = append(w.invoked, *in.FunctionName)
	f, ok := w.functions[*in.FunctionName]
	if !ok {
		return nil, &lambdatypes.ResourceNotFoundException{Message: new("Function not found: " + *in.FunctionName)}
	}
	if in.InvocationType != lambdatypes.InvocationTypeEvent {
		w.t.Errorf("hook invoked as %s, want Event", in.InvocationType)
	}
	var event map[string]string
	if err := json.Unmarshal(in.Payload, &event); err != nil || len(event) != 2 {
		w.t.Errorf("hook payload %s: %v", in.Payload, err)
	}
	go f(event["DeploymentId"], event["LifecycleEventHookExecutionId"])
	return &lambda.InvokeOutput{StatusCode: 202}, nil
}

func (w *world) describeAlarms(_ context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := &cloudwatch.DescribeAlarmsOutput{}
	for _, name := range in.AlarmNames {
		if state, ok := w.alarms[name]; ok {
			out.MetricAlarms = append(out.MetricAlarms, cwtypes.MetricAlarm{AlarmName: new(name), StateValue: state})
		}
	}
	return out, nil
}

func (w *world) alarm(name string, state cwtypes.StateValue) {
	w.mu.Lock()
	w.alarms[name] = state
	w.mu.Unlock()
	w.changed.Raise()
}

func (w *world) emit(source, detailType string, resources []string, detail any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := detail.(notice)
	w.details = append(w.details, d)
	w.events = append(w.events, d.State+" "+d.DeploymentID)
	want := []string{"arn:aws:codedeploy:us-east-1:111122223333:application:web", "arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:web/web"}
	if source != "aws.codedeploy" || detailType != "CodeDeploy Deployment State-change Notification" || !slices.Equal(resources, want) {
		w.t.Errorf("event from %s, %s, %v", source, detailType, resources)
	}
}

// do makes a call and fails the test when it does.
func do[Out any](w *world, in any) *Out {
	w.t.Helper()
	out, err := wire.Call[Out](context.Background(), w.srv, in)
	if err != nil {
		w.t.Fatalf("%T: %v", in, err)
	}
	return out
}

// code makes a call and answers its error's code and message.
func code[Out any](w *world, in any) (string, string) {
	w.t.Helper()
	_, err := wire.Call[Out](context.Background(), w.srv, in)
	if err == nil {
		return "", ""
	}
	api, ok := err.(smithy.APIError)
	if !ok {
		w.t.Fatalf("%T: %v is not an API error", in, err)
	}
	return api.ErrorCode(), api.ErrorMessage()
}

// groupInput is a deployment group with both listeners, an hour's termination wait and all rollbacks.
func groupInput() *codedeploy.CreateDeploymentGroupInput {
	return &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: new("web"), DeploymentGroupName: new("web"), ServiceRoleArn: new(role),
		DeploymentConfigName: new(allAtOnce),
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{
			types.AutoRollbackEventDeploymentFailure, types.AutoRollbackEventDeploymentStopOnAlarm, types.AutoRollbackEventDeploymentStopOnRequest}},
		DeploymentStyle: &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl},
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption: &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment},
			TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{
				Action: types.InstanceActionTerminate, TerminationWaitTimeInMinutes: 60}},
		LoadBalancerInfo: &types.LoadBalancerInfo{TargetGroupPairInfoList: []types.TargetGroupPairInfo{{
			TargetGroups:     []types.TargetGroupInfo{{Name: new("web-1")}, {Name: new("web-2")}},
			ProdTrafficRoute: &types.TrafficRoute{ListenerArns: []string{prod}},
			TestTrafficRoute: &types.TrafficRoute{ListenerArns: []string{test}},
		}}},
		EcsServices: []types.ECSService{{ClusterName: new("main"), ServiceName: new("web")}},
	}
}

// group creates the application and its group, changed by change.
func (w *world) group(change func(*codedeploy.CreateDeploymentGroupInput)) {
	w.t.Helper()
	do[codedeploy.CreateApplicationOutput](w, &codedeploy.CreateApplicationInput{
		ApplicationName: new("web"), ComputePlatform: types.ComputePlatformEcs})
	in := groupInput()
	if change != nil {
		change(in)
	}
	do[codedeploy.CreateDeploymentGroupOutput](w, in)
}

// spec is an AppSpec; hooks are "Event=function".
func spec(definition string, hooks ...string) string {
	var list []map[string]string
	for _, h := range hooks {
		event, function, _ := strings.Cut(h, "=")
		list = append(list, map[string]string{event: function})
	}
	text, _ := json.Marshal(map[string]any{"version": 0.0, "Hooks": list, "Resources": []any{map[string]any{"TargetService": map[string]any{
		"Type": "AWS::ECS::Service", "Properties": map[string]any{"TaskDefinition": definition,
			"LoadBalancerInfo": map[string]any{"ContainerName": "web", "ContainerPort": 80}}}}}})
	return string(text)
}

func inline(content string) *types.RevisionLocation {
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, AppSpecContent: &types.AppSpecContent{Content: &content}}
}

func (w *world) deploy(content string) string {
	w.t.Helper()
	return *do[codedeploy.CreateDeploymentOutput](w, &codedeploy.CreateDeploymentInput{
		ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline(content)}).DeploymentId
}

func (w *world) get(id string) *types.DeploymentInfo {
	w.t.Helper()
	return do[codedeploy.GetDeploymentOutput](w, &codedeploy.GetDeploymentInput{DeploymentId: &id}).DeploymentInfo
}

func (w *world) target(id string) *types.ECSTarget {
	w.t.Helper()
	return do[codedeploy.GetDeploymentTargetOutput](w, &codedeploy.GetDeploymentTargetInput{
		DeploymentId: &id, TargetId: new("main:web")}).DeploymentTarget.EcsTarget
}

// until waits, as long as it takes in the bubble, for the deployment to be as wanted.
func (w *world) until(id string, wanted func(*types.DeploymentInfo) bool) *types.DeploymentInfo {
	w.t.Helper()
	for {
		changed := w.s.Changed()
		if info := w.get(id); wanted(info) {
			synctest.Wait()
			return w.get(id)
		}
		<-changed
	}
}

func ended(i *types.DeploymentInfo) bool {
	return slices.Contains([]types.DeploymentStatus{types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped}, i.Status)
}

func lingering(i *types.DeploymentInfo) bool { return i.InstanceTerminationWaitTimeStarted || ended(i) }

func isReady(i *types.DeploymentInfo) bool {
	return i.Status == types.DeploymentStatusReady || ended(i)
}

// end waits for the end of a deployment.
func (w *world) end(id string) *types.DeploymentInfo { w.t.Helper(); return w.until(id, ended) }

// rolledBack waits for the deployment that rolls back id.
func (w *world) rolledBack(id string) *types.DeploymentInfo {
	w.t.Helper()
	info := w.until(id, func(i *types.DeploymentInfo) bool { return i.RollbackInfo != nil })
	return w.end(*info.RollbackInfo.RollbackDeploymentId)
}

// statuses of the lifecycle events, in order, as "Name=Status".
func (w *world) statuses(id string) []string {
	w.t.Helper()
	var all []string
	for _, e := range w.target(id).LifecycleEvents {
		all = append(all, *e.LifecycleEventName+"="+string(e.Status))
	}
	return all
}

// taskSets are "id status", in order.
func (w *world) taskSets() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, s := range w.sets {
		all = append(all, *s.Id+" "+*s.Status)
	}
	return all
}

// reporting is a hook that reports status.
func (w *world) reporting(status types.LifecycleEventStatus) func(string, string) {
	return func(deployment, execution string) {
		if _, err := wire.Call[codedeploy.PutLifecycleEventHookExecutionStatusOutput](context.Background(), w.srv,
			&codedeploy.PutLifecycleEventHookExecutionStatusInput{DeploymentId: &deployment, LifecycleEventHookExecutionId: &execution, Status: status}); err != nil {
			w.t.Errorf("report %s: %v", status, err)
		}
	}
}

// inBubble runs a test of the world, whose hours pass at once.
func inBubble(t *testing.T, factor float64, f func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newWorld(t, factor)) })
}

// endReally waits for a deployment's end outside a bubble.
func (w *world) endReally(id string) {
	w.t.Helper()
	for {
		changed := w.s.Changed()
		if ended(w.get(id)) {
			return
		}
		select {
		case <-changed:
		case <-w.t.Context().Done():
			w.t.Fatalf("deployment %s does not end", id)
		}
	}
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "x", SecretAccessKey: "x"}, nil
}

func unwrapped[E error](err error) (E, bool) {
	var e E
	ok := errors.As(err, &e)
	return e, ok
}
