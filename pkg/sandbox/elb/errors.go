package elb

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
)

// invalid is the error for input that AWS refuses without an error type of its own.
func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

func text(format string, args ...any) *string {
	s := fmt.Sprintf(format, args...)
	return &s
}

func noBalancer(arn string) error {
	return &types.LoadBalancerNotFoundException{Message: text("Load balancer '%s' not found", arn)}
}

func noGroup(arn string) error {
	return &types.TargetGroupNotFoundException{Message: text("Target group '%s' not found", arn)}
}

func noListener(arn string) error {
	return &types.ListenerNotFoundException{Message: text("Listener '%s' not found", arn)}
}

func noRule(arn string) error {
	return &types.RuleNotFoundException{Message: text("Rule '%s' not found", arn)}
}

func badAction(format string, args ...any) error {
	return &types.InvalidLoadBalancerActionException{Message: text(format, args...)}
}

func badTarget(format string, args ...any) error {
	return &types.InvalidTargetException{Message: text(format, args...)}
}
