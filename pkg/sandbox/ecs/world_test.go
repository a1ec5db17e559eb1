package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/network"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	blue  = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/blue/0000000000000001"
	green = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/green/0000000000000002"
)

// world is an ECS in a bubble: tasks are HTTP servers over pipes, the load balancer is a book.
type world struct {
	*ecs.Service
	t       *testing.T
	server  *wire.Server
	network network.Network
	runner  *runner
	lb      *balancer

	mu     sync.Mutex
	raised []raised
	logged []string
	denied string            // action that roles may not do
	files  map[string]string // environment files by ARN
	asked  []string          // session, action and resource of what roles were asked
}

type raised struct {
	kind      string
	resources []string
	detail    map[string]any
}

// inWorld runs play in a bubble and closes the world after it.
func inWorld(t *testing.T, play func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, runner: &runner{}}
		w.lb = &balancer{network: &w.network, unused: map[string]bool{}, state: map[string]string{}, delay: 5 * time.Minute}
		w.server = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
		w.Service = ecs.New(ecs.Options{
			Clock: clock.New(1), Account: "111122223333", Region: "us-east-1",
			Images: w, Runner: w.runner, Network: &w.network, Balancer: w.lb,
			Secrets: func(_ context.Context, from string) (string, error) {
				if strings.Contains(from, "gone") {
					return "", errors.New("no such secret")
				}
				return "secret of " + from, nil
			},
			File: func(_ context.Context, role, session, arn string) ([]byte, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.asked = append(w.asked, role+" "+session+" "+arn)
				if text, there := w.files[arn]; there {
					return []byte(text), nil
				}
				return nil, errors.New("AccessDenied: Access Denied")
			},
			Mount: func(_ context.Context, role, session, action, system, point string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.asked = append(w.asked, strings.Join([]string{role, session, action, system, point}, " "))
				if action == w.denied {
					return errors.New("denied")
				}
				return nil
			},
			Allow: func(_ context.Context, role, session, action, resource string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.asked = append(w.asked, role+" "+session+" "+action+" "+resource)
				if action == w.denied {
					return errors.New("denied")
				}
				return nil
			},
			Logs: func(group, stream, line string) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.logged = append(w.logged, group+" "+stream+" "+line)
			},
			Emit: func(source, kind string, resources []string, detail any) {
				w.mu.Lock()
				defer w.mu.Unlock()
				if source != "aws.ecs" {
					t.Errorf("source %s", source)
				}
				w.raised = append(w.raised, raised{kind, resources, detail.(map[string]any)})
			},
		})
		w.Register(w.server)
		call[sdk.CreateClusterOutput](w, &sdk.CreateClusterInput{ClusterName: aws.String("web")})
		play(w)
		w.Close()
		if n := w.runner.alive(); n != 0 {
			t.Errorf("%d tasks outlive Close", n)
		}
		w.lb.wg.Wait()
	})
}

// call must succeed.
func call[Out any](w *world, in any) *Out {
	w.t.Helper()
	out, err := wire.Call[Out](w.t.Context(), w.server, in)
	if err != nil {
		w.t.Fatalf("%T: %v", in, err)
	}
	return out
}

// refused must fail, with the error returned.
func refused[Out any](w *world, in any) error {
	w.t.Helper()
	_, err := wire.Call[Out](w.t.Context(), w.server, in)
	if err == nil {
		w.t.Fatalf("%T was accepted", in)
	}
	return err
}

// Image finds every image but those called missing.
func (w *world) Image(_ context.Context, ref, arch string) (v1.Image, error) {
	if strings.Contains(ref, "missing") {
		return nil, fmt.Errorf("CannotPullContainerError: %s for %s: not found", ref, arch)
	}
	return empty.Image, nil
}

func (w *world) events(kind string) []raised {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []raised
	for _, r := range w.raised {
		if r.kind == kind {
			all = append(all, r)
		}
	}
	return all
}

func webDefinition() *sdk.RegisterTaskDefinitionInput {
	return &sdk.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"),
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ExecutionRoleArn:        aws.String("arn:aws:iam::111122223333:role/execution"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("web"), Image: aws.String("111122223333.dkr.ecr.us-east-1.amazonaws.com/web:v1"),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
		}},
	}
}

func webService(count int32) *sdk.CreateServiceInput {
	return &sdk.CreateServiceInput{
		Cluster: aws.String("web"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"),
		DesiredCount: aws.Int32(count), LaunchType: types.LaunchTypeFargate,
		DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeCodeDeploy},
		LoadBalancers: []types.LoadBalancer{{
			TargetGroupArn: aws.String(blue), ContainerName: aws.String("web"), ContainerPort: aws.Int32(80),
		}},
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"},
		}},
	}
}

func greenSet() *sdk.CreateTaskSetInput {
	return &sdk.CreateTaskSetInput{
		Cluster: aws.String("web"), Service: aws.String("web"), TaskDefinition: aws.String("web"),
		ExternalId: aws.String("d-ABCDEFGHI"), Scale: &types.Scale{Value: 100, Unit: types.ScaleUnitPercent},
		LoadBalancers: []types.LoadBalancer{{
			TargetGroupArn: aws.String(green), ContainerName: aws.String("web"), ContainerPort: aws.Int32(80),
		}},
	}
}

// start registers the definition, creates the service, and lets it settle.
func (w *world) start(count int32) types.Service {
	w.t.Helper()
	call[sdk.RegisterTaskDefinitionOutput](w, webDefinition())
	call[sdk.CreateServiceOutput](w, webService(count))
	synctest.Wait()
	return w.service()
}

func (w *world) service() types.Service {
	w.t.Helper()
	out := call[sdk.DescribeServicesOutput](w, &sdk.DescribeServicesInput{
		Cluster: aws.String("web"), Services: []string{"web"},
		Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if len(out.Services) != 1 {
		w.t.Fatalf("described %d services, failures %v", len(out.Services), out.Failures)
	}
	return out.Services[0]
}

// tasks that are desired to run, or have stopped.
func (w *world) tasks(desired types.DesiredStatus) []types.Task {
	w.t.Helper()
	ids := call[sdk.ListTasksOutput](w, &sdk.ListTasksInput{
		Cluster: aws.String("web"), ServiceName: aws.String("web"), DesiredStatus: desired,
	}).TaskArns
	if len(ids) == 0 {
		return nil
	}
	return call[sdk.DescribeTasksOutput](w, &sdk.DescribeTasksInput{Cluster: aws.String("web"), Tasks: ids}).Tasks
}

// get asks a task through the network.
func (w *world) get(t types.Task) (int, error) {
	client := &http.Client{Transport: &http.Transport{DialContext: w.network.Dial, DisableKeepAlives: true}}
	resp, err := client.Get("http://" + *t.Containers[0].NetworkInterfaces[0].PrivateIpv4Address + ":80/")
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// runner starts fakes. fail and born, when given, decide about each.
type runner struct {
	mu    sync.Mutex
	tasks []*fake
	at    []time.Time
	fail  func(n int) error
	born  func(*fake)
}

func (r *runner) Start(_ context.Context, spec task.Spec) (ecs.Task, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = append(r.at, time.Now())
	if r.fail != nil {
		if err := r.fail(len(r.at)); err != nil {
			return nil, err
		}
	}
	f := &fake{spec: spec, status: 200, done: make(chan struct{}), conns: make(chan net.Conn)}
	f.server = &http.Server{Handler: f}
	go func() { _ = f.server.Serve(f) }()
	r.tasks = append(r.tasks, f)
	if r.born != nil {
		r.born(f)
	}
	return f, nil
}

func (r *runner) all() []*fake {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*fake(nil), r.tasks...)
}

func (r *runner) alive() (n int) {
	for _, f := range r.all() {
		select {
		case <-f.done:
		default:
			n++
		}
	}
	return n
}

// fake is a task that serves HTTP over pipes.
type fake struct {
	spec   task.Spec
	server *http.Server
	status int
	done   chan struct{}
	conns  chan net.Conn
	once   sync.Once
	code   int
	ended  time.Time

	takes    time.Duration // what a health check takes
	mu       sync.Mutex
	health   int      // exit code of health checks
	commands []string // that were run
}

// turns lets health checks end with that code from now on.
func (f *fake) turns(health int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.health = health
}

func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.commands
}

func (f *fake) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(f.status) }

func (f *fake) die(code int) {
	f.once.Do(func() {
		f.code, f.ended = code, time.Now()
		close(f.done)
		_ = f.server.Close()
	})
}

func (f *fake) Dial(ctx context.Context, port int) (net.Conn, error) {
	if port != 80 {
		return nil, errors.New("connection refused")
	}
	near, far := net.Pipe()
	select {
	case f.conns <- far:
		return near, nil
	case <-f.done:
		return nil, errors.New("the task has ended")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Exec answers what the fake is told to, in the time that it is told to take.
func (f *fake) Exec(ctx context.Context, container string, command []string) (int, error) {
	f.mu.Lock()
	f.commands = append(f.commands, container+": "+strings.Join(command, " "))
	f.mu.Unlock()
	select {
	case <-time.After(f.takes):
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.health, nil
	case <-f.done:
		return 0, errors.New("the task has ended")
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (f *fake) Done() <-chan struct{} { return f.done }

func (f *fake) Exits() []task.Exit {
	var all []task.Exit
	for _, c := range f.spec.Containers {
		all = append(all, task.Exit{Container: c.Name, Code: f.code})
	}
	return all
}

func (f *fake) Stop(context.Context) { f.die(143) }

// Accept, Close and Addr make the fake its own server's listener.
func (f *fake) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}
func (f *fake) Close() error   { return nil }
func (f *fake) Addr() net.Addr { return &net.IPAddr{} }

// balancer asks each target once, when it is registered. unused target groups have no listener.
type balancer struct {
	network *network.Network
	delay   time.Duration
	changed signal.Signal
	wg      sync.WaitGroup

	mu     sync.Mutex
	unused map[string]bool
	state  map[string]string // of group and address
	book   []string
	broken error
}

func (b *balancer) RegisterTarget(group, ip string, port int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return b.broken
	}
	address := fmt.Sprintf("%s:%d", ip, port)
	b.state[group+address] = "initial"
	b.book = append(b.book, "register "+address)
	b.wg.Go(func() {
		client := &http.Client{Transport: &http.Transport{DialContext: b.network.Dial, DisableKeepAlives: true}}
		state := "unhealthy"
		if resp, err := client.Get("http://" + address + "/"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				state = "healthy"
			}
		}
		b.set(group, ip, state)
	})
	return nil
}

func (b *balancer) set(group, ip, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state[group+ip+":80"] = state
	b.changed.Raise()
}

func (b *balancer) DeregisterTarget(group, ip string, port int) (<-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	address := fmt.Sprintf("%s:%d", ip, port)
	delete(b.state, group+address)
	b.book = append(b.book, "deregister "+address)
	b.changed.Raise()
	drained := make(chan struct{})
	time.AfterFunc(b.delay, func() { close(drained) })
	return drained, nil
}

func (b *balancer) TargetHealth(group, ip string, port int) (state, reason, description string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unused[group] {
		return "unused", "Target.NotInUse", ""
	}
	switch state := b.state[fmt.Sprintf("%s%s:%d", group, ip, port)]; state {
	case "":
		return "unused", "Target.NotRegistered", ""
	case "unhealthy":
		return state, "Target.FailedHealthChecks", "Health checks failed"
	default:
		return state, "", ""
	}
}

func (b *balancer) Changed() <-chan struct{} { return b.changed.Changed() }
