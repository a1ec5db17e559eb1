package sqs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (s *Service) createQueue(_ context.Context, in *sdk.CreateQueueInput) (*sdk.CreateQueueOutput, error) {
	name := aws.ToString(in.QueueName)
	if strings.HasSuffix(name, ".fifo") || in.Attributes["FifoQueue"] == "true" {
		return nil, &types.UnsupportedOperation{Message: aws.String("The sandbox has no FIFO queues.")}
	}
	if !queueName().MatchString(name) {
		return nil, invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if err := check(in.Attributes); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[name]; q != nil {
		for k, v := range in.Attributes {
			if q.attributes[k] != v {
				return nil, &types.QueueNameExists{Message: aws.String("A queue already exists with the same name and a different value for attribute " + k)}
			}
		}
		return &sdk.CreateQueueOutput{QueueUrl: aws.String(q.url)}, nil
	}
	now := time.Now()
	q := &queue{
		name: name, created: now, modified: now, attributes: defaults(), tags: maps.Clone(in.Tags),
		url: fmt.Sprintf("%s/%s/%s", s.opts.Endpoint(), s.opts.Account, name),
		arn: fmt.Sprintf("arn:aws:sqs:%s:%s:%s", s.opts.Region, s.opts.Account, name),
	}
	maps.Copy(q.attributes, in.Attributes)
	s.queues[name] = q
	return &sdk.CreateQueueOutput{QueueUrl: aws.String(q.url)}, nil
}

func (s *Service) deleteQueue(_ context.Context, in *sdk.DeleteQueueInput) (*sdk.DeleteQueueOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	q.gone = true
	delete(s.queues, q.name)
	q.changed.Raise()
	return &sdk.DeleteQueueOutput{}, nil
}

func (s *Service) getQueueURL(_ context.Context, in *sdk.GetQueueUrlInput) (*sdk.GetQueueUrlOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[aws.ToString(in.QueueName)]
	if q == nil || in.QueueOwnerAWSAccountId != nil && *in.QueueOwnerAWSAccountId != s.opts.Account {
		return nil, noQueue()
	}
	return &sdk.GetQueueUrlOutput{QueueUrl: aws.String(q.url)}, nil
}

func (s *Service) listQueues(_ context.Context, in *sdk.ListQueuesInput) (*sdk.ListQueuesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &sdk.ListQueuesOutput{} // AWS leaves QueueUrls out when there are none
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if strings.HasPrefix(name, aws.ToString(in.QueueNamePrefix)) {
			out.QueueUrls = append(out.QueueUrls, s.queues[name].url)
		}
	}
	return out, nil
}

func (s *Service) getQueueAttributes(_ context.Context, in *sdk.GetQueueAttributesInput) (*sdk.GetQueueAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	all := q.all(time.Now())
	if slices.Contains(in.AttributeNames, types.QueueAttributeNameAll) {
		return &sdk.GetQueueAttributesOutput{Attributes: all}, nil
	}
	out := &sdk.GetQueueAttributesOutput{Attributes: map[string]string{}}
	for _, name := range in.AttributeNames {
		if !slices.Contains(name.Values(), name) {
			return nil, unknownAttribute(string(name))
		}
		if v, there := all[string(name)]; there {
			out.Attributes[string(name)] = v
		}
	}
	return out, nil
}

func (s *Service) setQueueAttributes(_ context.Context, in *sdk.SetQueueAttributesInput) (*sdk.SetQueueAttributesOutput, error) {
	if err := check(in.Attributes); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	for k, v := range in.Attributes {
		if v == "" {
			delete(q.attributes, k) // an empty value takes a policy away
			continue
		}
		q.attributes[k] = v
	}
	q.modified = time.Now()
	q.changed.Raise()
	return &sdk.SetQueueAttributesOutput{}, nil
}

func (s *Service) listQueueTags(_ context.Context, in *sdk.ListQueueTagsInput) (*sdk.ListQueueTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.ListQueueTagsOutput{Tags: maps.Clone(q.tags)}, nil
}

func (s *Service) purgeQueue(_ context.Context, in *sdk.PurgeQueueInput) (*sdk.PurgeQueueOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	q.messages = nil
	return &sdk.PurgeQueueOutput{}, nil
}
