package iam

import (
	"strings"

	"github.com/aws/smithy-go"
)

// refuse records a denial and is its error.
func (c call) refuse(s *Service, n need, v Verdict, why string) error {
	s.record.add(c.decision(n, v, false, why), nil)
	name, resource := c.who.ARN, n.resource
	if c.who.Service != "" {
		name = c.who.Service
	}
	if resource == "" {
		resource = "*"
	}
	message := "User: " + name + " is not authorized to perform: " + c.spelled(n.action) + " on resource: " + resource
	if why != "" {
		message += " " + why
	}
	return &smithy.GenericAPIError{Code: deniedCode(c.service), Message: message, Fault: smithy.FaultClient}
}

// reason why, in AWS's words. AssumeRole is denied without one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (c call) reason(n need, v Verdict) string {
	kind := "identity-based policy"
	if v.Resource || (c.who.Service != "" && v.By == Statement{}) {
		kind = "resource-based policy"
	}
	switch {
	case v.By != Statement{} && v.Resource:
		return "with an explicit deny in a " + kind
	case v.By != Statement{}:
		return "with an explicit deny in an " + kind
	case n.action == assume:
		return ""
	}
	return "because no " + kind + " allows the " + c.spelled(n.action) + " action"
}

// spelled is an action as denials write it: SQS does in lower case.
func (c call) spelled(action string) string {
	if strings.HasPrefix(action, "sqs:") {
		return strings.ToLower(action)
	}
	return action
}

// deniedCode is the code of a denial: services that speak query, or once did, leave out the Exception.
func deniedCode(service string) string {
	switch service {
	case elbService, "sns", "sts", "iam", "cloudformation", "monitoring", "cloudwatch", "sqs":
		return "AccessDenied"
	}
	return "AccessDeniedException"
}
