package verify

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// metered is a world in which each call of AWS is counted and takes a second.
type metered struct {
	*world
	mu    sync.Mutex
	calls []string
}

func (m *metered) call(name string) {
	m.mu.Lock()
	m.calls = append(m.calls, name)
	m.mu.Unlock()
	time.Sleep(time.Second)
}

func (m *metered) GetDeployment(ctx context.Context, in *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	m.call("GetDeployment")
	return m.world.GetDeployment(ctx, in)
}

func (m *metered) GetDeploymentTarget(ctx context.Context, in *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	m.call("GetDeploymentTarget")
	return m.world.GetDeploymentTarget(ctx, in)
}

func (m *metered) GetDeploymentGroup(ctx context.Context, in *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	m.call("GetDeploymentGroup")
	return m.world.GetDeploymentGroup(ctx, in)
}

func (m *metered) PutLifecycleEventHookExecutionStatus(ctx context.Context, in *codedeploy.PutLifecycleEventHookExecutionStatusInput) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	m.call("PutLifecycleEventHookExecutionStatus")
	return m.world.PutLifecycleEventHookExecutionStatus(ctx, in)
}

func (m *metered) DescribeServices(ctx context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	m.call("DescribeServices")
	return m.world.DescribeServices(ctx, in)
}

func (m *metered) DescribeTaskDefinition(ctx context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	m.call("DescribeTaskDefinition")
	return m.world.DescribeTaskDefinition(ctx, in)
}

func (m *metered) ListTasks(ctx context.Context, in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	m.call("ListTasks")
	return m.world.ListTasks(ctx, in)
}

func (m *metered) DescribeTasks(ctx context.Context, in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	m.call("DescribeTasks")
	return m.world.DescribeTasks(ctx, in)
}

func (m *metered) DescribeLoadBalancers(ctx context.Context, in *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error) {
	m.call("DescribeLoadBalancers")
	return m.world.DescribeLoadBalancers(ctx, in)
}

func (m *metered) DescribeListeners(ctx context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	m.call("DescribeListeners")
	return m.world.DescribeListeners(ctx, in)
}

func (m *metered) DescribeTargetHealth(ctx context.Context, in *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error) {
	m.call("DescribeTargetHealth")
	return m.world.DescribeTargetHealth(ctx, in)
}

// What a verification may cost in AWS's own calls, beside the requests of its suite: more is a decision, not an accident.
const (
	mostCalls  = 13
	mostRounds = 13 // one after another, from the hook's call to its answer
)

func TestAVerificationCostsNoMoreCallsThanItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &metered{world: newWorld()}
		c, err := config.Parse([]byte(`{"services": [{"name": "sample-website", "verify": `+proving+`}]}`), policy.Range)
		if err != nil {
			t.Fatal(err)
		}
		gate := New(config.Deployed{Service: c.Services[0], Cluster: "cutover"},
			Clients{Deployments: m, Tasks: m, Balancers: m, Reporter: m, HTTP: &http.Client{Transport: m}}, slog.New(slog.DiscardHandler))
		begun := time.Now()
		v, err := gate.Handle(t.Context(), []byte(hookCall))
		if err != nil || v.Outcome != Succeeded {
			t.Fatal(v.Outcome, v.Reason, err)
		}
		rounds := int(time.Since(begun) / time.Second)
		t.Logf("%d calls in %d rounds: %v", len(m.calls), rounds, m.calls)
		if len(m.calls) > mostCalls || rounds > mostRounds {
			t.Errorf("more than %d calls in %d rounds", mostCalls, mostRounds)
		}
	})
}
