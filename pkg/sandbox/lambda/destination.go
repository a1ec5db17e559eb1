package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// record is what a destination receives.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionArn            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// report sends an event that left the queue to its destination, and a failed one to the dead-letter queue too.
// It acts as the function's role. A delivery that fails is logged with the function; nobody else could be told.
func (s *Service) report(ctx context.Context, f *function, e *event, condition string, config *types.FunctionEventInvokeConfig, dead *types.DeadLetterConfig) {
	if s.srv == nil {
		return
	}
	ctx = wire.WithCaller(ctx, s.callerOf(f))
	target := ""
	if config != nil {
		target = aws.ToString(config.DestinationConfig.OnFailure.Destination)
		if condition == succeeded {
			target = aws.ToString(config.DestinationConfig.OnSuccess.Destination)
		}
	}
	if target != "" {
		if err := s.send(ctx, target, e.record(*f.config.FunctionArn, condition)); err != nil {
			s.opts.Log(f.name(), e.id, fmt.Sprintf("The record of this invocation did not reach %s: %v", target, err))
		}
	}
	if dead != nil && aws.ToString(dead.TargetArn) != "" && condition != succeeded {
		if err := s.bury(ctx, *dead.TargetArn, e); err != nil {
			s.opts.Log(f.name(), e.id, fmt.Sprintf("The event did not reach the dead-letter queue %s: %v", *dead.TargetArn, err))
		}
	}
}

// callerOf is the principal that a function's role gives it.
func (s *Service) callerOf(f *function) wire.Caller {
	s.mu.Lock()
	defer s.mu.Unlock()
	role := aws.ToString(f.config.Role)
	name := role[strings.LastIndex(role, "/")+1:]
	return wire.Caller{
		ARN:  fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.opts.Account, name, f.name()),
		Role: role,
	}
}

func (e *event) record(functionARN, condition string) record {
	r := record{
		Version: "1.0", Timestamp: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), RequestPayload: e.payload,
		RequestContext: requestContext{
			RequestID: e.id, FunctionArn: functionARN + ":$LATEST", Condition: condition, ApproximateInvokeCount: e.runs,
		},
	}
	if e.answer == nil {
		return r
	}
	r.ResponseContext = &responseContext{StatusCode: http.StatusOK, ExecutedVersion: "$LATEST"}
	if e.answer.failed {
		r.ResponseContext.FunctionError = "Unhandled"
	}
	r.ResponsePayload = e.answer.payload
	if !json.Valid(r.ResponsePayload) {
		r.ResponsePayload = nil
	}
	return r
}

// send delivers a record to a queue, a topic, a function or a bus.
func (s *Service) send(ctx context.Context, target string, r record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	switch text := aws.String(string(body)); service(target) {
	case "sqs":
		_, err = wire.Call[sqs.SendMessageOutput](ctx, s.srv, &sqs.SendMessageInput{QueueUrl: s.queueURL(target), MessageBody: text})
	case "sns":
		_, err = wire.Call[sns.PublishOutput](ctx, s.srv, &sns.PublishInput{TopicArn: aws.String(target), Message: text})
	case "lambda":
		_, err = wire.Call[sdk.InvokeOutput](ctx, s.srv, &sdk.InvokeInput{
			FunctionName: aws.String(target), InvocationType: types.InvocationTypeEvent, Payload: body,
		})
	case "events":
		kind := "Failure"
		if r.RequestContext.Condition == succeeded {
			kind = "Success"
		}
		_, err = wire.Call[eventbridge.PutEventsOutput](ctx, s.srv, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
			Source: aws.String("lambda"), DetailType: aws.String("Lambda Function Invocation Result - " + kind),
			Resources: []string{target, r.RequestContext.FunctionArn}, Detail: text, EventBusName: aws.String(target),
		}}})
	default:
		err = fmt.Errorf("%s is no queue, topic, function or bus", target)
	}
	return err
}

// bury sends a failed event to the function's dead-letter queue or topic, with the attributes of
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
func (s *Service) bury(ctx context.Context, target string, e *event) error {
	code, message := "429", e.errored
	if e.answer != nil {
		code = "200"
		var said struct {
			ErrorMessage string `json:"errorMessage"`
		}
		message = string(e.answer.payload)
		if json.Unmarshal(e.answer.payload, &said) == nil && said.ErrorMessage != "" {
			message = said.ErrorMessage
		}
	}
	message = message[:min(len(message), 1024)]
	attributes := [][3]string{{"RequestID", "String", e.id}, {"ErrorCode", "Number", code}}
	if message != "" {
		attributes = append(attributes, [3]string{"ErrorMessage", "String", message})
	}
	if service(target) == "sns" {
		in := &sns.PublishInput{TopicArn: aws.String(target), Message: aws.String(string(e.payload)), MessageAttributes: map[string]snstypes.MessageAttributeValue{}}
		for _, a := range attributes {
			in.MessageAttributes[a[0]] = snstypes.MessageAttributeValue{DataType: aws.String(a[1]), StringValue: aws.String(a[2])}
		}
		_, err := wire.Call[sns.PublishOutput](ctx, s.srv, in)
		return err
	}
	in := &sqs.SendMessageInput{QueueUrl: s.queueURL(target), MessageBody: aws.String(string(e.payload)), MessageAttributes: map[string]sqstypes.MessageAttributeValue{}}
	for _, a := range attributes {
		in.MessageAttributes[a[0]] = sqstypes.MessageAttributeValue{DataType: aws.String(a[1]), StringValue: aws.String(a[2])}
	}
	_, err := wire.Call[sqs.SendMessageOutput](ctx, s.srv, in)
	return err
}

// service is the third part of an ARN.
func service(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

// queueURL of a queue's ARN, on the sandbox's own endpoint.
func (s *Service) queueURL(arn string) *string {
	parts := strings.Split(arn, ":")
	return aws.String(fmt.Sprintf("%s/%s/%s", s.opts.Endpoint(), s.opts.Account, parts[len(parts)-1]))
}
