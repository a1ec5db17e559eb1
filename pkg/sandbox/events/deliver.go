package events

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/deliver"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// retryWait is the name of the waits between attempts.
const retryWait = "event-retry"

// Principal is the caller of every delivery.
const Principal = "events.amazonaws.com"

// delivery is one event on its way to one target.
type delivery struct {
	rule   string // ARN
	target types.Target
	event  []byte // as it was raised
	input  []byte // as the target gets it
}

// deliverEvent delivers an event to all of the rule's targets; the caller holds mu.
func (s *Service) deliverEvent(r *rule, e Event) {
	if text, tree, ok := s.read(e); ok {
		s.deliverAll(r, text, tree)
	}
}

// deliverAll starts a delivery to each target; the caller holds mu.
func (s *Service) deliverAll(r *rule, event []byte, tree map[string]any) {
	for _, t := range r.targets {
		if s.srv == nil {
			return
		}
		if s.pending >= maxPending {
			s.opts.Log.Error("event dropped: too many deliveries under way", "rule", *r.Name, "target", *t.Arn)
			return
		}
		d := &delivery{rule: *r.Arn, target: t, event: event, input: inputOf(r, t, event, tree)}
		if s.work.Go(func() {
			s.deliver(wire.WithCaller(s.work.Context(), wire.Caller{ARN: Principal, Source: d.rule}), d)
			s.mu.Lock()
			s.pending--
			s.mu.Unlock()
		}) {
			s.pending++
		}
	}
}

func inputOf(r *rule, t types.Target, event []byte, tree map[string]any) []byte {
	switch {
	case t.Input != nil:
		return []byte(*t.Input)
	case t.InputPath != nil:
		p, err := parsePath(*t.InputPath)
		if err != nil {
			return event // checkTarget has read it
		}
		v, ok := p.of(tree)
		if !ok {
			return []byte("{}")
		}
		return v
	case t.InputTransformer != nil:
		tr, err := newTransformer(t.InputTransformer)
		if err != nil {
			return event // checkTarget has read it
		}
		return tr.input(r, event, tree)
	}
	return event
}

// deliver tries until the target took the event, retrying is no use, or the retry policy ends it.
func (s *Service) deliver(ctx context.Context, d *delivery) {
	policy := deliver.NewPolicy(nil, nil)
	if p := d.target.RetryPolicy; p != nil {
		policy = deliver.NewPolicy(p.MaximumRetryAttempts, p.MaximumEventAgeInSeconds)
	}
	to := deliver.Targets{Server: s.srv, Endpoint: s.opts.Endpoint, Account: s.opts.Account}
	failure := policy.Try(ctx, s.opts.Clock, retryWait, func(int) error { return to.Send(ctx, *d.target.Arn, d.input) })
	if failure != nil {
		s.bury(ctx, to, d, failure)
	}
}

// bury sends an event that was not delivered to the target's dead-letter queue, or drops it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func (s *Service) bury(ctx context.Context, to deliver.Targets, d *delivery, f *deliver.Failure) {
	log := s.opts.Log.With("rule", d.rule, "target", *d.target.Arn)
	if d.target.DeadLetterConfig == nil || aws.ToString(d.target.DeadLetterConfig.Arn) == "" {
		log.Error("event dropped", "code", f.Code, "error", f.Message)
		return
	}
	queue := *d.target.DeadLetterConfig.Arn
	err := to.Queue(ctx, queue, d.event, map[string]string{
		"RULE_ARN": d.rule, "TARGET_ARN": *d.target.Arn, "ERROR_CODE": f.Code, "ERROR_MESSAGE": f.Message,
		"EXHAUSTED_RETRY_CONDITION": f.Condition, "RETRY_ATTEMPTS": strconv.Itoa(f.Retries),
	})
	if err != nil {
		log.Error("event dropped", "queue", queue, "error", err)
	}
}
