package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Watcher stops deployments that cannot succeed, of all services. Use New.
type Watcher struct {
	clients Clients
	log     *slog.Logger
	now     func() time.Time
}

// New returns a watcher.
func New(clients Clients, log *slog.Logger) *Watcher {
	return &Watcher{clients: clients, log: log, now: time.Now}
}

// Handle looks into one event. Its only errors are those that a repetition could cure: AWS could not be read, or did
// not take the order to stop.
func (w *Watcher) Handle(ctx context.Context, payload json.RawMessage) (Diagnosis, error) {
	d := Diagnosis{Decision: Ignored, At: w.now()}
	event, ignored := ParseEvent(payload)
	if ignored == "" {
		d.Cluster, d.Service = event.Cluster, event.Service
		var err error
		if ignored, err = w.look(ctx, event, &d); err != nil {
			return d, err
		}
	}
	if ignored != "" {
		d.Reason = ignored
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "watched", d.attributes()...)
	return d, nil
}

// look is the story of one event: find green, count, and when it is enough, find the cause and stop.
func (w *Watcher) look(ctx context.Context, e Event, d *Diagnosis) (ignored string, err error) {
	service, err := w.service(ctx, e)
	if err != nil {
		return "", err
	}
	set, ok := replacement(service)
	if !ok {
		return "the service has no replacement task set of a deployment", nil
	}
	d.Deployment, d.TaskSet, d.Revision = aws.ToString(set.ExternalId), aws.ToString(set.Id), last(aws.ToString(set.TaskDefinition))
	s, err := w.failedStarts(ctx, e, service, set)
	if err != nil {
		return "", err
	}
	d.FailedStarts, d.Allowed = s.count(), allowed(e.FailedStarts, set)
	if d.FailedStarts == 0 {
		return "no start of green has failed", nil
	}
	if d.FailedStarts < d.Allowed {
		d.Decision, d.Reason = Waiting, fmt.Sprintf("%d of green's starts failed; the deployment is stopped at %d", d.FailedStarts, d.Allowed)
		return "", nil
	}
	deployment, err := live.ReadDeployment(ctx, w.clients.Deployments, d.Deployment, e.Cluster, e.Service)
	if errors.Is(err, live.ErrNoDeployment) {
		return err.Error(), nil
	}
	if err != nil {
		return "", err
	}
	d.Wish, _ = live.ParseDescription(aws.ToString(deployment.Description))
	if settled := settled(deployment); settled != "" {
		return settled, nil
	}
	return w.stop(ctx, e, service, set, s, d)
}

func (w *Watcher) service(ctx context.Context, e Event) (types.Service, error) {
	out, err := w.clients.Tasks.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &e.Cluster, Services: []string{e.Service}})
	if err != nil {
		return types.Service{}, fmt.Errorf("describe service %s: %w", e.Service, err)
	}
	if len(out.Services) == 0 {
		return types.Service{}, nil
	}
	return out.Services[0], nil
}

// replacement is the newest task set that a deployment made and that serves no production.
func replacement(s types.Service) (newest types.TaskSet, ok bool) {
	for _, set := range live.Others(&s) {
		if aws.ToString(set.ExternalId) != "" && (!ok || aws.ToTime(set.CreatedAt).After(aws.ToTime(newest.CreatedAt))) {
			newest, ok = set, true
		}
	}
	return newest, ok
}

// install is the lifecycle event during which CodeDeploy waits for green to start.
const install = "Install"

// settled says why a deployment is none to be stopped; empty while CodeDeploy waits for green to start.
func settled(d live.Deployment) string {
	at := d.Event(install)
	switch {
	case d.Ended():
		return fmt.Sprintf("deployment %s has ended: %s", aws.ToString(d.DeploymentId), d.Status)
	case d.Rollback():
		return "a rollback is not stopped: what it returns to served before"
	case at != cdtypes.LifecycleEventStatusInProgress && at != cdtypes.LifecycleEventStatusPending && at != "":
		return fmt.Sprintf("green has started once (%s is %s); from then on the hook and the alarms judge it", install, at)
	}
	return ""
}

// stop finds the cause, leaves it at the revision, and stops the deployment with rollback.
func (w *Watcher) stop(ctx context.Context, e Event, service types.Service, set types.TaskSet, s starts, d *Diagnosis) (ignored string, err error) {
	w.explain(ctx, e, service, set, s, d)
	// Before the stop, so that whoever hears of the stop finds the cause; without the tag the log still has it.
	_, untagged := w.clients.Tagger.TagResource(ctx, &ecs.TagResourceInput{
		ResourceArn: set.TaskDefinition,
		Tags: []types.Tag{{Key: aws.String(live.TagStopped),
			Value: aws.String(live.Stopped{Deployment: d.Deployment, Because: d.because()}.Value())}},
	})
	if untagged != nil {
		w.log.WarnContext(ctx, "the cause could not be left at the revision", "revision", d.Revision, "error", untagged.Error())
	}
	_, err = w.clients.Stopper.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &d.Deployment, AutoRollbackEnabled: aws.Bool(true)})
	if call.Refused(err, codedeploy.DeploymentAlreadyCompleted) {
		return "deployment " + d.Deployment + " ended by itself", nil
	}
	if err != nil {
		return "", fmt.Errorf("stop deployment %s: %w", d.Deployment, err)
	}
	d.Decision = Stopped
	return "", nil
}

// explain fills in the cause, the last lines and the paragraph. What cannot be read is said, and hinders nothing: a
// deployment that cannot succeed is stopped also when its cause stays in the dark.
func (w *Watcher) explain(ctx context.Context, e Event, service types.Service, set types.TaskSet, s starts, d *Diagnosis) {
	// The tasks were read after the service: what the newest were replaced for, it may have told in between.
	if now, err := w.service(ctx, e); err == nil {
		service = now
	}
	for _, t := range s.tasks {
		d.Causes = append(d.Causes, diagnose(t, service.Events))
	}
	for _, reason := range s.unplaced {
		d.Causes = append(d.Causes, quoting(reason, "", nil))
	}
	newest := &d.Causes[0]
	if len(s.tasks) > 0 && newest.Container != "" {
		revision, err := live.ReadRevision(ctx, w.clients.Tasks, aws.ToString(set.TaskDefinition))
		if err != nil {
			d.LogMissing = err.Error()
		} else {
			d.Log, d.LogMissing = w.lastWords(ctx, revision, newest.Container, aws.ToString(s.tasks[0].TaskArn))
		}
		d.read()
	}
	d.write()
}
