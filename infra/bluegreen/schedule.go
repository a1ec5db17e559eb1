package bluegreen

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// ScheduleProps say how often the release function looks by itself.
type ScheduleProps struct {
	Names    config.Names
	Every    config.Duration
	Function awslambda.CfnFunction
	Queue    awssqs.CfnQueue
	// Key is the ARN of the KMS key that the queue is under; empty for SQS's own.
	Key string
}

// scheduled is what the function is handed: the shape of EventBridge Scheduler's own event, written out so that it
// does not hang on a default.
const scheduled = `{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":{}}`

// NewSchedule wakes the release function however quiet the events are: ECR promises them on a best-effort basis only.
// It is not tried again, because the next one is near.
func NewSchedule(scope constructs.Construct, id string, props ScheduleProps) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	function, queue := props.Function.AttrArn(), props.Queue.AttrArn()
	statements := []Statement{
		{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{*function}},
		{Actions: []string{"sqs:SendMessage"}, Resources: []string{*queue}},
	}
	if props.Key != "" {
		statements = append(statements, keyed(props.Key))
	}
	role := NewRole(scope, "Role", RoleProps{
		Description: "EventBridge Scheduler waking " + props.Names.ReleaseFunction,
		Service:     "scheduler.amazonaws.com",
		Condition:   from(arn("scheduler", "schedule-group/default")),
		Statements:  statements,
	})
	awsscheduler.NewCfnSchedule(scope, jsii.String("Schedule"), &awsscheduler.CfnScheduleProps{
		Name: jsii.String(props.Names.Schedule), Description: jsii.String("Looks whether " + props.Names.Title + " is as wished"),
		State: jsii.String("ENABLED"), ScheduleExpression: jsii.String(rate(props.Every.Std())),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: function, RoleArn: role.AttrArn(), Input: jsii.String(scheduled),
			DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: queue},
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(60),
			},
		},
	})
}

// rate is a whole number of minutes, which config.Parse has checked, as Scheduler writes it.
func rate(every time.Duration) string {
	if every == time.Minute {
		return "rate(1 minute)"
	}
	return fmt.Sprintf("rate(%d minutes)", int(every.Minutes()))
}
