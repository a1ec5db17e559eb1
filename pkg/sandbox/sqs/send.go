package sqs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
	"github.com/google/uuid"
)

// Limits of a message and of a batch.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	maxAttributes = 10
	maxBatch      = 10
)

func (s *Service) sendMessage(ctx context.Context, in *sdk.SendMessageInput) (*sdk.SendMessageOutput, error) {
	sealed, err := s.seal(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	m, err := q.put(ctx, sealed, aws.ToString(in.MessageBody), in.DelaySeconds, in.MessageAttributes)
	if err != nil {
		return nil, err
	}
	q.changed.Raise()
	return &sdk.SendMessageOutput{
		MessageId: aws.String(m.id), MD5OfMessageBody: aws.String(m.md5), MD5OfMessageAttributes: optional(m.attrMD5),
	}, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// put appends a message; the caller holds mu.
func (q *queue) put(ctx context.Context, under sealed, body string, delay int32, attributes map[string]types.MessageAttributeValue) (*message, error) {
	if err := q.checkMessage(body, delay, attributes); err != nil {
		return nil, err
	}
	now := time.Now()
	wait := q.seconds("DelaySeconds")
	if delay > 0 {
		wait = time.Duration(delay) * time.Second
	}
	m := &message{
		id: uuid.NewString(), body: body, md5: digest(body), attributes: maps.Clone(attributes), attrMD5: digestAttributes(attributes),
		sender: wire.CallerOf(ctx).ARN, sent: now, visible: now.Add(wait), under: under,
	}
	q.expire(now)
	if len(q.messages) >= maxMessages {
		return nil, &types.OverLimit{Message: aws.String(fmt.Sprintf("The sandbox keeps at most %d messages in a queue.", maxMessages))}
	}
	q.messages = append(q.messages, m)
	return m, nil
}

func (q *queue) checkMessage(body string, delay int32, attributes map[string]types.MessageAttributeValue) error {
	if body == "" {
		return &smithy.GenericAPIError{Code: "MissingParameter", Message: "The request must contain the parameter MessageBody.", Fault: smithy.FaultClient}
	}
	if delay < 0 || delay > 900 {
		return invalidParameter("Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", delay)
	}
	if !utf8.ValidString(body) || strings.ContainsFunc(body, forbidden) {
		return &types.InvalidMessageContents{Message: aws.String("Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")}
	}
	if len(attributes) > maxAttributes {
		return invalidParameter("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(attributes), maxAttributes)
	}
	size := len(body)
	for name, a := range attributes {
		kind := aws.ToString(a.DataType)
		base, _, _ := strings.Cut(kind, ".")
		switch base {
		case "String", "Number", "Binary":
		default:
			return invalidParameter("The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", name)
		}
		if base == "Binary" && len(a.BinaryValue) == 0 || base != "Binary" && aws.ToString(a.StringValue) == "" {
			return invalidParameter("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, base)
		}
		size += len(name) + len(kind) + len(a.BinaryValue) + len(aws.ToString(a.StringValue))
	}
	if most := int(q.seconds("MaximumMessageSize") / time.Second); size > most {
		return invalidParameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", most)
	}
	return nil
}

func forbidden(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

func (s *Service) sendMessageBatch(ctx context.Context, in *sdk.SendMessageBatchInput) (*sdk.SendMessageBatchOutput, error) {
	sealed, err := s.seal(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, func(e types.SendMessageBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	out := &sdk.SendMessageBatchOutput{Successful: []types.SendMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
	for _, e := range in.Entries {
		m, err := q.put(ctx, sealed, aws.ToString(e.MessageBody), e.DelaySeconds, e.MessageAttributes)
		if err != nil {
			out.Failed = append(out.Failed, refused(e.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{
			Id: e.Id, MessageId: aws.String(m.id), MD5OfMessageBody: aws.String(m.md5), MD5OfMessageAttributes: optional(m.attrMD5),
		})
	}
	q.changed.Raise()
	return out, nil
}

// checkBatch refuses a batch as a whole.
func checkBatch[E any](entries []E, id func(E) *string) error {
	switch {
	case len(entries) == 0:
		return &types.EmptyBatchRequest{Message: aws.String("There should be at least one entry in the request.")}
	case len(entries) > maxBatch:
		return &types.TooManyEntriesInBatchRequest{Message: aws.String(fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries)))}
	}
	seen := map[string]bool{}
	for _, e := range entries {
		v := aws.ToString(id(e))
		if !queueName().MatchString(v) {
			return &types.InvalidBatchEntryId{Message: aws.String("A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")}
		}
		if seen[v] {
			return &types.BatchEntryIdsNotDistinct{Message: aws.String("Id " + v + " repeated.")}
		}
		seen[v] = true
	}
	return nil
}

// refused is an error as a batch tells it.
func refused(id *string, err error) types.BatchResultErrorEntry {
	e := types.BatchResultErrorEntry{Id: id, Code: aws.String("InternalError"), Message: aws.String(err.Error())}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Code, e.Message, e.SenderFault = aws.String(api.ErrorCode()), aws.String(api.ErrorMessage()), true
	}
	return e
}
