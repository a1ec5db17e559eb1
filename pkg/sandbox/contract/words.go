package contract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// codes are the services' own codes for an input that breaks its model. Services that are not here answer
// ValidationException, as most do. From the errors that their models declare, and for those that declare none from
// their API references' common errors, such as
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html.
var codes = map[string]string{
	"cloudformation":       "ValidationError",
	"ecr":                  "InvalidParameterException",
	"ecs":                  "InvalidParameterException",
	"elasticloadbalancing": "ValidationError",
	"iam":                  "ValidationError",
	"logs":                 "InvalidParameterException",
	"monitoring":           "ValidationError",
	"sts":                  "ValidationError",
}

// roots are the names under which CodeDeploy's errors know members, where they are not the members' own.
var roots = map[string]string{
	"alarmConfiguration":          "AlarmConfig",
	"autoRollbackConfiguration":   "AutoRollbackConfig",
	"autoScalingGroups":           "AutoScalingGroup",
	"currentDeploymentGroupName":  "DeploymentGroupName",
	"ec2TagFilters":               "EC2Tag",
	"ecsServices":                 "ECSService",
	"includeOnlyStatuses":         "DeploymentStatus",
	"loadBalancerInfo":            "LoadBalancerInfo",
	"minimumHealthyHosts":         "MinimumHealthyHostValue",
	"newApplicationName":          "ApplicationName",
	"newDeploymentGroupName":      "DeploymentGroupName",
	"onPremisesInstanceTagFilter": "Tag",
	"serviceRoleArn":              "Role",
	"status":                      "LifecycleEventHookExecutionStatus",
	"tags":                        "TagsToAdd",
	"targetFilters":               "TargetFilterName",
	"trafficRoutingConfig":        "TrafficRoutingConfiguration",
	"triggerConfigurations":       "TriggerConfig",
	"zonalConfig":                 "ZonalDeploymentConfiguration",
}

// refuse is the answer to an input with violations.
func refuse(service string, op *Operation, found []Violation) error {
	code, message := codes[service], ""
	if code == "" {
		code = "ValidationException"
	}
	first := found[0]
	switch service {
	case "sqs":
		code, message = "InvalidParameterValue", first.String()
		if first.Missing {
			code, message = "MissingParameter", fmt.Sprintf("The request must contain the parameter %s.", upperFirst(first.Member))
		}
	case "monitoring":
		if first.Missing {
			code, message = "MissingParameter", fmt.Sprintf("The parameter %s is required.", upperFirst(first.Member))
		}
	case "ecr":
		message = fmt.Sprintf("Invalid parameter at '%s' failed to satisfy constraint: '%s'", first.Member, first.Rule)
	case "ecs":
		message = first.String()
		if first.Missing {
			message = upperFirst(first.Member) + " cannot be empty."
		}
	case "codedeploy":
		if own := codeDeployCode(op, first); own != "" {
			code, message = own, first.String()
		}
	}
	if message == "" {
		message = together(found)
	}
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

// together is the message of AWS's common validation.
func together(found []Violation) string {
	texts := make([]string, len(found))
	for i, v := range found {
		texts[i] = v.String()
	}
	plural := ""
	if len(found) > 1 {
		plural = "s"
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(found), plural, strings.Join(texts, "; "))
}

// codeDeployCode is the error that an operation of CodeDeploy declares for the member at the root of a violation;
// empty when it declares none.
func codeDeployCode(op *Operation, v Violation) string {
	root, _, nested := strings.Cut(v.Member, ".")
	name := roots[root]
	if name == "" {
		name = upperFirst(root)
	}
	candidates := []string{"Invalid" + name + "Exception", name + "TooLongException"}
	if v.Missing && !nested {
		candidates = append([]string{name + "RequiredException"}, candidates...)
	}
	for _, code := range candidates {
		if slices.Contains(op.Errors, code) {
			return code
		}
	}
	return ""
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// own are the services whose handlers answer missing members in AWS's own, more specific words: "Services cannot be
// empty.", ApplicationNameRequiredException.
var own = map[string]bool{"codedeploy": true, "ecs": true}

// lenient are the operations of those services whose handlers take what is missing.
var lenient = map[string]bool{
	"codedeploy:BatchGetApplications":     true,
	"codedeploy:BatchGetDeploymentGroups": true,
	"ecs:DeleteCluster":                   true, // it takes the default cluster
	"ecs:DescribeTaskSets":                true,
	"ecs:TagResource":                     true,
	"ecs:UntagResource":                   true,
}

// left are members of operations that their handlers check in AWS's own, more specific words: EmptyBatchRequest.
var left = map[string][]string{
	"sqs:DeleteMessageBatch": {"entries"},
	"sqs:SendMessage":        {"messageAttributes"},
	"sqs:SendMessageBatch":   {"entries"},
}
