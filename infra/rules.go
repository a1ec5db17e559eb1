package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// RulesProps say what wakes the release function.
type RulesProps struct {
	Names    config.Names
	Image    config.Image
	Function awslambda.CfnFunction
	// Queue takes the events that could not be handed to Lambda.
	Queue awssqs.CfnQueue
	// Alarms beside the stack's own.
	Alarms []string
}

// NewRules are two: pushes of this service's image, and changes after which it may deploy again. What they let
// through is at least what the function acts on; it reads every event again and ignores with a reason.
func NewRules(scope constructs.Construct, id string, props RulesProps) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	pushes := newRule(scope, "Pushes", props, "-pushes", "Pushes to "+props.Names.Repository+" of tags like "+props.Image.Tag, pushPattern(props))
	changes := newRule(scope, "Changes", props, "-changes", "Ends of deployments, stack updates, alarms quiet again", changePattern(props))
	awssqs.NewCfnQueuePolicy(scope, jsii.String("DeadLetters"), &awssqs.CfnQueuePolicyProps{
		Queues: &[]*string{props.Queue.Ref()},
		PolicyDocument: document(map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"},
			"Action": "sqs:SendMessage", "Resource": props.Queue.AttrArn(),
			"Condition": Condition{"ArnEquals": {"aws:SourceArn": []*string{pushes, changes}}},
		}),
	})
}

func newRule(scope constructs.Construct, id string, props RulesProps, suffix, description string, pattern map[string]any) *string {
	rule := awsevents.NewCfnRule(scope, jsii.String(id), &awsevents.CfnRuleProps{
		Name: jsii.String(props.Names.Stack + suffix), Description: jsii.String(description),
		State: jsii.String("ENABLED"), EventPattern: pattern,
		Targets: []*awsevents.CfnRule_TargetProperty{{
			Id: jsii.String(release), Arn: props.Function.AttrArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: props.Queue.AttrArn()},
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(eventAge.Seconds()), MaximumRetryAttempts: jsii.Number(185),
			},
		}},
	})
	permit(scope, id+"MayInvoke", props.Function, "events.amazonaws.com", rule.AttrArn())
	return rule.AttrArn()
}

// pushPattern takes successful pushes to the repository, and images that replication brought there, whose tag may be
// the service's.
func pushPattern(props RulesProps) map[string]any {
	return map[string]any{
		"source": []any{"aws.ecr"}, "detail-type": []any{"ECR Image Action", "ECR Replication Action"},
		"detail": map[string]any{
			"action-type": []any{"PUSH", "REPLICATE"}, "result": []any{"SUCCESS"},
			"repository-name": []any{props.Names.Repository},
			"image-tag":       []any{tagPattern(props.Image)},
		},
	}
}

// tagPattern is the narrowest that an exact tag, a prefix or a suffix can say. A glob with text on both ends, or
// with a question mark, comes out wider than it is; the function judges the rest.
func tagPattern(i config.Image) any {
	if i.Exact() {
		return i.Tag
	}
	if prefix := i.Tag[:strings.IndexAny(i.Tag, "*?")]; prefix != "" {
		return map[string]any{"prefix": prefix}
	}
	if suffix := i.Tag[strings.LastIndexAny(i.Tag, "*?")+1:]; suffix != "" {
		return map[string]any{"suffix": suffix}
	}
	return map[string]any{"anything-but": []any{""}}
}

// changePattern takes three kinds of events in one rule: this group's deployments ended, this stack settled, this
// group's alarms are quiet again.
func changePattern(props RulesProps) map[string]any {
	alarms := []any{props.Names.Alarms[0], props.Names.Alarms[1]}
	for _, a := range props.Alarms {
		alarms = append(alarms, a)
	}
	return map[string]any{
		"source": []any{"aws.codedeploy", "aws.cloudformation", "aws.cloudwatch"},
		"detail-type": []any{
			"CodeDeploy Deployment State-change Notification", "CloudFormation Stack Status Change", "CloudWatch Alarm State Change",
		},
		"detail": map[string]any{"$or": []any{
			map[string]any{
				"application": []any{props.Names.Application}, "deploymentGroup": []any{props.Names.DeploymentGroup},
				"state": []any{"SUCCESS", "FAILURE", "STOP"},
			},
			map[string]any{
				"stack-id":       []any{awscdk.Aws_STACK_ID()},
				"status-details": map[string]any{"status": []any{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}},
			},
			map[string]any{"alarmName": alarms, "state": map[string]any{"value": []any{"OK"}}},
		}},
	}
}
