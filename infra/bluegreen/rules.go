package bluegreen

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// RulesProps say what wakes the release function.
type RulesProps struct {
	Names config.Names
	// Service says which repositories and tags are its own, and its alarms beside the stack's.
	Service  config.Service
	Function awslambda.CfnFunction
	// Queue takes the events that could not be handed to Lambda.
	Queue awssqs.CfnQueue
}

// NewRules are two: pushes of this service's images, and changes after which it may deploy again. What they let
// through is at least what the function acts on; it reads every event again and ignores with a reason.
func NewRules(scope constructs.Construct, id string, props RulesProps) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	wake := newWaking(scope, Release, props.Function, props.Queue)
	pushes := wake.permit("PushesMayInvoke", wake.by("Pushes", props.Names.Stack+"-pushes",
		pushesText(props.Service), pushPattern(props.Service), nil))
	changes := wake.permit("ChangesMayInvoke", wake.by("Changes", props.Names.Stack+"-changes",
		"Ends of deployments, stack updates, alarms quiet again", changePattern(props), nil))
	fromRules(scope, "DeadLetters", props.Queue, []*string{pushes, changes})
}

// pushesText tells the first of the images; a rule's description has 512 characters.
func pushesText(s config.Service) string {
	first := s.Wanted()[0]
	text := "Pushes to " + first.Repository
	switch {
	case first.Regexp != "":
		text += " of tags like the service's expression"
	case first.Semver != "":
		text += " of versions"
	default:
		text += " of tags like " + first.Tag
	}
	if more := len(s.Wanted()) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// pushPattern takes successful pushes to the repositories, and images that replication brought there, whose tag may be
// the service's. Of several repositories each is taken with the tags of all.
func pushPattern(s config.Service) map[string]any {
	var repositories []any
	for _, r := range s.Repositories() {
		repositories = append(repositories, r.Name)
	}
	return map[string]any{
		"source": []any{"aws.ecr"}, "detail-type": []any{"ECR Image Action", "ECR Replication Action"},
		"detail": map[string]any{
			"action-type": []any{"PUSH", "REPLICATE"}, "result": []any{"SUCCESS"},
			"repository-name": repositories,
			"image-tag":       tagPatterns(s.Wanted()),
		},
	}
}

// changePattern takes three kinds of events in one rule: this group's deployments ended, this stack settled, this
// group's alarms are quiet again; and a fourth where a gate waits for it: an image has been scanned.
func changePattern(props RulesProps) map[string]any {
	alarms := []any{props.Names.Alarms[0], props.Names.Alarms[1]}
	for _, a := range props.Service.Deployment.Alarms {
		alarms = append(alarms, a)
	}
	pattern := map[string]any{
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
	if props.Service.Gates.Scan != nil {
		withScans(pattern, props.Service)
	}
	return pattern
}

// withScans takes the ends of scans too: ECR's own, and Inspector's, which names repositories by their ARNs.
func withScans(pattern map[string]any, s config.Service) {
	var named []any
	for _, r := range s.Repositories() {
		named = append(named, r.Name, map[string]any{"suffix": ":repository/" + r.Name})
	}
	detail := pattern["detail"].(map[string]any)
	pattern["source"] = append(pattern["source"].([]any), "aws.ecr", "aws.inspector2")
	pattern["detail-type"] = append(pattern["detail-type"].([]any), "ECR Image Scan", "Inspector2 Scan")
	detail["$or"] = append(detail["$or"].([]any), map[string]any{"repository-name": named, "scan-status": []any{map[string]any{"exists": true}}})
}
