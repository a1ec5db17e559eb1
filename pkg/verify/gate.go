package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/metric"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// Clients are what the gate reads and whom it tells.
type Clients struct {
	Deployments interface {
		live.DeploymentReader
		live.GroupReader
	}
	Tasks     live.TaskReader
	Balancers live.BalancerReader
	Reporter  Reporter
	HTTP      *http.Client
	// Reports keeps the report; nil keeps none.
	Reports Keeper
}

// Keeper keeps a verdict's report where people find it.
type Keeper interface {
	// Link leads to the report of a verdict, kept already or not.
	Link(Verdict) string
	Keep(context.Context, Verdict) error
}

// Permissions are the interfaces whose methods the verify function may call: its IAM policy.
func Permissions() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[live.DeploymentReader](), reflect.TypeFor[live.GroupReader](), reflect.TypeFor[live.TaskReader](),
		reflect.TypeFor[live.BalancerReader](), reflect.TypeFor[Reporter](),
	}
}

// Gate judges one service's deployments.
type Gate struct {
	deployed config.Deployed
	stage    appspec.Event
	clients  Clients
	log      *slog.Logger
	refusal  error
}

// New returns the gate of a service at one of its stages, AfterAllowTestTraffic when none is told.
func New(deployed config.Deployed, clients Clients, log *slog.Logger) *Gate {
	return &Gate{deployed: deployed, stage: cmp.Or(deployed.Stage, appspec.AfterAllowTestTraffic), clients: clients, log: log}
}

// Refuse makes the gate answer Failed with this reason, unjudged: a function that cannot read its own description
// still owes CodeDeploy an answer.
func (g *Gate) Refuse(reason error) { g.refusal = reason }

// margin is kept of the invocation's time for the answer, which AWS may have to be told more than once.
const margin = 30 * time.Second

// unbounded is the time of an invocation whose context has no deadline.
const unbounded = 15 * time.Minute

// Handle judges and answers one hook's call. A green that fails is a verdict and no error, and so is a payload
// that is no hook's call: Skipped. Its only error is ErrNotReported, when a repetition could still tell CodeDeploy.
func (g *Gate) Handle(ctx context.Context, payload []byte) (Verdict, error) {
	event, err := ParseEvent(payload)
	if err != nil {
		g.log.WarnContext(ctx, "ignored", "reason", err.Error())
		return Verdict{Outcome: Skipped, Reason: err.Error()}, nil
	}
	start := time.Now()
	end, ok := ctx.Deadline()
	if !ok {
		end = start.Add(unbounded)
	}
	// An answer is owed also when the caller's context was cancelled, hence the one of its own.
	answering, cancel := context.WithDeadline(context.WithoutCancel(ctx), end.Add(-time.Until(end)/20))
	defer cancel()

	v := g.judged(ctx, event, end)
	v.Service, v.Deployment, v.Stage = g.deployed.Service.Name, event.DeploymentID, string(g.stage)
	v.At, v.Seconds = start, time.Since(start).Seconds()
	if v.Outcome != Skipped {
		err = report(answering, g.clients.Reporter, event, v.Outcome)
	}
	if err == nil {
		g.keep(answering, &v)
	}
	g.record(ctx, v)
	return v, err
}

// record logs the verdict with its metrics.
func (g *Gate) record(ctx context.Context, v Verdict) {
	attributes := []slog.Attr{slog.String(metric.Dimension, v.Service), slog.String("deployment", v.Deployment), slog.String("wish", string(v.Wish)), slog.Any("verdict", v.Brief())}
	g.log.LogAttrs(ctx, slog.LevelInfo, "verdict", append(attributes, metric.Attributes(v.At, v.measured()...)...)...)
}

// measured are the verdict's metrics; what nobody waited for is none.
func (v Verdict) measured() []metric.Value {
	judged := map[Outcome]metric.Name{Succeeded: metric.VerdictPassed, Failed: metric.VerdictFailed}[v.Outcome]
	if judged == "" || v.Outcome == Succeeded && len(v.Checks) == 0 {
		return nil // a rollback is not judged
	}
	values := []metric.Value{metric.One(judged), {Name: metric.CheckedFor, Value: v.Seconds}}
	if v.Comparison != nil && v.Comparison.Outcome == compare.Inconclusive {
		values = append(values, metric.One(metric.ComparedUnclear))
	}
	return values
}

// keepTime is the most that keeping a report may take. CodeDeploy has its answer by then.
const keepTime = 15 * time.Second

// keep keeps the report of what was judged. A report that cannot be kept is told in the log and changes nothing.
func (g *Gate) keep(ctx context.Context, v *Verdict) {
	if g.clients.Reports == nil || v.Outcome != Failed && len(v.Checks) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	v.Report = g.clients.Reports.Link(*v)
	if err := g.clients.Reports.Keep(ctx, *v); err != nil {
		v.Report = ""
		g.log.ErrorContext(ctx, "the report is not kept", "error", err.Error())
	}
}

// judged is the verdict, or Failed when judging panicked or would not end in time.
func (g *Gate) judged(ctx context.Context, event Event, end time.Time) Verdict {
	if event.Died != "" {
		return Verdict{Outcome: Failed, Reason: event.Died + "; its log has the cause"}
	}
	if g.refusal != nil {
		return Verdict{Outcome: Failed, Reason: "the hook cannot judge: " + g.refusal.Error()}
	}
	if len(g.deployed.Suite().Checks) == 0 {
		return Verdict{Outcome: Failed, Reason: fmt.Sprintf("the function was told no suite for %s; deploy the stack again", g.stage)}
	}
	left := time.Until(end)
	ctx, cancel := context.WithTimeout(ctx, min(g.deployed.Suite().Timeout.Std(), left-min(margin, left/4)))
	defer cancel()
	verdicts := make(chan Verdict, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				g.log.ErrorContext(ctx, "panic while judging", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				verdicts <- Verdict{Outcome: Failed, Reason: fmt.Sprintf("the hook panicked: %v; this is a defect of Cutover, its log has the stack", p)}
			}
		}()
		verdicts <- g.judge(ctx, event)
	}()
	select {
	case v := <-verdicts:
		return v
	case <-ctx.Done():
	}
	// Everything that judging does ends with its context; what still does not is left behind for the answer's sake.
	select {
	case v := <-verdicts:
		return v
	case <-time.After(min(2*time.Second, time.Until(end)/4)):
		return Verdict{Outcome: Failed, Reason: "time ran out while green was judged; give the suite less to do or a longer timeout"}
	}
}

// judge is the story of one verification.
func (g *Gate) judge(ctx context.Context, event Event) Verdict {
	v := Verdict{Outcome: Failed, Checks: []CheckResult{}}
	names := g.deployed.Names()
	d, err := live.ReadDeployment(ctx, g.clients.Deployments, event.DeploymentID, names.Cluster, names.Service)
	switch {
	case errors.Is(err, live.ErrNoDeployment):
		v.Outcome, v.Reason = Skipped, err.Error()
		return v
	case err != nil:
		v.Reason = fmt.Sprintf("the deployment could not be read: %v", err)
		return v
	}
	v.Wish, _ = live.ParseDescription(aws.ToString(d.Description))
	switch {
	case d.Rollback():
		v.Outcome, v.Reason = Succeeded, "a rollback returns to what served before; it is not judged again"
		return v
	case !waiting(d, g.stage):
		v.Outcome, v.Reason = Skipped, fmt.Sprintf("nobody waits for an answer: the deployment is %s, %s is %s",
			d.Status, g.stage, d.Event(string(g.stage)))
		return v
	}
	judged, err := g.find(ctx, d, &v)
	if err != nil {
		v.Reason = err.Error()
		return v
	}
	return g.suite(ctx, d, judged, v)
}

// suite settles, runs the checks, compares and looks once more whether it was this side that answered.
func (g *Gate) suite(ctx context.Context, d live.Deployment, judged live.Side, v Verdict) Verdict {
	suite := g.deployed.Suite()
	container := g.deployed.Names().Container
	revision, err := live.ReadRevision(ctx, g.clients.Tasks, aws.ToString(judged.TaskSet.TaskDefinition))
	if err != nil {
		v.Reason = err.Error()
		return v
	}
	if c := revision.Container(container); c != nil {
		v.Image = aws.ToString(c.Image)
	}
	if v.Version, v.Reason = settle(ctx, g.clients.HTTP, judged, suite, revision, container); v.Reason != "" {
		return v
	}
	if v.Reason = examine(ctx, g.clients.HTTP, judged.URL, judged.Color, suite, &v, g.tell(ctx, d)); v.Reason != "" {
		return v
	}
	if suite.Compare != nil {
		v.Comparison = g.compare(ctx, d, judged.URL, v.Version)
	}
	moved, err := judged.Shown(ctx, g.clients.Balancers)
	if err != nil {
		v.Reason = fmt.Sprintf("whether the %s still showed %s could not be read: %v", judged.ListenerName(), judged.Color, err)
		return v
	}
	if moved != "" {
		v.Reason = "the " + judged.ListenerName() + " was changed during the checks: " + moved
		return v
	}
	v.Outcome, v.Reason = Succeeded, held(v, suite, judged.Color)
	if v.Comparison != nil {
		v.take(*v.Comparison)
	}
	return v
}

// waiting reports whether CodeDeploy still waits for this hook. An event that is not listed yet is waited for: the
// hook may be faster than the read.
func waiting(d live.Deployment, stage appspec.Event) bool {
	if d.Ended() {
		return false
	}
	switch d.Event(string(stage)) {
	case types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusFailed, types.LifecycleEventStatusSkipped:
		return false
	}
	return true
}
