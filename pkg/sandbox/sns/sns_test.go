package sns_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	sqssdk "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/sns"
	"github.com/cutover-ecs/cutover/pkg/sandbox/sqs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	account = "111122223333"
	region  = "us-east-1"
)

// bed is a topic with a queue that subscribed, and the SDK's own client.
func bed(t *testing.T) (client *sdk.Client, topic *string, receive func() string) {
	t.Helper()
	srv := wire.New(wire.Options{Account: account, Region: region})
	endpoint := func() string { return "http://127.0.0.1:4566" }
	queues := sqs.New(sqs.Options{Account: account, Region: region, Endpoint: endpoint})
	queues.Register(srv)
	t.Cleanup(queues.Close)
	sns.New(sns.Options{Account: account, Region: region, Endpoint: endpoint}).Register(srv)
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	client = sdk.New(sdk.Options{Region: region, BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})})
	q, err := wire.Call[sqssdk.CreateQueueOutput](t.Context(), srv, &sqssdk.CreateQueueInput{QueueName: aws.String("q")})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateTopic(t.Context(), &sdk.CreateTopicInput{Name: aws.String("t")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Subscribe(t.Context(), &sdk.SubscribeInput{TopicArn: made.TopicArn, Protocol: aws.String("sqs"),
		Endpoint: aws.String("arn:aws:sqs:" + region + ":" + account + ":q")}); err != nil {
		t.Fatal(err)
	}
	return client, made.TopicArn, func() string {
		got, err := wire.Call[sqssdk.ReceiveMessageOutput](t.Context(), srv, &sqssdk.ReceiveMessageInput{QueueUrl: q.QueueUrl})
		if err != nil || len(got.Messages) != 1 {
			t.Fatalf("%d messages, %v", len(got.Messages), err)
		}
		return *got.Messages[0].Body
	}
}

func TestAQueueGetsItsOwnFormOfAStructuredMessage(t *testing.T) {
	client, topic, receive := bed(t)
	if _, err := client.Publish(t.Context(), &sdk.PublishInput{TopicArn: topic, Subject: aws.String("a subject"), MessageStructure: aws.String("json"),
		Message:           aws.String(`{"default":"for people","sqs":"{\"for\":\"machines\"}"}`),
		MessageAttributes: map[string]types.MessageAttributeValue{"stage": {DataType: aws.String("String"), StringValue: aws.String("live")}},
	}); err != nil {
		t.Fatal(err)
	}
	var n struct {
		Type, TopicArn, Subject, Message string
		MessageAttributes                map[string]struct{ Type, Value string }
	}
	if err := json.Unmarshal([]byte(receive()), &n); err != nil {
		t.Fatal(err)
	}
	if n.Type != "Notification" || n.TopicArn != *topic || n.Subject != "a subject" || n.Message != `{"for":"machines"}` || n.MessageAttributes["stage"].Value != "live" {
		t.Errorf("%+v", n)
	}
}

func TestWhatSNSRefusesIsRefused(t *testing.T) {
	client, topic, _ := bed(t)
	for want, in := range map[string]*sdk.PublishInput{
		"No default entry":         {TopicArn: topic, Message: aws.String(`{"sqs":"x"}`), MessageStructure: aws.String("json")},
		"failed to parse":          {TopicArn: topic, Message: aws.String(`x`), MessageStructure: aws.String("json")},
		"Invalid parameter: Subj":  {TopicArn: topic, Message: aws.String("x"), Subject: aws.String("é")},
		"Empty message":            {TopicArn: topic, Message: aws.String("")},
		"Topic does not exist":     {TopicArn: aws.String(*topic + "2"), Message: aws.String("x")},
		"Message too long":         {TopicArn: topic, Message: aws.String(strings.Repeat("x", 256<<10+1))},
		"no messages to phones or": {PhoneNumber: aws.String("+1"), Message: aws.String("x")},
	} {
		if _, err := client.Publish(t.Context(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and not %q", err, want)
		}
	}
	if _, err := client.Subscribe(t.Context(), &sdk.SubscribeInput{TopicArn: topic, Protocol: aws.String("email"), Endpoint: aws.String("a@b")}); err == nil {
		t.Error("a mailbox subscribed")
	}
}

func TestADeletedTopicTakesItsSubscriptionsWithIt(t *testing.T) {
	client, topic, _ := bed(t)
	list, err := client.ListSubscriptionsByTopic(t.Context(), &sdk.ListSubscriptionsByTopicInput{TopicArn: topic})
	if err != nil || len(list.Subscriptions) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := client.Unsubscribe(t.Context(), &sdk.UnsubscribeInput{SubscriptionArn: list.Subscriptions[0].SubscriptionArn}); err != nil {
		t.Error(err)
	}
	if list, err = client.ListSubscriptionsByTopic(t.Context(), &sdk.ListSubscriptionsByTopicInput{TopicArn: topic}); err != nil || len(list.Subscriptions) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := client.DeleteTopic(t.Context(), &sdk.DeleteTopicInput{TopicArn: topic}); err != nil {
		t.Error(err)
	}
	if all, err := client.ListTopics(t.Context(), &sdk.ListTopicsInput{}); err != nil || len(all.Topics) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
