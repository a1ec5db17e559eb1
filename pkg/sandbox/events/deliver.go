package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Delivery's defaults. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
const (
	defaultAttempts = 185
	defaultAge      = 24 * time.Hour
	firstBackoff    = time.Second // AWS does not publish its steps; these double, with jitter, up to the last
	lastBackoff     = 15 * time.Minute
	retryWait       = "event-retry"
)

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
		if s.closed || s.srv == nil {
			return
		}
		if s.pending >= maxPending {
			s.opts.Log.Error("event dropped: too many deliveries under way", "rule", *r.Name, "target", *t.Arn)
			return
		}
		d := &delivery{rule: *r.Arn, target: t, event: event, input: inputOf(r, t, event, tree)}
		s.pending++
		s.work.Add(1)
		go func() {
			defer s.work.Done()
			s.deliver(wire.WithCaller(s.ctx, wire.Caller{ARN: Principal}), d)
			s.mu.Lock()
			s.pending--
			s.mu.Unlock()
		}()
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
	attempts, age := policyOf(d.target.RetryPolicy)
	start := s.opts.Clock.Now()
	backoff := firstBackoff
	for retries := 0; ; retries++ {
		err := s.send(ctx, *d.target.Arn, d.input)
		if err == nil || ctx.Err() != nil {
			return
		}
		code, again := classify(err)
		wait := backoff/2 + rand.N(backoff)
		passed := time.Duration(float64(s.opts.Clock.Now().Sub(start)) * s.opts.Clock.Factor())
		switch {
		case !again:
			s.bury(ctx, d, code, err, retries, "")
			return
		case retries >= attempts:
			s.bury(ctx, d, code, err, retries, "MaximumRetryAttempts")
			return
		case passed+wait > age:
			s.bury(ctx, d, code, err, retries, "MaximumEventAgeInSeconds")
			return
		}
		if s.opts.Clock.Wait(ctx, retryWait, wait) != nil {
			return
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

func policyOf(p *types.RetryPolicy) (attempts int, age time.Duration) {
	attempts, age = defaultAttempts, defaultAge
	if p != nil && p.MaximumRetryAttempts != nil {
		attempts = int(*p.MaximumRetryAttempts)
	}
	if p != nil && p.MaximumEventAgeInSeconds != nil {
		age = time.Duration(*p.MaximumEventAgeInSeconds) * time.Second
	}
	return attempts, age
}

// send hands the input to the target.
func (s *Service) send(ctx context.Context, arn string, input []byte) (err error) {
	switch service(arn) {
	case "lambda":
		_, err = wire.Call[lambda.InvokeOutput](ctx, s.srv, &lambda.InvokeInput{
			FunctionName: &arn, InvocationType: lambdatypes.InvocationTypeEvent, Payload: input,
		})
	case "sqs":
		_, err = wire.Call[sqs.SendMessageOutput](ctx, s.srv, &sqs.SendMessageInput{
			QueueUrl: s.queueURL(arn), MessageBody: aws.String(string(input)),
		})
	case "sns":
		_, err = wire.Call[sns.PublishOutput](ctx, s.srv, &sns.PublishInput{TopicArn: &arn, Message: aws.String(string(input))})
	default:
		err = fmt.Errorf("no delivery to %s", arn)
	}
	return err
}

// queueURL of a queue's ARN, on the sandbox's own endpoint.
func (s *Service) queueURL(arn string) *string {
	return aws.String(fmt.Sprintf("%s/%s/%s", s.opts.Endpoint(), s.opts.Account, arn[strings.LastIndexByte(arn, ':')+1:]))
}

// classify gives an error the code under which dead letters tell it, and says whether another attempt may help.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func classify(err error) (code string, again bool) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return "INTERNAL_ERROR", true
	}
	c := api.ErrorCode()
	switch {
	case strings.Contains(c, "AccessDenied") || strings.Contains(c, "NotAuthorized") || c == "AuthorizationError":
		return "NO_PERMISSIONS", false
	case strings.Contains(c, "NotFound") || strings.Contains(c, "NonExistentQueue") || strings.Contains(c, "QueueDoesNotExist"):
		return "NO_RESOURCE", false
	case c == "InvalidRequestContentException":
		return "INVALID_JSON", false
	case strings.Contains(c, "TooManyRequests") || strings.Contains(c, "Throttl"):
		return "THROTTLING", true
	case api.ErrorFault() == smithy.FaultServer:
		return "ERROR_FROM_TARGET", true
	}
	return "SDK_CLIENT_ERROR", false
}

// bury sends an event that was not delivered to the target's dead-letter queue, or drops it.
func (s *Service) bury(ctx context.Context, d *delivery, code string, cause error, retries int, condition string) {
	message := cause.Error()
	var api smithy.APIError
	if errors.As(cause, &api) {
		message = api.ErrorMessage()
	}
	if d.target.DeadLetterConfig == nil || aws.ToString(d.target.DeadLetterConfig.Arn) == "" {
		s.opts.Log.Error("event dropped", "rule", d.rule, "target", *d.target.Arn, "code", code, "error", message)
		return
	}
	queue := *d.target.DeadLetterConfig.Arn
	attributes := map[string]sqstypes.MessageAttributeValue{
		"RETRY_ATTEMPTS": {DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(retries))},
	}
	for name, v := range map[string]string{
		"RULE_ARN": d.rule, "TARGET_ARN": *d.target.Arn, "ERROR_CODE": code, "ERROR_MESSAGE": message,
		"EXHAUSTED_RETRY_CONDITION": condition,
	} {
		if v != "" {
			attributes[name] = sqstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(v)}
		}
	}
	_, err := wire.Call[sqs.SendMessageOutput](ctx, s.srv, &sqs.SendMessageInput{
		QueueUrl: s.queueURL(queue), MessageBody: aws.String(string(d.event)), MessageAttributes: attributes,
	})
	if err != nil {
		s.opts.Log.Error("event dropped", "rule", d.rule, "target", *d.target.Arn, "queue", queue, "error", err)
	}
}
