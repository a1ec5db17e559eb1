package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/metric"
)

// Ignored is the verdict on an event that the loop has nothing to do with.
const Ignored Verdict = "Ignored"

// Outcome is what came of one event. It is the function's answer and is logged.
type Outcome struct {
	Service    string    `json:"service"`
	Event      string    `json:"event"`
	Decision   Verdict   `json:"decision"`
	Reason     string    `json:"reason"`
	Deployment string    `json:"deployment,omitempty"`
	Image      string    `json:"image,omitempty"` // <repository>:<tag>@<digest>, several with spaces between
	Wish       live.Hash `json:"wish,omitempty"`
	// Push is what became of the push that this is the event of, when the wish is another image: superseded by which.
	Push string `json:"push,omitempty"`
	// Until is when a wait ends by itself.
	Until *time.Time `json:"until,omitempty"`
	// Applied is what was changed at the service itself, count or grace period.
	Applied string `json:"applied,omitempty"`
	// Deregistered is which revisions that never went live were taken out of use.
	Deregistered string `json:"deregistered,omitempty"`
	// Scaling is what was held still of the service's autoscaling, or released.
	Scaling string `json:"scaling,omitempty"`
	// Measured are the metrics of this look.
	Measured []metric.Value `json:"-"`
}

// Loop releases one service. Use New.
type Loop struct {
	deployed config.Deployed
	names    config.Names
	aws      AWS
	log      *slog.Logger
	despite  bool           // alarms are not asked, neither by the loop nor by the deployment that it starts
	asIf     []ecstypes.Tag // orders that the service is taken to have beside its own
	unasked  *[]string      // where a plan's caller is told what it may not ask; nil in a look
	now      func() time.Time
	// sideBySide runs the reads of one round.
	sideBySide func(context.Context, ...func(context.Context) error) error
}

// New returns the loop for one service.
func New(d config.Deployed, clients AWS, log *slog.Logger) *Loop {
	return &Loop{deployed: d, names: d.Names(), aws: clients, log: log, now: time.Now, sideBySide: sideBySide}
}

// DespiteAlarms makes the loop ask no alarm, and CodeDeploy none in the deployment that the loop then starts. It is
// for an operator who knows better, with the operator's own credentials.
func (l *Loop) DespiteAlarms() *Loop {
	l.despite = true
	return l
}

// At gives the loop another clock than the machine's.
func (l *Loop) At(now func() time.Time) *Loop {
	l.now = now
	return l
}

// Handle takes one event to its outcome. Its error is for Lambda to bring the same event again, and only then
// can that help: AWS throttled, failed or did not answer, or has not caught up with the event. Everything else,
// refusals by AWS too, ends as an outcome.
func (l *Loop) Handle(ctx context.Context, event json.RawMessage) (Outcome, error) {
	trigger := ReadTrigger(event, l.deployed)
	outcome := Outcome{Service: l.deployed.Service.Name, Event: trigger.Event}
	if trigger.Ignored != "" {
		outcome.Decision, outcome.Reason = Ignored, trigger.Ignored
	} else if err := l.run(ctx, trigger, &outcome); err != nil {
		return outcome, fmt.Errorf("release %s at %s: %w", outcome.Service, trigger.Event, err)
	}
	l.record(ctx, outcome)
	return outcome, nil
}

// run observes, decides and acts. After an unclear answer to a write it observes once more: what the write did is
// then seen, or CodeDeploy's lock keeps it from being done twice. So it does after reads of different moments.
func (l *Loop) run(ctx context.Context, t Trigger, outcome *Outcome) error {
	err := l.once(ctx, t, outcome)
	if doubt, early := (unclear{}), (torn{}); errors.As(err, &doubt) || errors.As(err, &early) {
		l.log.WarnContext(ctx, "observing again", "service", outcome.Service, "error", err)
		err = l.once(ctx, t, outcome)
	}
	if err != nil && refused(err) {
		outcome.Decision, outcome.Reason, outcome.Measured = Refuse, err.Error(), []metric.Value{metric.One(metric.Refused)}
		return nil
	}
	return err
}

func (l *Loop) once(ctx context.Context, t Trigger, outcome *Outcome) error {
	o, err := l.observe(ctx)
	if err != nil {
		return err
	}
	desired := l.desired(o)
	desired.Retry = t.Retry
	d := Decide(desired, o)
	outcome.tell(d)
	outcome.Push = superseded(t, desired, o)
	if t.Retry != "" && t.Retry != outcome.Wish {
		outcome.Reason += fmt.Sprintf("; the wish %s that was to be tried again is not the one of now", t.Retry)
	}
	if err := early(t, desired, o, d); err != nil {
		return err
	}
	of, gated, err := l.gate(ctx, t, desired, &o, d)
	if err != nil {
		return err
	}
	if gated.Verdict != d.Verdict || gated.Reason != d.Reason {
		desired, d = of, gated
		outcome.tell(d)
		if err := early(t, desired, o, d); err != nil {
			return err
		}
	}
	outcome.Applied = l.apply(ctx, o)
	if err := l.act(ctx, t, o, d, outcome); err != nil {
		return err
	}
	outcome.Measured = append(counted(*outcome, d, l.now()), l.measure(ctx, t, o)...)
	return nil
}

// act does what was decided.
func (l *Loop) act(ctx context.Context, t Trigger, o Observed, d Decision, outcome *Outcome) error {
	if d.Verdict == Deploy {
		return l.deploy(ctx, t, o, d, outcome)
	}
	outcome.Scaling = l.release(ctx, o)
	switch d.Verdict {
	case Finish:
		_, err := l.aws.Deployments.ContinueDeployment(ctx, &codedeploy.ContinueDeploymentInput{
			DeploymentId: &d.Deployment, DeploymentWaitType: cdtypes.DeploymentWaitTypeTerminationWait,
		})
		return overtaken(err, "finish deployment %s: %w", d.Deployment)
	case Stop:
		_, err := l.aws.Deployments.StopDeployment(ctx, &codedeploy.StopDeploymentInput{
			DeploymentId: &d.Deployment, AutoRollbackEnabled: aws.Bool(true),
		})
		return overtaken(err, "stop deployment %s: %w", d.Deployment)
	}
	if t.Scheduled {
		outcome.Deregistered = l.deregister(ctx, o)
	}
	return nil
}

// overtaken takes it for too early when the deployment ended meanwhile: its end is about to be shown.
func overtaken(err error, format, deployment string) error {
	switch {
	case err == nil:
		return nil
	case call.Refused(err, codedeploy.DeploymentAlreadyCompleted, codedeploy.InvalidDeploymentStatus, codedeploy.DeploymentIsNotInReadyState):
		return again("deployment %s has just ended", deployment)
	}
	return fmt.Errorf(format, deployment, err)
}

func (o *Outcome) tell(d Decision) {
	o.Decision, o.Reason, o.Deployment = d.Verdict, d.Reason, d.Deployment
	if len(d.Wish.Images) > 0 {
		images := make([]string, 0, len(d.Wish.Images))
		for _, i := range d.Wish.Images {
			images = append(images, i.String())
		}
		o.Image, o.Wish = strings.Join(images, " "), d.Wish.Hash()
	}
	o.Until = nil
	if !d.Until.IsZero() {
		o.Until = &d.Until
	}
}
