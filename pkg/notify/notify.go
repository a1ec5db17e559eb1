package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call/eventbridge"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// Notifier tells the stories of all services of one cluster. Use New.
type Notifier struct {
	cluster string
	adopted Adopted
	clients Clients
	log     *slog.Logger
	pause   time.Duration // before others than AWS are asked again
	known   knownLabels
}

// EnvCluster is the variable by which the function is told its cluster.
const EnvCluster = config.EnvCluster

// New returns a notifier of a platform, whose cluster it is, some of whose services may have stood before.
func New(cluster string, adopted Adopted, clients Clients, log *slog.Logger) *Notifier {
	return &Notifier{cluster: cluster, adopted: adopted, clients: clients, log: log, pause: firstPause}
}

// Told is the function's answer: what was told to whom.
type Told struct {
	Destination string   `json:"destination,omitempty"`
	Steps       []string `json:"steps"`
}

// Handle takes one payload. What it does not know is ignored with a line in the log. Its errors are those that a
// repetition could cure, and those of a destination, whose letter then ends in the dead-letter queue.
func (n *Notifier) Handle(ctx context.Context, payload json.RawMessage) error {
	var h heard
	if err := json.Unmarshal(payload, &h); err != nil {
		n.log.WarnContext(ctx, "ignored", "reason", "it is no JSON of a kind that this function knows: "+err.Error())
		return nil
	}
	switch {
	case h.Destination != nil:
		return n.deliver(ctx, *h.Destination, h.Event)
	case len(h.ResponsePayload) > 0:
		return n.answer(ctx, h)
	case h.Event.Source == FollowSource:
		var f following
		if err := json.Unmarshal(h.Event.Detail, &f); err != nil || f.Deployment == "" {
			break
		}
		return n.follow(ctx, f)
	case h.Event.Source == "aws.codedeploy" && h.Service != "":
		return n.changed(ctx, h)
	}
	n.log.InfoContext(ctx, "ignored", "reason", "it is of a kind that this function does not know")
	return nil
}

// answer tells what another function answered.
func (n *Notifier) answer(ctx context.Context, h heard) error {
	step, ok := answered(h.RequestPayload, h.ResponsePayload)
	if !ok {
		return nil
	}
	step.Service, step.Cluster = n.called(step.Cluster, step.Service), n.cluster
	if step.At.IsZero() {
		step.At = time.Now()
	}
	if step.Deployment != "" {
		s, known, err := n.read(ctx, step.Service, step.Deployment)
		if err != nil {
			return err
		}
		if !known || s.Rollback() {
			return nil
		}
		step.Image = s.image()
	}
	return n.tell(ctx, step)
}

// changed tells that a deployment began, and follows it, or that it ended.
func (n *Notifier) changed(ctx context.Context, h heard) error {
	var c change
	if err := json.Unmarshal(h.Event.Detail, &c); err != nil || c.Deployment == "" {
		return nil
	}
	s, known, err := n.read(ctx, h.Service, c.Deployment)
	if err != nil || !known {
		return err
	}
	step, told := s.last()
	if c.State == "START" {
		step, told = Step{Stage: config.StageStarted, Deployment: c.Deployment, At: aws.ToTime(s.CreateTime)}, !s.Rollback()
	}
	if !told || c.State == "READY" {
		return nil
	}
	step.Service, step.Cluster, step.Image = h.Service, h.Cluster, s.image()
	if step.At.IsZero() {
		step.At = h.Event.Time
	}
	if err := n.tell(ctx, step); err != nil || c.State != "START" {
		return err
	}
	return n.follow(ctx, following{Service: h.Service, Cluster: h.Cluster, Deployment: c.Deployment, Image: step.Image})
}

// tell puts steps on the bus. Whatever was quoted in them is masked once more.
func (n *Notifier) tell(ctx context.Context, steps ...Step) error {
	var mask secret.Mask
	var entries []eventbridge.PutEventsRequestEntry
	for _, s := range steps {
		s.Reason = mask.Text(s.Reason)
		for i := range s.Checks {
			for j, p := range s.Checks[i].Problems {
				s.Checks[i].Problems[j] = mask.Text(p)
			}
		}
		s.complete()
		detail, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("write step %s of %s: %w", s.Stage, s.Service, err)
		}
		entries = append(entries, eventbridge.PutEventsRequestEntry{
			Source: Source, DetailType: detailTypes[s.Stage], Detail: string(detail), Time: eventbridge.Time{Time: s.At},
		})
		n.log.InfoContext(ctx, "told", "stage", s.Stage, "service", s.Service, "deployment", s.Deployment, "text", s.Text, "id", s.ID)
	}
	if len(entries) == 0 {
		return nil
	}
	return n.put(ctx, entries...)
}
