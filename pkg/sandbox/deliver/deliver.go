// Package deliver hands inputs to the targets of rules and schedules, and tries again as their policies say. It is
// what EventBridge and EventBridge Scheduler have in common.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// AWS does not publish the steps of its backoff; these double, with jitter, up to the last.
const (
	firstBackoff = time.Second
	lastBackoff  = 15 * time.Minute
)

// Service is the third part of an ARN, empty when it is none.
func Service(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[2]
}

// Targets are the Lambda functions, SQS queues and SNS topics behind a wire.
type Targets struct {
	Server   *wire.Server
	Endpoint func() string // begins the URLs of queues
	Account  string
}

// Send hands the input to the target: functions are invoked asynchronously.
func (t Targets) Send(ctx context.Context, arn string, input []byte) (err error) {
	switch Service(arn) {
	case "lambda":
		_, err = wire.Call[lambda.InvokeOutput](ctx, t.Server, &lambda.InvokeInput{
			FunctionName: &arn, InvocationType: lambdatypes.InvocationTypeEvent, Payload: input,
		})
	case "sqs":
		err = t.Queue(ctx, arn, input, nil)
	case "sns":
		_, err = wire.Call[sns.PublishOutput](ctx, t.Server, &sns.PublishInput{TopicArn: &arn, Message: aws.String(string(input))})
	default:
		err = fmt.Errorf("no delivery to %s", arn)
	}
	return err
}

// Queue sends a message with attributes to a queue. An attribute without a value is left out; the one named
// RETRY_ATTEMPTS is a number.
func (t Targets) Queue(ctx context.Context, arn string, body []byte, attributes map[string]string) error {
	url := fmt.Sprintf("%s/%s/%s", t.Endpoint(), t.Account, arn[strings.LastIndexByte(arn, ':')+1:])
	in := &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(string(body))}
	for name, v := range attributes {
		if v == "" {
			continue
		}
		kind := "String"
		if name == "RETRY_ATTEMPTS" {
			kind = "Number"
		}
		if in.MessageAttributes == nil {
			in.MessageAttributes = map[string]sqstypes.MessageAttributeValue{}
		}
		in.MessageAttributes[name] = sqstypes.MessageAttributeValue{DataType: &kind, StringValue: &v}
	}
	_, err := wire.Call[sqs.SendMessageOutput](ctx, t.Server, in)
	return err
}

// shortestAge is how long a delivery is tried at least, however fast the clock runs: what it is for is real.
const shortestAge = time.Minute

// Policy says how long a delivery is tried.
type Policy struct {
	Attempts int // beyond the first
	Age      time.Duration
}

// NewPolicy has AWS's defaults, 185 attempts in 24 hours, where a value is missing.
func NewPolicy(attempts, ageSeconds *int32) Policy {
	p := Policy{Attempts: 185, Age: 24 * time.Hour}
	if attempts != nil {
		p.Attempts = int(*attempts)
	}
	if ageSeconds != nil {
		p.Age = time.Duration(*ageSeconds) * time.Second
	}
	return p
}

// Failure is a delivery that was given up.
type Failure struct {
	Code      string // as EventBridge's dead letters tell it
	AWSCode   string // as the target told it
	Message   string
	Retries   int
	Condition string // MaximumRetryAttempts or MaximumEventAgeInSeconds; empty when retrying was no use
}

// Try calls send until it succeeds, retrying is no use, or the policy ends it; the waits between have the name
// given. It returns nil when send succeeded or ctx ended.
func (p Policy) Try(ctx context.Context, c *clock.Clock, wait string, send func(attempt int) error) *Failure {
	start, backoff := c.Now(), firstBackoff
	for retries := 0; ; retries++ {
		err := send(retries + 1)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		f := &Failure{Message: err.Error(), Retries: retries}
		var api smithy.APIError
		if errors.As(err, &api) {
			f.AWSCode, f.Message = api.ErrorCode(), api.ErrorMessage()
		}
		var again bool
		f.Code, again = classify(err)
		if !again {
			return f
		}
		pause := backoff/2 + rand.N(backoff)
		switch {
		case retries >= p.Attempts:
			f.Condition = "MaximumRetryAttempts"
			return f
		case c.Now().Sub(start)+c.Scale(pause) > c.Deadline(p.Age, shortestAge):
			f.Condition = "MaximumEventAgeInSeconds"
			return f
		}
		if c.Wait(ctx, wait, pause) != nil {
			return nil
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// classify gives an error the code under which dead letters tell it, and says whether another attempt may help.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func classify(err error) (code string, again bool) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return "INTERNAL_ERROR", true
	}
	c := api.ErrorCode()
	switch {
	case strings.Contains(c, "AccessDenied") || strings.Contains(c, "NotAuthorized") || c == "AuthorizationError":
		return "NO_PERMISSIONS", false
	case strings.Contains(c, "NotFound") || strings.Contains(c, "NonExistentQueue") || strings.Contains(c, "QueueDoesNotExist"):
		return "NO_RESOURCE", false
	case c == "InvalidRequestContentException":
		return "INVALID_JSON", false
	case strings.Contains(c, "TooManyRequests") || strings.Contains(c, "Throttl"):
		return "THROTTLING", true
	case api.ErrorFault() == smithy.FaultServer:
		return "ERROR_FROM_TARGET", true
	}
	return "SDK_CLIENT_ERROR", false
}
