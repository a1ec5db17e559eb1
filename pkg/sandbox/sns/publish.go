package sns

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/uuid"

	"github.com/cutover-ecs/cutover/pkg/sandbox/deliver"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Limits of a message (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
const (
	mostMessage = 256 << 10
	mostSubject = 100
)

// principal is who sends to the queues.
const principal = "sns.amazonaws.com"

// notification is what a queue gets
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). The sandbox signs nothing.
type notification struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicArn          string
	Subject           string `json:",omitempty"`
	Message           string
	Timestamp         string
	MessageAttributes map[string]attribute `json:",omitempty"`
}

type attribute struct{ Type, Value string }

func (s *Service) publish(ctx context.Context, in *sdk.PublishInput) (*sdk.PublishOutput, error) {
	if in.TopicArn == nil {
		return nil, unsupported("messages to phones or endpoints")
	}
	n, err := read(in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	t, err := s.find(in.TopicArn)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	to, key := slices.Clone(t.subscriptions), t.attributes["KmsMasterKeyId"]
	s.mu.Unlock()
	if err := s.unlock(ctx, *in.TopicArn, key); err != nil {
		return nil, err
	}
	n.MessageID, n.TopicArn = uuid.NewString(), *in.TopicArn
	body, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	targets := deliver.Targets{Server: s.srv, Endpoint: s.opts.Endpoint, Account: s.opts.Account}
	for _, one := range to {
		ctx := wire.WithCaller(context.WithoutCancel(ctx), wire.Caller{ARN: principal, Source: n.TopicArn})
		if err := targets.Queue(ctx, one.queue, body, nil); err != nil { // AWS tells the publisher of no delivery
			s.opts.Log.Warn("a notification did not reach its queue", "topic", n.TopicArn, "queue", one.queue, "error", err)
		}
	}
	return &sdk.PublishOutput{MessageId: aws.String(n.MessageID)}, nil
}

// read checks a message and takes the one for queues out of a structured one.
func read(in *sdk.PublishInput) (notification, error) {
	n := notification{
		Type: "Notification", Subject: aws.ToString(in.Subject), Message: aws.ToString(in.Message),
		Timestamp: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	switch {
	case n.Message == "":
		return n, invalid("Empty message")
	case len(n.Message) > mostMessage:
		return n, invalid("Message too long")
	case in.Subject != nil && (n.Subject == "" || len(n.Subject) > mostSubject || !printable(n.Subject)):
		return n, invalid("Subject")
	case in.MessageStructure != nil && *in.MessageStructure != "json":
		return n, invalid("MessageStructure")
	case in.MessageStructure != nil:
		forms := map[string]json.RawMessage{}
		if json.Unmarshal([]byte(n.Message), &forms) != nil {
			return n, invalid("Message Structure - JSON message body failed to parse")
		}
		text := ""
		if json.Unmarshal(forms["default"], &text) != nil {
			return n, invalid("Message Structure - No default entry in JSON message body")
		}
		n.Message = text
		if own, there := forms["sqs"]; there && json.Unmarshal(own, &n.Message) != nil {
			return n, invalid("Message Structure - the entry sqs is no text")
		}
	}
	for name, a := range in.MessageAttributes {
		if n.MessageAttributes == nil {
			n.MessageAttributes = map[string]attribute{}
		}
		n.MessageAttributes[name] = attribute{aws.ToString(a.DataType), value(a)}
	}
	return n, nil
}

func value(a types.MessageAttributeValue) string {
	if a.StringValue != nil {
		return *a.StringValue
	}
	return string(a.BinaryValue)
}

// printable reports whether a subject is ASCII without line breaks or control characters, as the API asks for.
func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return s[0] != ' '
}
