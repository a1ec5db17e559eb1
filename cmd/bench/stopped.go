package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// stopped is a queue of the tasks that have stopped. The end of a deployment is waited for there, because looking for
// it again and again takes processor time from what is measured.
type stopped struct {
	*account
	client *sqs.Client
	queue  *string
}

func (a *account) stopped(ctx context.Context) (*stopped, error) {
	s := &stopped{account: a, client: sqs.NewFromConfig(a.sdk)}
	const name = "stopped"
	queue, err := s.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: map[string]string{
		"ReceiveMessageWaitTimeSeconds": "5",
		"VisibilityTimeout":             "43200", // what was read is not read again, and is not deleted
		"Policy":                        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`,
	}})
	if err != nil {
		return nil, err
	}
	s.queue = queue.QueueUrl
	events := eventbridge.NewFromConfig(a.sdk)
	if _, err := events.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String(name), EventPattern: aws.String(
		`{"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}`)}); err != nil {
		return nil, err
	}
	arn := fmt.Sprintf("arn:aws:sqs:%s:%s:%s", sandbox.Region, sandbox.Account, name)
	_, err = events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String(name), Targets: []types.Target{
		{Id: aws.String("queue"), Arn: &arn, InputPath: aws.String("$.detail.taskArn")}}})
	return s, err
}

// replaced waits until the service's old tasks, so many, have stopped, and it has one task set.
func (s *stopped) replaced(ctx context.Context, tasks int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for tasks > 0 {
		got, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: s.queue, MaxNumberOfMessages: 10})
		if err != nil {
			return err
		}
		tasks -= len(got.Messages)
	}
	services := ecs.NewFromConfig(s.sdk)
	for {
		out, err := services.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.names.Cluster, Services: []string{s.names.Service}})
		if err != nil || len(out.Services[0].TaskSets) == 1 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Millisecond):
		}
	}
}
