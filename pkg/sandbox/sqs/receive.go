package sqs

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (s *Service) receiveMessage(ctx context.Context, in *sdk.ReceiveMessageInput) (*sdk.ReceiveMessageOutput, error) {
	most := int(in.MaxNumberOfMessages)
	if most == 0 {
		most = 1
	}
	switch {
	case most < 1 || most > 10:
		return nil, invalidParameter("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", most)
	case in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > 20:
		return nil, invalidParameter("Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", in.WaitTimeSeconds)
	case in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43200:
		return nil, invalidParameter("Value %d for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.", in.VisibilityTimeout)
	}
	start := time.Now()
	for {
		s.mu.Lock()
		q, err := s.find(in.QueueUrl)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		now := time.Now()
		changed := q.changed.Changed()
		got, picked := s.pick(q, in, most, now)
		end := start.Add(q.patience(in))
		until := q.wakeUp(now, end)
		s.mu.Unlock()
		if len(got) > 0 || !now.Before(end) {
			if err := s.open(ctx, q.arn, picked); err != nil {
				s.putBack(q, picked)
				return nil, err
			}
			return &sdk.ReceiveMessageOutput{Messages: got}, nil
		}
		timer := time.NewTimer(until.Sub(now))
		select {
		case <-changed:
		case <-timer.C:
		case <-s.closed:
			timer.Stop()
			return &sdk.ReceiveMessageOutput{}, nil
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// patience is how long a receiver waits for a message.
func (q *queue) patience(in *sdk.ReceiveMessageInput) time.Duration {
	if in.WaitTimeSeconds > 0 {
		return time.Duration(in.WaitTimeSeconds) * time.Second
	}
	return q.seconds("ReceiveMessageWaitTimeSeconds")
}

// wakeUp is when a message becomes visible next, end at the latest.
func (q *queue) wakeUp(now, end time.Time) time.Time {
	for _, m := range q.messages {
		if m.visible.After(now) && m.visible.Before(end) {
			end = m.visible
		}
	}
	return end
}

// pick takes visible messages, oldest first, and moves those received too often to the dead-letter queue; the
// caller holds mu.
func (s *Service) pick(q *queue, in *sdk.ReceiveMessageInput, most int, now time.Time) (got []types.Message, picked []*message) {
	q.expire(now)
	hide := q.seconds("VisibilityTimeout")
	if in.VisibilityTimeout > 0 {
		hide = time.Duration(in.VisibilityTimeout) * time.Second
	}
	policy, limited := parseRedrive(q.attributes["RedrivePolicy"])
	var dead []*message
	for _, m := range q.messages {
		if len(got) == most {
			break
		}
		if m.visible.After(now) {
			continue
		}
		if limited && m.received >= policy.most {
			dead = append(dead, m)
			continue
		}
		if m.received == 0 {
			m.first = now
		}
		m.received++
		m.visible = now.Add(hide)
		m.handle = newHandle()
		got, picked = append(got, m.as(in)), append(picked, m)
	}
	s.redrive(q, policy.target, dead)
	return got, picked
}

// putBack shows messages again whose receiver could not open them.
func (s *Service) putBack(q *queue, picked []*message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range picked {
		m.visible = time.Now()
		m.received--
	}
	q.changed.Raise()
}

// redrive moves messages to the queue with that ARN; without one they stay where they are. The caller holds mu.
func (s *Service) redrive(q *queue, target string, dead []*message) {
	if len(dead) == 0 {
		return
	}
	to := s.queues[target[strings.LastIndexByte(target, ':')+1:]]
	if to == nil || to == q {
		return
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return slices.Contains(dead, m) })
	for _, m := range dead {
		m.received, m.handle = 0, ""
		to.messages = append(to.messages, m)
	}
	to.changed.Raise()
}

// newHandle is a receipt handle.
func newHandle() string {
	var b [96]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// as is the message with the attributes that the receiver asks for.
func (m *message) as(in *sdk.ReceiveMessageInput) types.Message {
	out := types.Message{
		MessageId: aws.String(m.id), Body: aws.String(m.body), MD5OfBody: aws.String(m.md5), ReceiptHandle: aws.String(m.handle),
	}
	system := map[string]string{
		"SenderId": m.sender, "SentTimestamp": millis(m.sent), "ApproximateReceiveCount": strconv.Itoa(m.received),
		"ApproximateFirstReceiveTimestamp": millis(m.first),
	}
	var names []string
	//lint:ignore SA1019 older clients still send it
	for _, n := range in.AttributeNames {
		names = append(names, string(n))
	}
	for _, n := range in.MessageSystemAttributeNames {
		names = append(names, string(n))
	}
	for name, v := range system {
		if slices.Contains(names, "All") || slices.Contains(names, name) {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[name] = v
		}
	}
	for name, v := range m.attributes {
		if slices.ContainsFunc(in.MessageAttributeNames, func(want string) bool { return wanted(want, name) }) {
			if out.MessageAttributes == nil {
				out.MessageAttributes = map[string]types.MessageAttributeValue{}
			}
			out.MessageAttributes[name] = v
		}
	}
	out.MD5OfMessageAttributes = optional(digestAttributes(out.MessageAttributes))
	return out
}

// wanted reads All, .*, a prefix with .* behind it, or a name.
func wanted(want, name string) bool {
	prefix, pattern := strings.CutSuffix(want, ".*")
	return want == "All" || want == name || pattern && strings.HasPrefix(name, prefix)
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
