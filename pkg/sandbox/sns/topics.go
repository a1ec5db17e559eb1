package sns

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/uuid"
)

func (s *Service) createTopic(_ context.Context, in *sdk.CreateTopicInput) (*sdk.CreateTopicOutput, error) {
	name := aws.ToString(in.Name)
	if strings.HasSuffix(name, ".fifo") || in.Attributes["FifoTopic"] == "true" {
		return nil, unsupported("FIFO topics")
	}
	if !topicName().MatchString(name) {
		return nil, invalid("Topic Name")
	}
	if err := check(in.Attributes); err != nil {
		return nil, err
	}
	arn := fmt.Sprintf("arn:aws:sns:%s:%s:%s", s.opts.Region, s.opts.Account, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[arn] == nil {
		s.topics[arn] = &topic{arn: arn, attributes: map[string]string{}}
	}
	maps.Copy(s.topics[arn].attributes, in.Attributes)
	return &sdk.CreateTopicOutput{TopicArn: &arn}, nil
}

// deleteTopic takes its subscriptions with it; one that is gone already is deleted.
func (s *Service) deleteTopic(_ context.Context, in *sdk.DeleteTopicInput) (*sdk.DeleteTopicOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, aws.ToString(in.TopicArn))
	return &sdk.DeleteTopicOutput{}, nil
}

func (s *Service) listTopics(context.Context, *sdk.ListTopicsInput) (*sdk.ListTopicsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &sdk.ListTopicsOutput{Topics: []types.Topic{}}
	for _, arn := range slices.Sorted(maps.Keys(s.topics)) {
		out.Topics = append(out.Topics, types.Topic{TopicArn: aws.String(arn)})
	}
	return out, nil
}

// subscribe a queue, once. The subscription of a queue in the topic's account needs no confirmation.
// https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
func (s *Service) subscribe(_ context.Context, in *sdk.SubscribeInput) (*sdk.SubscribeOutput, error) {
	if p := aws.ToString(in.Protocol); p != "sqs" {
		return nil, unsupported(fmt.Sprintf("subscriptions by the protocol %q", p))
	}
	if len(in.Attributes) > 0 {
		return nil, unsupported("attributes of subscriptions")
	}
	queue := aws.ToString(in.Endpoint)
	if !strings.HasPrefix(queue, "arn:aws:sqs:") {
		return nil, invalid("SQS endpoint ARN")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(t.subscriptions, func(one subscription) bool { return one.queue == queue })
	if i < 0 {
		i = len(t.subscriptions)
		t.subscriptions = append(t.subscriptions, subscription{arn: t.arn + ":" + uuid.NewString(), queue: queue})
	}
	return &sdk.SubscribeOutput{SubscriptionArn: aws.String(t.subscriptions[i].arn)}, nil
}

func (s *Service) unsubscribe(_ context.Context, in *sdk.UnsubscribeInput) (*sdk.UnsubscribeOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.topics {
		t.subscriptions = slices.DeleteFunc(t.subscriptions, func(one subscription) bool { return one.arn == aws.ToString(in.SubscriptionArn) })
	}
	return &sdk.UnsubscribeOutput{}, nil
}

func (s *Service) listSubscriptionsByTopic(_ context.Context, in *sdk.ListSubscriptionsByTopicInput) (*sdk.ListSubscriptionsByTopicOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListSubscriptionsByTopicOutput{Subscriptions: []types.Subscription{}}
	for _, one := range t.subscriptions {
		out.Subscriptions = append(out.Subscriptions, types.Subscription{
			SubscriptionArn: aws.String(one.arn), Endpoint: aws.String(one.queue), Protocol: aws.String("sqs"),
			TopicArn: aws.String(t.arn), Owner: aws.String(s.opts.Account),
		})
	}
	return out, nil
}
