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

type replayCommand struct{ hand }

// Help teaches by example.
func (replayCommand) Help() string {
	return `Gives events that nobody could take back to the release function, one after the other, and deletes those that it took. They reach two queues: <service>-events-dlq, when EventBridge could not hand them to Lambda, and <service>-release-dlq, when the function failed three times. Late events do no harm: the loop looks at what stands and decides from that.

What is in <service>-verify-dlq is shown and stays: these verifications are over, and their deployments have ended.

    cutover replay sample-website

Needs sqs:GetQueueUrl, sqs:ReceiveMessage and sqs:DeleteMessage on the three queues beside what every command of this kind needs (docs/operator.md).`
}

// replayed is what came of one dead letter. Its JSON form is a promise.
type replayed struct {
	Queue string `json:"queue"`
	// Event that could not be handled, and Reason why it could not.
	Event  json.RawMessage `json:"event"`
	Reason string          `json:"reason,omitempty"`
	// Answer of the release function; nil for an event that was only shown.
	Answer *answer `json:"answer,omitempty"`
	// Kept says why the letter is still in its queue; empty when it was deleted.
	Kept string `json:"kept,omitempty"`
}

// Run empties the queues.
func (c replayCommand) Run(s *stage) error {
	o, err := c.begin(s, "replay")
	if err != nil {
		return err
	}
	if err := o.confirm("Events that nobody could take are given to the release function again: what they ask for and is still wished for is released"); err != nil {
		return err
	}
	all := []replayed{}
	var failed error
	queues := sqs.NewFromConfig(o.aws)
	for _, of := range []string{"events", "release", "verify"} {
		found, err := o.replay(queues, o.names.Stack+"-"+of+"-dlq", of != "verify")
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

// held is for how many seconds a received letter is hidden from other receivers: longer than one invocation.
const held = 150

// mostLetters bounds one run.
const mostLetters = 1000

// replay gives back what is in one queue, each letter once.
func (o *operator) replay(queues *sqs.Client, name string, giveBack bool) (all []replayed, err error) {
	queue, err := queues.GetQueueUrl(o.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	var missing *sqstypes.QueueDoesNotExist
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("there is no queue %s; deploy the stack again", name)
	}
	if err != nil {
		return nil, fmt.Errorf("find the queue %s: %w", name, err)
	}
	in := &sqs.ReceiveMessageInput{
		QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 1, VisibilityTimeout: held,
		MessageAttributeNames: []string{"ERROR_CODE", "ERROR_MESSAGE"},
	}
	if !giveBack {
		in.MaxNumberOfMessages, in.VisibilityTimeout = 10, 10
	}
	seen := map[string]bool{}
	kept := 0
	for len(all) < mostLetters {
		out, err := queues.ReceiveMessage(o.ctx, in)
		if err != nil {
			return all, fmt.Errorf("receive from %s: %w", name, err)
		}
		news := false
		for _, m := range out.Messages {
			if seen[aws.ToString(m.MessageId)] {
				continue
			}
			seen[aws.ToString(m.MessageId)], news = true, true
			r := o.letter(queues, *queue.QueueUrl, name, m, giveBack)
			if giveBack && r.Kept != "" {
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
		return all, fmt.Errorf("%s in %s could not be given back and stay there", plural(kept, "event", "events"), name)
	}
	return all, o.ctx.Err()
}

// letter gives one event back and deletes its letter when the function took it.
func (o *operator) letter(queues *sqs.Client, queue, name string, m sqstypes.Message, giveBack bool) replayed {
	r := readLetter(m)
	r.Queue = name
	if !giveBack {
		r.Kept = "it is over: its deployment has ended"
		return r
	}
	if r.Event == nil {
		r.Event, r.Kept = json.RawMessage(`null`), "it holds no event"
		return r
	}
	a, err := o.send(r.Event)
	switch {
	case err != nil:
		r.Kept = err.Error()
		return r
	case a.Outcome == nil:
		r.Kept = a.Later
		return r
	}
	r.Answer = &a
	ctx, cancel := o.whole()
	defer cancel()
	if _, err := queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
		r.Kept = "it was given back but not deleted: " + err.Error()
	}
	return r
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

// String is a letter for people.
func (r replayed) String() string {
	var event struct {
		Type       string `json:"detail-type"`
		Time       string `json:"time"`
		Deployment string `json:"DeploymentId"`
	}
	_ = json.Unmarshal(r.Event, &event)
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
	if r.Answer != nil {
		text += "\n  given back: " + sentence(*r.Answer.Outcome)
	}
	if r.Kept != "" {
		text += "\n  stays: " + strings.TrimSuffix(r.Kept, ".") + "."
	}
	return text
}
