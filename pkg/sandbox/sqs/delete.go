package sqs

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (s *Service) deleteMessage(_ context.Context, in *sdk.DeleteMessageInput) (*sdk.DeleteMessageOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := q.remove(in.ReceiptHandle); err != nil {
		return nil, err
	}
	return &sdk.DeleteMessageOutput{}, nil
}

// handleLength of every receipt handle in characters.
const handleLength = 128

// remove deletes the message that was received under handle. One that is gone, or that was received again since, is
// no error, as on AWS; a handle that never was one is. The caller holds mu.
func (q *queue) remove(handle *string) error {
	h := aws.ToString(handle)
	if len(h) != handleLength {
		return badHandle(h)
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return m.handle == h })
	return nil
}

func badHandle(handle string) error {
	return &types.ReceiptHandleIsInvalid{Message: aws.String(`The input receipt handle "` + handle + `" is not a valid receipt handle.`)}
}

func (s *Service) deleteMessageBatch(_ context.Context, in *sdk.DeleteMessageBatchInput) (*sdk.DeleteMessageBatchOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, func(e types.DeleteMessageBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	out := &sdk.DeleteMessageBatchOutput{Successful: []types.DeleteMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
	for _, e := range in.Entries {
		if err := q.remove(e.ReceiptHandle); err != nil {
			out.Failed = append(out.Failed, refused(e.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: e.Id})
	}
	return out, nil
}

func (s *Service) changeMessageVisibility(_ context.Context, in *sdk.ChangeMessageVisibilityInput) (*sdk.ChangeMessageVisibilityOutput, error) {
	if in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43200 {
		return nil, invalidParameter("Value %d for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", in.VisibilityTimeout)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	h := aws.ToString(in.ReceiptHandle)
	i := slices.IndexFunc(q.messages, func(m *message) bool { return m.handle == h })
	if len(h) != handleLength {
		return nil, badHandle(h)
	}
	now := time.Now()
	if i < 0 || !q.messages[i].visible.After(now) {
		return nil, &types.MessageNotInflight{Message: aws.String("Value " + h + " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.")}
	}
	q.messages[i].visible = now.Add(time.Duration(in.VisibilityTimeout) * time.Second)
	q.changed.Raise()
	return &sdk.ChangeMessageVisibilityOutput{}, nil
}
