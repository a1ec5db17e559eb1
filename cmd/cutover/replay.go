package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type replayCommand struct {
	hand
	Of []string `enum:"events,release,verify,watch,notify" default:"events,release,verify,watch,notify" help:"Which queues: ${enum}."`
}

// Help teaches by example.
func (replayCommand) Help() string {
	return `Gives events that nobody could take back to the functions that they were for, one after the other, and deletes those that were taken. Late events do no harm: the functions look at what stands and decide from that.

    cutover replay sample-website
    cutover replay sample-website --of notify

The queues, and what becomes of their letters:

  events, release: what EventBridge could not hand to the release function, and what that failed at three times. Given back, and its answer is told.
  verify: shown, and stays: these verifications are over, and their deployments have ended.
  watch, notify: those of the platform's two functions, as far as they are about this service. Given back, and the functions work on them by themselves: what a destination could not be told is told now. One that fails again comes back to its queue. See cutover logs.

Needs sqs:GetQueueUrl, sqs:ReceiveMessage and sqs:DeleteMessage on the queues, and lambda:InvokeFunction on the platform's functions, beside what every command of this kind needs (docs/operator.md).`
}

// replayed is what came of one dead letter. Its JSON form is a promise.
type replayed struct {
	Queue string `json:"queue"`
	// Event that could not be handled, and Reason why it could not.
	Event  json.RawMessage `json:"event"`
	Reason string          `json:"reason,omitempty"`
	// Answer of the release function; nil for an event that was only shown, or was for another function.
	Answer *answer `json:"answer,omitempty"`
	// To is the platform's function that took the event, and works on it by itself; empty for any other.
	To string `json:"to,omitempty"`
	// Kept says why the letter is still in its queue; empty when it was deleted.
	Kept string `json:"kept,omitempty"`
}

// Run empties the queues.
func (c replayCommand) Run(s *stage) error {
	o, err := c.begin(s, "replay")
	if err != nil {
		return err
	}
	if err := o.confirm("Events that nobody could take are given to their functions again: what they ask for and is still wished for is released"); err != nil {
		return err
	}
	all := []replayed{}
	var failed error
	queues := sqs.NewFromConfig(o.aws)
	for _, q := range o.deadLetters(c.Of) {
		found, err := o.replay(queues, q)
		all = append(all, found...)
		if err != nil {
			failed = errors.Join(failed, err)
		}
	}
	if c.JSON {
		return errors.Join(json.NewEncoder(s.out).Encode(all), failed)
	}
	if len(all) == 0 && failed == nil {
		fmt.Fprintln(s.out, "No dead letters.")
	}
	return failed
}

// mostLetters bounds one run.
const mostLetters = 1000

// replay gives back what is in one queue, each letter once.
func (o *operator) replay(queues *sqs.Client, q deadLetters) (all []replayed, err error) {
	queue, err := queues.GetQueueUrl(o.ctx, &sqs.GetQueueUrlInput{QueueName: &q.name})
	var missing *sqstypes.QueueDoesNotExist
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("there is no queue %s; deploy the stack again", q.name)
	}
	if err != nil {
		return nil, fmt.Errorf("find the queue %s: %w", q.name, err)
	}
	q.url = *queue.QueueUrl
	in := &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: q.atOnce, WaitTimeSeconds: 1, VisibilityTimeout: q.held,
		MessageAttributeNames: []string{"ERROR_CODE", "ERROR_MESSAGE", "RULE_ARN"},
	}
	seen := map[string]bool{}
	kept := 0
	for len(all) < mostLetters {
		out, err := queues.ReceiveMessage(o.ctx, in)
		if err != nil {
			return all, fmt.Errorf("receive from %s: %w", q.name, err)
		}
		news := false
		for _, m := range out.Messages {
			if seen[aws.ToString(m.MessageId)] {
				continue
			}
			seen[aws.ToString(m.MessageId)], news = true, true
			r, mine := o.letter(queues, q, m)
			if !mine {
				continue
			}
			if q.give != nil && r.Kept != "" {
				kept++
			}
			all = append(all, r)
			if !o.JSON {
				fmt.Fprintln(o.out, r)
			}
		}
		if !news || o.ctx.Err() != nil {
			break
		}
	}
	if kept > 0 {
		return all, fmt.Errorf("%s in %s could not be given back and stay there", plural(kept, "event", "events"), q.name)
	}
	return all, o.ctx.Err()
}

// letter gives one event back and deletes its letter when the function took it; false for one of another service, which
// is left alone.
func (o *operator) letter(queues *sqs.Client, q deadLetters, m sqstypes.Message) (r replayed, mine bool) {
	r = readLetter(m)
	r.Queue = q.name
	switch {
	case q.shared && r.Event != nil && !o.concerns(r.Event):
		return r, false
	case q.give == nil:
		r.Kept = "it is over: its deployment has ended"
		return r, true
	case r.Event == nil:
		r.Event, r.Kept = json.RawMessage(`null`), "it holds no event"
		return r, true
	}
	if r = q.give(r, m); r.Kept != "" {
		return r, true
	}
	ctx, cancel := o.whole()
	defer cancel()
	if _, err := queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		r.Kept = "it was given back but not deleted: " + err.Error()
	}
	return r, true
}

// readLetter takes an event as EventBridge puts it into a dead-letter queue, with the error in attributes, or a
// record of Lambda's, which has the event within
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
func readLetter(m sqstypes.Message) (r replayed) {
	body := []byte(aws.ToString(m.Body))
	if !json.Valid(body) {
		return r
	}
	for _, name := range []string{"ERROR_CODE", "ERROR_MESSAGE"} {
		if a, ok := m.MessageAttributes[name]; ok {
			r.Reason = strings.TrimPrefix(r.Reason+": "+aws.ToString(a.StringValue), ": ")
		}
	}
	var record struct {
		Context struct {
			Condition string `json:"condition"`
		} `json:"requestContext"`
		Request  json.RawMessage `json:"requestPayload"`
		Response struct {
			Message string `json:"errorMessage"`
		} `json:"responsePayload"`
	}
	r.Event = body
	if json.Unmarshal(body, &record) == nil && record.Request != nil {
		r.Event, r.Reason = record.Request, strings.TrimSuffix(record.Context.Condition+": "+record.Response.Message, ": ")
	}
	return r
}

// kind is what is told of an event.
type kind struct {
	Type string `json:"detail-type"`
	Time string `json:"time"`
}

// String is a letter for people.
func (r replayed) String() string {
	var event struct {
		kind
		Deployment string `json:"DeploymentId"`
		Handed     kind   `json:"event"` // within what a rule hands to one of the platform's functions
	}
	_ = json.Unmarshal(r.Event, &event)
	if event.Type == "" {
		event.kind = event.Handed
	}
	what := event.Type
	switch {
	case event.Deployment != "":
		what = "verification of deployment " + event.Deployment
	case what == "":
		what = "an event of no known kind"
	case event.Time != "":
		what += " of " + event.Time
	}
	text := r.Queue + ": " + what
	if r.Reason != "" {
		text += " (" + r.Reason + ")"
	}
	switch {
	case r.Answer != nil:
		text += "\n  given back: " + sentence(*r.Answer.Outcome)
	case r.To != "":
		text += "\n  given back to " + r.To + "."
	}
	if r.Kept != "" {
		text += "\n  stays: " + strings.TrimSuffix(r.Kept, ".") + "."
	}
	return text
}
