package codedeploy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// meddler does to deployments what people, hooks, alarms and AWS do, at random times.
type meddler struct {
	*world
	rand *rand.Rand
}

func (m *meddler) delay() time.Duration { return time.Duration(m.rand.IntN(90)) * time.Minute }

func (m *meddler) hook() func(string, string) {
	after, outcome := m.delay(), m.rand.IntN(4)
	return func(deployment, execution string) {
		<-time.After(after)
		status := types.LifecycleEventStatusSucceeded
		if outcome == 0 {
			status = types.LifecycleEventStatusFailed
		}
		if outcome < 3 { // else silent
			_, _ = wire.Call[codedeploy.PutLifecycleEventHookExecutionStatusOutput](context.Background(), m.srv,
				&codedeploy.PutLifecycleEventHookExecutionStatusInput{DeploymentId: &deployment, LifecycleEventHookExecutionId: &execution, Status: status})
		}
	}
}

// meddle acts once, some time after the deployment began.
func (m *meddler) meddle(id string) {
	after, what := m.delay(), m.rand.IntN(6)
	go func() {
		<-time.After(after)
		ctx := context.Background()
		switch what {
		case 0:
			_, _ = wire.Call[codedeploy.StopDeploymentOutput](ctx, m.srv, &codedeploy.StopDeploymentInput{DeploymentId: &id})
		case 1:
			m.alarm("5xx", cwtypes.StateValueAlarm)
		case 2:
			_, _ = wire.Call[codedeploy.ContinueDeploymentOutput](ctx, m.srv, &codedeploy.ContinueDeploymentInput{DeploymentId: &id, DeploymentWaitType: types.DeploymentWaitTypeReadyWait})
		case 3:
			_, _ = wire.Call[codedeploy.SkipWaitTimeForInstanceTerminationOutput](ctx, m.srv, &codedeploy.SkipWaitTimeForInstanceTerminationInput{DeploymentId: &id})
		case 4:
			m.mu.Lock()
			m.refuse["CreateTaskSet"] = &smithy.GenericAPIError{Code: "ServerException", Message: "AWS's own", Fault: smithy.FaultServer}
			m.mu.Unlock()
		}
	}()
}

// sound fails the test when an invariant of CodeDeploy does not hold.
func (m *meddler) sound() {
	m.mu.Lock()
	weights := route{actions: m.routes[prod]}.weights()
	m.mu.Unlock()
	if len(weights) == 2 && weights[tg1]+weights[tg2] != 100 {
		m.t.Errorf("production weights %v", weights)
	}
	if n := strings.Count(fmt.Sprint(m.taskSets()), "PRIMARY"); n != 1 {
		m.t.Errorf("%d PRIMARY task sets: %v", n, m.taskSets())
	}
	active := do[codedeploy.ListDeploymentsOutput](m.world, &codedeploy.ListDeploymentsInput{
		IncludeOnlyStatuses: []types.DeploymentStatus{"Created", "Queued", "InProgress", "Ready"}}).Deployments
	if len(active) > 1 {
		m.t.Errorf("active deployments %v", active)
	}
}

// clean says that nothing is left over once a deployment and its rollback have ended.
func (m *meddler) clean(id string) {
	m.t.Helper()
	if got := fmt.Sprint(m.taskSets()); strings.Contains(got, "ACTIVE") {
		m.t.Errorf("after %s (%s): %s", id, m.get(id).Status, got)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, set := range m.sets {
		if of(set.Status) == "PRIMARY" {
			if w := (route{actions: m.routes[prod]}).weights(); w[of(set.LoadBalancers[0].TargetGroupArn)] == 0 {
				m.t.Errorf("after %s production is not on the PRIMARY task set: %v", id, w)
			}
		}
	}
}

func TestInvariantsHoldWhateverHappensToDeployments(t *testing.T) {
	configs := []string{allAtOnce, "CodeDeployDefault.ECSCanary10Percent15Minutes", "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"}
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inBubble(t, 1, func(w *world) {
				m := &meddler{w, rand.New(rand.NewPCG(seed, 1))}
				m.alarm("5xx", cwtypes.StateValueOk)
				m.group(func(in *codedeploy.CreateDeploymentGroupInput) {
					withAlarm(in)
					if seed%2 == 0 {
						withReadyWait(in)
					}
					in.DeploymentConfigName = &configs[seed%3]
				})
				for i := range 8 {
					m.functions["a"], m.functions["b"] = m.hook(), m.hook()
					id := m.deploy(spec(fmt.Sprintf("%s%d", td2, i), "AfterAllowTestTraffic=a", "AfterAllowTraffic=b"))
					m.meddle(id)
					m.until(id, func(i *types.DeploymentInfo) bool { m.sound(); return ended(i) })
					if m.get(id).RollbackInfo != nil {
						m.rolledBack(id)
					}
					<-time.After(3 * time.Hour) // whoever meddles is done
					synctest.Wait()
					m.clean(id)
					m.mu.Lock()
					delete(m.refuse, "CreateTaskSet")
					m.mu.Unlock()
					m.alarm("5xx", cwtypes.StateValueOk)
				}
			})
		})
	}
}
