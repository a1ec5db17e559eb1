package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// destination is one place where steps are told.
type destination interface {
	// tell hands one step over, or says why that cannot be. A step may come more than once, and before one that
	// happened earlier; the context ends when the time for it is up.
	tell(context.Context, Step) error
}

// notTold is why a step is none of a destination's business; no repetition would change that.
type notTold string

func (n notTold) Error() string { return string(n) }

// deliveryTime is how long one delivery may take, its own repetitions included. Lambda brings one that failed back after
// one minute and again two minutes later, and then keeps it as a dead letter.
const deliveryTime = 30 * time.Second

// updates is how often at most a delivery writes what says how a story stands, where others write it at the same time.
const updates = 3

// deliver tells a destination of one event.
func (n *Notifier) deliver(ctx context.Context, d config.Destination, e event) error {
	var s Step
	if err := json.Unmarshal(e.Detail, &s); err != nil || e.Source != Source || s.Version != "1" {
		n.log.WarnContext(ctx, "ignored", "destination", d.Name, "reason", "it is no step of a story in a form that this function knows")
		return nil
	}
	to, err := n.destination(d)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	err = to.tell(ctx, s)
	if reason, ok := errors.AsType[notTold](err); ok {
		n.log.InfoContext(ctx, "ignored", "destination", d.Name, "stage", s.Stage, "service", s.Service, "id", s.ID, "reason", string(reason))
		return nil
	}
	if err != nil {
		return fmt.Errorf("tell %s that %s: %w", d.Name, s.Title, err)
	}
	n.log.InfoContext(ctx, "delivered", "destination", d.Name, "stage", s.Stage, "service", s.Service, "id", s.ID)
	return nil
}

func (n *Notifier) destination(d config.Destination) (destination, error) {
	switch {
	case d.Topic != "":
		return topic{d.Topic, n.clients.Topics()}, nil
	case d.Webhook != nil:
		return webhook{*d.Webhook, n.reach()}, nil
	case d.Slack != nil && d.Slack.Webhook != "":
		return slackWebhook{*d.Slack, n.reach()}, nil
	case d.Slack != nil:
		return slack{*d.Slack, n.reach()}, nil
	case d.GitHub != nil:
		return github{*d.GitHub, n.reach(), n.labels}, nil
	}
	return nil, fmt.Errorf("destination %s is of a kind that this function does not know; deploy the platform's stack again", d.Name)
}

func (n *Notifier) reach() reach {
	return reach{n.clients.HTTP(), n.clients.Secrets, n.clients.Parameters, n.pause}
}
