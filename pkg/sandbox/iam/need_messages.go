package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// sqs adds queues; batches need the permission of one message.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
func (t table) sqs() {
	const service = "sqs"
	on(t, service, func(a asking, in *sqs.CreateQueueInput) []need {
		n := a.needs(service, part("", in.QueueName))[0].tagged(in.Tags)
		if len(in.Tags) == 0 {
			return []need{n}
		}
		return []need{n, n.as("sqs:TagQueue")}
	})
	onEach(t, service, func(in *sqs.GetQueueUrlInput) []string { return part("", in.QueueName) })
	onAny[sqs.ListQueuesInput](t, service)
	onQueue(t, "", func(in *sqs.DeleteQueueInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.GetQueueAttributesInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.SetQueueAttributesInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.ListQueueTagsInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.PurgeQueueInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.SendMessageInput) *string { return in.QueueUrl })
	onQueue(t, "sqs:SendMessage", func(in *sqs.SendMessageBatchInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.ReceiveMessageInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.DeleteMessageInput) *string { return in.QueueUrl })
	onQueue(t, "sqs:DeleteMessage", func(in *sqs.DeleteMessageBatchInput) *string { return in.QueueUrl })
	onQueue(t, "", func(in *sqs.ChangeMessageVisibilityInput) *string { return in.QueueUrl })
}

// sns adds topics. A subscription's ARN is its topic's and one part more.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
func (t table) sns() {
	const service = "sns"
	onEach(t, service, func(in *sns.CreateTopicInput) []string { return part("", in.Name) })
	onAny[sns.ListTopicsInput](t, service)
	onARN(t, service, func(in *sns.DeleteTopicInput) *string { return in.TopicArn })
	onARN(t, service, func(in *sns.GetTopicAttributesInput) *string { return in.TopicArn })
	onARN(t, service, func(in *sns.SetTopicAttributesInput) *string { return in.TopicArn })
	onARN(t, service, func(in *sns.PublishInput) *string { return in.TopicArn })
	onARN(t, service, func(in *sns.ListSubscriptionsByTopicInput) *string { return in.TopicArn })
	onARN(t, service, func(in *sns.UnsubscribeInput) *string {
		arn := aws.ToString(in.SubscriptionArn)
		return aws.String(arn[:max(0, strings.LastIndexByte(arn, ':'))])
	})
	on(t, service, func(a asking, in *sns.SubscribeInput) []need {
		n := a.need(aws.ToString(in.TopicArn))
		return []need{n.with("sns:Protocol", aws.ToString(in.Protocol)).with("sns:Endpoint", aws.ToString(in.Endpoint))}
	})
}

// secrets adds Secrets Manager's.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
func (t table) secrets() {
	const service = "secretsmanager"
	onEach(t, service, func(in *secretsmanager.CreateSecretInput) []string { return part("secret:", in.Name) })
	onARN(t, service, func(in *secretsmanager.DeleteSecretInput) *string { return in.SecretId })
	onARN(t, service, func(in *secretsmanager.GetSecretValueInput) *string { return in.SecretId })
}

// parameters adds those of the Parameter Store, whose ARNs have no slash of their own before a name that begins with one.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
func (t table) parameters() {
	const service = "ssm"
	named := func(name *string) []string {
		return part("parameter/", aws.String(strings.TrimPrefix(aws.ToString(name), "/")))
	}
	onEach(t, service, func(in *ssm.DeleteParameterInput) []string { return named(in.Name) })
	onEach(t, service, func(in *ssm.GetParameterInput) []string { return named(in.Name) })
	onEach(t, service, func(in *ssm.PutParameterInput) []string { return named(in.Name) })
}

// onARN adds an operation on what its input names by an ARN.
func onARN[In any](t table, service string, arn func(in *In) *string) {
	on(t, service, func(a asking, in *In) []need { return []need{a.need(aws.ToString(arn(in)))} })
}

// onQueue adds an operation on a queue that its URL tells, under the action of another where that is named.
func onQueue[In any](t table, action string, url func(in *In) *string) {
	on(t, "sqs", func(a asking, in *In) []need {
		name := aws.ToString(url(in))
		n := a.needs("sqs", []string{name[strings.LastIndexByte(name, '/')+1:]})[0]
		n.url = name
		if action != "" {
			n.action = action
		}
		return []need{n}
	})
}

// events adds rules, their targets and events of one's own.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
func (t table) events() {
	const service = "events"
	on(t, service, func(a asking, in *eventbridge.PutRuleInput) []need {
		tags := map[string]string{}
		for _, tag := range in.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		out := []need{a.needs(service, rule(in.EventBusName, in.Name))[0].tagged(tags)}
		if len(tags) > 0 {
			out = append(out, out[0].as("events:TagResource"))
		}
		return append(out, pass("events.amazonaws.com", aws.ToString(in.RoleArn))...)
	})
	on(t, service, func(a asking, in *eventbridge.PutTargetsInput) []need {
		n, roles := a.needs(service, rule(in.EventBusName, in.Rule))[0], []string(nil)
		var arns []string
		for _, target := range in.Targets {
			arns = append(arns, aws.ToString(target.Arn))
			roles = append(roles, aws.ToString(target.RoleArn))
		}
		return append([]need{n.with("events:TargetArn", arns...)}, pass("events.amazonaws.com", roles...)...)
	})
	onEach(t, service, func(in *eventbridge.DescribeRuleInput) []string { return rule(in.EventBusName, in.Name) })
	onEach(t, service, func(in *eventbridge.DeleteRuleInput) []string { return rule(in.EventBusName, in.Name) })
	onEach(t, service, func(in *eventbridge.EnableRuleInput) []string { return rule(in.EventBusName, in.Name) })
	onEach(t, service, func(in *eventbridge.DisableRuleInput) []string { return rule(in.EventBusName, in.Name) })
	onEach(t, service, func(in *eventbridge.RemoveTargetsInput) []string { return rule(in.EventBusName, in.Rule) })
	onEach(t, service, func(in *eventbridge.ListTargetsByRuleInput) []string { return rule(in.EventBusName, in.Rule) })
	onAny[eventbridge.ListRulesInput](t, service)
	onAny[eventbridge.ListRuleNamesByTargetInput](t, service)
	onAny[eventbridge.TestEventPatternInput](t, service)
	on(t, service, func(a asking, in *eventbridge.PutEventsInput) []need {
		var out []need
		for _, e := range in.Entries {
			n := a.need(a.arn(service, "event-bus/"+busName(e.EventBusName)))
			out = append(out, n.with("events:source", aws.ToString(e.Source)).with("events:detail-type", aws.ToString(e.DetailType)))
		}
		if out == nil {
			return []need{a.need("")}
		}
		return out
	})
}

// rule's part of its ARN; the default bus is not named.
func rule(bus, name *string) []string {
	if b := busName(bus); b != "default" {
		return part("rule/"+b+"/", name)
	}
	return part("rule/", name)
}

func busName(bus *string) string {
	name := aws.ToString(bus)
	if name == "" {
		return "default"
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// scheduler adds schedules and their groups.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
func (t table) scheduler() {
	const service = "scheduler"
	on(t, service, func(a asking, in *scheduler.CreateScheduleInput) []need {
		return append(a.needs(service, schedule(in.GroupName, in.Name)), passTarget(in.Target)...)
	})
	on(t, service, func(a asking, in *scheduler.UpdateScheduleInput) []need {
		return append(a.needs(service, schedule(in.GroupName, in.Name)), passTarget(in.Target)...)
	})
	onEach(t, service, func(in *scheduler.GetScheduleInput) []string { return schedule(in.GroupName, in.Name) })
	onEach(t, service, func(in *scheduler.DeleteScheduleInput) []string { return schedule(in.GroupName, in.Name) })
	onEach(t, service, func(in *scheduler.ListSchedulesInput) []string {
		if in.GroupName == nil {
			return []string{"schedule/*/*"}
		}
		return schedule(in.GroupName, aws.String("*"))
	})
	onEach(t, service, func(in *scheduler.GetScheduleGroupInput) []string { return part("schedule-group/", in.Name) })
	onEach(t, service, func(*scheduler.ListScheduleGroupsInput) []string { return []string{"schedule-group/*"} })
}

func schedule(group, name *string) []string {
	g := aws.ToString(group)
	if g == "" {
		g = "default"
	}
	return part("schedule/"+g+"/", name)
}

func passTarget(target *schedulertypes.Target) []need {
	if target == nil {
		return nil
	}
	return pass("scheduler.amazonaws.com", aws.ToString(target.RoleArn))
}
