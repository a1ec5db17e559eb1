package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/sqs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const url = "http://127.0.0.1:4566/111122223333/q"

// bed is a service with the queue q.
func newBed(t *testing.T, attributes map[string]string) *wire.Server {
	t.Helper()
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	s := sqs.New(sqs.Options{Account: "111122223333", Region: "us-east-1", Endpoint: func() string { return "http://127.0.0.1:4566" }})
	s.Register(srv)
	t.Cleanup(s.Close)
	out := call[sdk.CreateQueueOutput](t, srv, &sdk.CreateQueueInput{QueueName: aws.String("q"), Attributes: attributes})
	if *out.QueueUrl != url {
		t.Fatalf("URL %s", *out.QueueUrl)
	}
	return srv
}

func call[Out any](t *testing.T, srv *wire.Server, in any) *Out {
	t.Helper()
	out, err := wire.Call[Out](t.Context(), srv, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func send(t *testing.T, srv *wire.Server, body string) {
	t.Helper()
	call[sdk.SendMessageOutput](t, srv, &sdk.SendMessageInput{QueueUrl: aws.String(url), MessageBody: &body})
}

func receive(t *testing.T, srv *wire.Server, wait int32) []types.Message {
	t.Helper()
	return call[sdk.ReceiveMessageOutput](t, srv, &sdk.ReceiveMessageInput{QueueUrl: aws.String(url), WaitTimeSeconds: wait, MaxNumberOfMessages: 10}).Messages
}

// The SDK checks both MD5s of what it sends and receives by itself.
func TestTheSDKSendsReceivesAndDeletes(t *testing.T) {
	srv := newBed(t, nil)
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	c := sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(credentials)})
	ctx, q := t.Context(), aws.String(url)
	sent, err := c.SendMessage(ctx, &sdk.SendMessageInput{QueueUrl: q, MessageBody: aws.String("Grüße"), MessageAttributes: map[string]types.MessageAttributeValue{
		"RULE_ARN": {DataType: aws.String("String"), StringValue: aws.String("arn")}, "N": {DataType: aws.String("Number"), StringValue: aws.String("3")},
		"B": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.ReceiveMessage(ctx, &sdk.ReceiveMessageInput{
		QueueUrl: q, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("received %+v, %v", got, err)
	}
	m := got.Messages[0]
	if *m.Body != "Grüße" || *m.MessageId != *sent.MessageId || *m.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes ||
		m.Attributes["ApproximateReceiveCount"] != "1" || string(m.MessageAttributes["B"].BinaryValue) != "\x00\x01" {
		t.Errorf("message %+v", m)
	}
	if _, err := c.DeleteMessage(ctx, &sdk.DeleteMessageInput{QueueUrl: q, ReceiptHandle: m.ReceiptHandle}); err != nil {
		t.Error(err)
	}
	attributes, err := c.GetQueueAttributes(ctx, &sdk.GetQueueAttributesInput{QueueUrl: q, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil || attributes.Attributes["QueueArn"] != "arn:aws:sqs:us-east-1:111122223333:q" || attributes.Attributes["ApproximateNumberOfMessages"] != "0" {
		t.Errorf("attributes %+v, %v", attributes, err)
	}
	list, err := c.ListQueues(ctx, nil)
	if err != nil || len(list.QueueUrls) != 1 {
		t.Errorf("listed %+v, %v", list, err)
	}
	var gone *types.QueueDoesNotExist
	if _, err := c.GetQueueUrl(ctx, &sdk.GetQueueUrlInput{QueueName: aws.String("other")}); !errors.As(err, &gone) {
		t.Errorf("an unknown queue: %v", err)
	}
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, nil
}

// The digest is the one that botocore and the SDKs expect for this example.
func TestTheDigestOfABodyIsMD5(t *testing.T) {
	srv := newBed(t, nil)
	out := call[sdk.SendMessageOutput](t, srv, &sdk.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String("This is a test message")})
	if *out.MD5OfMessageBody != "fafb00f5732ab283681e124bf8747ed1" || out.MD5OfMessageAttributes != nil {
		t.Errorf("digests %s, %v", *out.MD5OfMessageBody, out.MD5OfMessageAttributes)
	}
}

func TestAReceivedMessageIsHiddenUntilItsTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newBed(t, map[string]string{"VisibilityTimeout": "30"})
		send(t, srv, "a")
		first := receive(t, srv, 0)
		if len(first) != 1 || len(receive(t, srv, 0)) != 0 {
			t.Fatal("a received message is still visible")
		}
		start := time.Now()
		again := receive(t, srv, 20)
		if len(again) != 0 || time.Since(start) != 20*time.Second {
			t.Errorf("%d messages after %s", len(again), time.Since(start))
		}
		again = receive(t, srv, 20)
		if len(again) != 1 || time.Since(start) != 30*time.Second {
			t.Errorf("%d messages after %s", len(again), time.Since(start))
		}
		// The first receiver comes too late: its handle does not delete the message any more.
		call[sdk.DeleteMessageOutput](t, srv, &sdk.DeleteMessageInput{QueueUrl: aws.String(url), ReceiptHandle: first[0].ReceiptHandle})
		call[sdk.ChangeMessageVisibilityOutput](t, srv, &sdk.ChangeMessageVisibilityInput{QueueUrl: aws.String(url), ReceiptHandle: again[0].ReceiptHandle})
		if last := receive(t, srv, 0); len(last) != 1 {
			t.Error("the message is gone")
		}
	})
}

func TestALongPollIsWokenByAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newBed(t, nil)
		got := make(chan []types.Message)
		start := time.Now()
		go func() { got <- receive(t, srv, 20) }()
		time.Sleep(3 * time.Second) // of the bubble
		send(t, srv, "a")
		if m := <-got; len(m) != 1 || time.Since(start) != 3*time.Second {
			t.Errorf("%d messages after %s", len(m), time.Since(start))
		}
	})
}

func TestCloseEndsALongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := wire.New(wire.Options{})
		s := sqs.New(sqs.Options{Account: "111122223333"})
		s.Register(srv)
		call[sdk.CreateQueueOutput](t, srv, &sdk.CreateQueueInput{QueueName: aws.String("q")})
		got := make(chan []types.Message)
		go func() { got <- receive(t, srv, 20) }()
		synctest.Wait()
		start := time.Now()
		s.Close()
		if m := <-got; len(m) != 0 || time.Since(start) != 0 {
			t.Errorf("%d messages after %s", len(m), time.Since(start))
		}
	})
}

func TestAMessageReceivedTooOftenGoesToTheDeadLetterQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newBed(t, map[string]string{
			"VisibilityTimeout": "1", "RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead","maxReceiveCount":"2"}`,
		})
		call[sdk.CreateQueueOutput](t, srv, &sdk.CreateQueueInput{QueueName: aws.String("dead")})
		send(t, srv, "a")
		for range 2 {
			if len(receive(t, srv, 5)) != 1 {
				t.Fatal("no message")
			}
		}
		if m := receive(t, srv, 5); len(m) != 0 {
			t.Fatalf("received a third time: %v", m)
		}
		dead := call[sdk.ReceiveMessageOutput](t, srv, &sdk.ReceiveMessageInput{QueueUrl: aws.String("http://127.0.0.1:4566/111122223333/dead")})
		if len(dead.Messages) != 1 || *dead.Messages[0].Body != "a" {
			t.Errorf("dead letters %+v", dead.Messages)
		}
	})
}

func TestMessagesAreDelayedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newBed(t, map[string]string{"MessageRetentionPeriod": "60"})
		call[sdk.SendMessageOutput](t, srv, &sdk.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String("a"), DelaySeconds: 10})
		if len(receive(t, srv, 0)) != 0 {
			t.Error("a delayed message is visible at once")
		}
		if len(receive(t, srv, 20)) != 1 {
			t.Error("a delayed message never comes")
		}
		time.Sleep(2 * time.Minute) // of the bubble
		if len(receive(t, srv, 0)) != 0 {
			t.Error("a message outlives its retention period")
		}
	})
}

func TestABatchTellsWhatBecameOfEachEntry(t *testing.T) {
	srv := newBed(t, nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	out := call[sdk.SendMessageBatchOutput](t, srv, &sdk.SendMessageBatchInput{QueueUrl: aws.String(url), Entries: []types.SendMessageBatchRequestEntry{
		entry("1", "a"), entry("2", "b\x00"),
	}})
	if len(out.Successful) != 1 || len(out.Failed) != 1 || *out.Failed[0].Code != "InvalidMessageContents" || !out.Failed[0].SenderFault {
		t.Errorf("sent %+v", out)
	}
	m := receive(t, srv, 0)
	deleted := call[sdk.DeleteMessageBatchOutput](t, srv, &sdk.DeleteMessageBatchInput{QueueUrl: aws.String(url), Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("1"), ReceiptHandle: m[0].ReceiptHandle}, {Id: aws.String("2"), ReceiptHandle: aws.String("x")},
	}})
	if len(deleted.Successful) != 1 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("deleted %+v", deleted)
	}
}

func TestRequestsThatAWSRefuses(t *testing.T) {
	srv := newBed(t, nil)
	create := func(name string, attributes map[string]string) error {
		_, err := wire.Call[sdk.CreateQueueOutput](t.Context(), srv, &sdk.CreateQueueInput{QueueName: &name, Attributes: attributes})
		return err
	}
	sending := func(in sdk.SendMessageInput) error {
		if in.QueueUrl == nil {
			in.QueueUrl = aws.String(url)
		}
		_, err := wire.Call[sdk.SendMessageOutput](t.Context(), srv, &in)
		return err
	}
	batch := func(ids ...string) error {
		in := &sdk.SendMessageBatchInput{QueueUrl: aws.String(url)}
		for _, id := range ids {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String("a")})
		}
		_, err := wire.Call[sdk.SendMessageBatchOutput](t.Context(), srv, in)
		return err
	}
	tests := map[string]struct {
		err  error
		want string
	}{
		"bad name":          {create("a b", nil), "InvalidParameterValue: Can only include alphanumeric characters"},
		"FIFO":              {create("a.fifo", nil), "UnsupportedOperation: The sandbox has no FIFO queues."},
		"other attributes":  {create("q", map[string]string{"DelaySeconds": "5"}), "different value for attribute DelaySeconds"},
		"unknown attribute": {create("r", map[string]string{"Colour": "red"}), "InvalidAttributeName: Unknown Attribute Colour."},
		"out of bounds":     {create("r", map[string]string{"DelaySeconds": "901"}), "InvalidAttributeValue: Invalid value for the parameter DelaySeconds."},
		"bad redrive":       {create("r", map[string]string{"RedrivePolicy": "{}"}), "Invalid value for the parameter RedrivePolicy."},
		"no queue":          {sending(sdk.SendMessageInput{QueueUrl: aws.String("http://x/1/none"), MessageBody: aws.String("a")}), "The specified queue does not exist."},
		"no body":           {sending(sdk.SendMessageInput{}), "MissingParameter: The request must contain the parameter MessageBody."},
		"too long":          {sending(sdk.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1<<20+1))}), "Message must be shorter than 1048576 bytes."},
		"bad type":          {sending(sdk.SendMessageInput{MessageBody: aws.String("a"), MessageAttributes: map[string]types.MessageAttributeValue{"x": {DataType: aws.String("Text")}}}), "supported type prefixes: Binary, Number, String."},
		"empty batch":       {batch(), "EmptyBatchRequest"},
		"twice":             {batch("a", "a"), "BatchEntryIdsNotDistinct: Id a repeated."},
		"eleven":            {batch(strings.Split("a b c d e f g h i j k", " ")...), "TooManyEntriesInBatchRequest"},
	}
	for name, tt := range tests {
		if tt.err == nil || !strings.Contains(fmt.Sprint(tt.err), tt.want) {
			t.Errorf("%s: %v, want %s", name, tt.err, tt.want)
		}
	}
}
