package codedeploy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	playedecs "github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	playedelb "github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/network"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// together is the engine with the sandbox's own ECS and load balancer; only the tasks are pretended, by HTTP over
// pipes. The version of a task is its image's tag; one that is called broken answers 500.
func together(t *testing.T, gradual bool, f func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, srv: wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})}
		c, vpc := clock.New(1), &network.Network{}
		var changed signal.Signal
		balancer := playedelb.New(playedelb.Options{Clock: c, Dial: vpc.Dial, Account: "111122223333", Region: "us-east-1",
			Listen: func(string, int) (net.Listener, error) { return &pipes{done: make(chan struct{})}, nil }})
		services := playedecs.New(playedecs.Options{Clock: c, Account: "111122223333", Region: "us-east-1",
			Images: images{}, Runner: tasks{}, Network: vpc, Balancer: balancer})
		w.s = New(Options{Clock: c, Server: w.srv, Changed: changed.Changed})
		for _, s := range []interface{ Register(*wire.Server) }{balancer, services, w.s} {
			s.Register(w.srv)
		}
		var relays sync.WaitGroup
		over := make(chan struct{})
		for _, source := range []func() <-chan struct{}{services.Changed, balancer.Changed} {
			relays.Go(func() {
				for next := source(); ; {
					select {
					case <-next:
						next = source()
						changed.Raise()
					case <-over:
						return
					}
				}
			})
		}
		w.stack(gradual)
		f(w)
		w.s.Close()
		services.Close()
		balancer.Close()
		close(over)
		relays.Wait()
	})
}

// stack creates what a CDK app would: load balancer, service on its first revision, deployment group.
func (w *world) stack(gradual bool) {
	lb := do[elb.CreateLoadBalancerOutput](w, &elb.CreateLoadBalancerInput{Name: new("web")}).LoadBalancers[0].LoadBalancerArn
	var groups []string
	for _, name := range []string{"web-1", "web-2"} {
		groups = append(groups, *do[elb.CreateTargetGroupOutput](w, &elb.CreateTargetGroupInput{Name: &name, Port: new(int32(80)),
			Protocol: elbtypes.ProtocolEnumHttp, TargetType: elbtypes.TargetTypeEnumIp, VpcId: new("vpc-1")}).TargetGroups[0].TargetGroupArn)
	}
	var listeners []string
	for _, port := range []int32{80, 8080} {
		listeners = append(listeners, *do[elb.CreateListenerOutput](w, &elb.CreateListenerInput{LoadBalancerArn: lb, Port: &port,
			Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forward(groups[0])}).Listeners[0].ListenerArn)
	}
	do[ecs.CreateClusterOutput](w, &ecs.CreateClusterInput{ClusterName: new("main")})
	do[ecs.CreateServiceOutput](w, &ecs.CreateServiceInput{Cluster: new("main"), ServiceName: new("web"), TaskDefinition: new(w.define("v1")),
		DesiredCount: new(int32(2)), LaunchType: ecstypes.LaunchTypeFargate,
		DeploymentController: &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy},
		LoadBalancers:        []ecstypes.LoadBalancer{{TargetGroupArn: &groups[0], ContainerName: new("web"), ContainerPort: new(int32(80))}},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{"subnet-a"}, SecurityGroups: []string{"sg-1"}}}})
	w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
		in.LoadBalancerInfo.TargetGroupPairInfoList[0].ProdTrafficRoute.ListenerArns[0] = listeners[0]
		in.LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute.ListenerArns[0] = listeners[1]
		if gradual {
			in.DeploymentConfigName = new("CodeDeployDefault.ECSLinear10PercentEvery1Minutes")
		}
	})
	<-time.After(10 * time.Minute)
}

// define registers a revision of the web task and answers its ARN.
func (w *world) define(version string) string {
	return *do[ecs.RegisterTaskDefinitionOutput](w, &ecs.RegisterTaskDefinitionInput{Family: new("web"), Cpu: new("256"), Memory: new("512"),
		NetworkMode: ecstypes.NetworkModeAwsvpc, RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ExecutionRoleArn: new("arn:aws:iam::111122223333:role/execution"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: new("web"), Image: new("web:" + version),
			Environment:  []ecstypes.KeyValuePair{{Name: new("VERSION"), Value: &version}},
			PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(80))}}}}}).TaskDefinition.TaskDefinitionArn
}

func TestTheEngineWorksWithTheSandboxsOwnECSAndLoadBalancer(t *testing.T) {
	for name, gradual := range map[string]bool{"all at once": false, "linear": true} {
		t.Run(name, func(t *testing.T) {
			together(t, gradual, func(w *world) {
				for _, version := range []string{"v2", "v3"} {
					id := w.deploy(spec(w.define(version)))
					info := w.end(id)
					if info.Status != types.DeploymentStatusSucceeded {
						t.Fatalf("%s: %s %s", version, info.Status, *info.ErrorInformation.Message)
					}
					got := w.target(id)
					same(t, "weights", []float64{got.TaskSetsInfo[0].TrafficWeight, got.TaskSetsInfo[1].TrafficWeight}, []float64{0, 100})
					same(t, "states", *got.TaskSetsInfo[0].Status+" "+*got.TaskSetsInfo[1].Status, "DRAINING PRIMARY")
					same(t, "green's tasks", got.TaskSetsInfo[1].RunningCount, int64(2))
				}
				bad := w.end(w.deploy(spec(strings.TrimSuffix(w.define("v4"), "4") + "44")))
				same(t, "revision that does not exist", bad.ErrorInformation.Code, types.ErrorCodeEcsUpdateError)
			})
		})
	}
}

// AWS documents that with all-at-once, health checks of green begin only once traffic has moved.
func TestABrokenGreenIsSeenInInstallOnlyWhenItsGroupIsOnAListener(t *testing.T) {
	for name, gradual := range map[string]bool{"all at once": false, "linear": true} {
		t.Run(name, func(t *testing.T) {
			together(t, gradual, func(w *world) {
				id := w.deploy(spec(w.define("broken")))
				info := w.end(id)
				if gradual {
					same(t, "linear", []any{info.Status, *info.ErrorInformation.Message}, []any{types.DeploymentStatusFailed, installText})
					same(t, "rollback", w.rolledBack(id).Status, types.DeploymentStatusSucceeded)
					return
				}
				same(t, "all at once", info.Status, types.DeploymentStatusSucceeded)
			})
		})
	}
}

type images struct{}

func (images) Image(context.Context, string, string) (v1.Image, error) { return empty.Image, nil }

type tasks struct{}

func (tasks) Start(_ context.Context, spec task.Spec) (playedecs.Task, error) {
	status := http.StatusOK
	for _, e := range spec.Containers[0].Env {
		if e == "VERSION=broken" {
			status = http.StatusInternalServerError
		}
	}
	p := &pretended{pipes: pipes{conns: make(chan net.Conn), done: make(chan struct{})}, spec: spec}
	p.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "page")
	})}
	go func() { _ = p.server.Serve(p) }()
	return p, nil
}

// pretended is a task.
type pretended struct {
	pipes
	spec   task.Spec
	server *http.Server
}

func (p *pretended) Dial(ctx context.Context, _ int) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, errors.New("the task has ended")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pretended) Exec(context.Context, string, []string) (int, error) { return 0, nil }

func (p *pretended) Done() <-chan struct{} { return p.done }

func (p *pretended) Exits() []task.Exit {
	return []task.Exit{{Container: p.spec.Containers[0].Name, Code: 143}}
}

func (p *pretended) Stop(context.Context) { _ = p.server.Close(); _ = p.Close() }

// pipes is a listener whose connections come from conns.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }
