package scheduler

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/deliver"
	"github.com/cutover-ecs/cutover/pkg/sandbox/schedule"
)

var (
	scheduleName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-zA-Z-_.]{1,64}$`) })
	roleARN      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws(-[a-z]+)?:iam::\d{12}:role/[\w+=,.@/-]+$`) })
	singular     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^rate\(1 (minute|hour|day)s\)$`) })
)

func invalid(format string, args ...any) error {
	return &types.ValidationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// check refuses what AWS refuses.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
func check(in *scheduler.CreateScheduleInput) error {
	if !scheduleName().MatchString(aws.ToString(in.Name)) {
		return invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$", aws.ToString(in.Name))
	}
	if w := in.FlexibleTimeWindow; w == nil || w.Mode != types.FlexibleTimeWindowModeOff && w.Mode != types.FlexibleTimeWindowModeFlexible {
		return invalid("1 validation error detected: Value null at 'flexibleTimeWindow' failed to satisfy constraint: Member must not be null")
	}
	if _, err := parse(aws.ToString(in.ScheduleExpression), in.ScheduleExpressionTimezone); err != nil {
		return err
	}
	switch in.State {
	case "", types.ScheduleStateEnabled, types.ScheduleStateDisabled:
	default:
		return invalid("1 validation error detected: Value '%s' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]", in.State)
	}
	if in.Target == nil {
		return invalid("1 validation error detected: Value null at 'target' failed to satisfy constraint: Member must not be null")
	}
	return checkTarget(in.Target)
}

func checkTarget(t *types.Target) error {
	arn := aws.ToString(t.Arn)
	service := deliver.Service(arn)
	switch service {
	case "lambda", "sqs", "sns":
	case "":
		return invalid("Provided Arn is not in correct format.")
	default:
		return invalid("The sandbox invokes Lambda functions, SQS queues and SNS topics, not %s.", arn)
	}
	if !roleARN().MatchString(aws.ToString(t.RoleArn)) {
		return invalid("1 validation error detected: Value '%s' at 'target.roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", aws.ToString(t.RoleArn), roleARN())
	}
	if service == "lambda" && t.Input != nil && !json.Valid([]byte(*t.Input)) {
		return invalid("Invalid Input for Lambda target: it must be well-formed JSON.")
	}
	if d := t.DeadLetterConfig; d != nil && d.Arn != nil && deliver.Service(*d.Arn) != "sqs" {
		return invalid("Dead letter queue ARN is not an SQS queue: %s", *d.Arn)
	}
	if p := t.RetryPolicy; p != nil {
		if v := p.MaximumEventAgeInSeconds; v != nil && (*v < 60 || *v > 86400) {
			return invalid("1 validation error detected: Value '%d' at 'target.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value between 60 and 86400", *v)
		}
		if v := p.MaximumRetryAttempts; v != nil && (*v < 0 || *v > 185) {
			return invalid("1 validation error detected: Value '%d' at 'target.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value between 0 and 185", *v)
		}
	}
	return nil
}

// parsed is an expression in its time zone.
type parsed struct {
	schedule.Expression
	zone *time.Location
}

// parse reads an expression. Scheduler, unlike a rule, takes the plural behind 1 too.
func parse(text string, timezone *string) (parsed, error) {
	zone, err := time.LoadLocation(aws.ToString(timezone))
	if err != nil {
		return parsed{}, invalid("Invalid Schedule Expression Timezone %s.", aws.ToString(timezone))
	}
	e, err := schedule.Parse(singular().ReplaceAllString(text, "rate(1 $1)"), zone)
	if err != nil {
		return parsed{}, invalid("Invalid Schedule Expression %s.", text)
	}
	return parsed{e, zone}, nil
}
