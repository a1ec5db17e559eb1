package codedeploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// failure is how a deployment ends before its time: what GetDeployment tells, and which automatic rollback it is
// a reason for.
type failure struct {
	status   types.DeploymentStatus // Failed or Stopped
	code     types.ErrorCode
	message  string
	reason   types.AutoRollbackEvent // empty: none
	rollback *bool                   // as StopDeployment was told
}

func (f *failure) Error() string { return f.message }

// failed is a failure of the deployment's own.
func failed(code types.ErrorCode, format string, args ...any) *failure {
	return &failure{
		status:  types.DeploymentStatusFailed,
		code:    code,
		message: fmt.Sprintf(format, args...),
		reason:  types.AutoRollbackEventDeploymentFailure,
	}
}

// deniedText is documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-ecs.html
func deniedText(role, service string) string {
	return fmt.Sprintf("The IAM role %s does not give you permission to perform operations in the following AWS service: %s.", role, service)
}

// from turns the error of a call to an AWS service into the deployment's failure, with AWS's texts.
func (r *run) from(service string, err error) error {
	var known *failure
	if errors.As(err, &known) || r.ctx.Err() != nil {
		return err
	}
	code, message := "InternalFailure", err.Error()
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	switch {
	case denied(err):
		return failed(types.ErrorCode(r.s.assumes.DeniedCode), "%s", deniedText(r.d.role, service))
	case throttled(code):
		return failed(types.ErrorCodeThrottled, "The deployment failed because of throttling by %s: %s", service, message)
	case service == servedByECS:
		return failed(types.ErrorCodeEcsUpdateError, "The ECS service cannot be updated due to an unexpected error: %s "+
			"(Service: AmazonECS; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null). Check your ECS service status.",
			message, code, uuid.NewString())
	case service == servedByELB:
		return failed(types.ErrorCodeElasticLoadBalancingInvalid, "The ELB could not be updated due to the following error: %s", message)
	}
	return failed(types.ErrorCodeInternalError, "The deployment failed because of an internal error: %s", message)
}

func denied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied")
}

func throttled(code string) bool {
	return strings.Contains(code, "Throttl") || code == "TooManyRequestsException" || code == "RequestLimitExceeded"
}

// tries and backoff bound how patiently a call that may succeed later is repeated, as AWS's SDKs do.
const (
	tries   = 4
	backoff = time.Second
)

// call makes a call as the caller of ctx, again after an answer that is AWS's own trouble.
func call[Out any](ctx context.Context, s *Service, in any) (*Out, error) {
	for i := range tries {
		out, err := wire.Call[Out](ctx, s.opts.Server, in)
		if err == nil || i == tries-1 || !passing(err) {
			return out, err
		}
		if !pause(ctx, nil, s.opts.Clock.Scale(backoff<<i)) {
			return nil, ctx.Err()
		}
	}
	panic("unreachable")
}

// passing says whether err is likely to pass by itself.
func passing(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return throttled(code) || api.ErrorFault() == smithy.FaultServer ||
		code == "ServiceUnavailable" || code == "InternalFailure" || code == "InternalError"
}
