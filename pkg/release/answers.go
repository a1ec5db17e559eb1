package release

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

// final is an error of our own that no retry could help.
type final string

func (f final) Error() string { return string(f) }

// errAgain marks a look that came too early: the same event brings the loop back when AWS has caught up.
var errAgain = errors.New("it is too early to tell")

func again(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errAgain, fmt.Sprintf(format, args...))
}

// torn is a look that came too early because its reads may be of different moments: the next one may see all of it.
type torn struct{ error }

func (t torn) Unwrap() error { return t.error }

// unclear is the answer to a write that may or may not have taken effect.
type unclear struct{ err error }

func (u unclear) Error() string { return "no clear answer: " + u.err.Error() }
func (u unclear) Unwrap() error { return u.err }

// refused reports whether AWS said no, or we did: the same call would get the same answer. Throttles, AWS's own
// failures and whatever came from the network are not refusals.
func refused(err error) bool {
	var own final
	if errors.As(err, &own) {
		return true
	}
	var api smithy.APIError
	if !errors.As(err, &api) || throttled(api) || errors.Is(err, errAgain) {
		return false
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return false
	}
	return api.ErrorFault() != smithy.FaultServer
}

func throttled(api smithy.APIError) bool {
	if api.ErrorCode() == "LimitExceededException" {
		return false // ECS's word for a quota that is used up, though the SDK's table takes it for a throttle
	}
	if _, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; ok {
		return true
	}
	_, ok := retry.DefaultRetryableErrorCodes[api.ErrorCode()]
	return ok
}

// written classifies the error of a write: nil, a refusal, a throttle (which took no effect), or unclear.
func written(err error) error {
	var api smithy.APIError
	if err == nil || refused(err) || errors.As(err, &api) && throttled(api) {
		return err
	}
	return unclear{err}
}

// holder finds the deployment that holds the group in CodeDeploy's words, the only place where its id is told
// (https://github.com/aws/aws-sdk-java/issues/757).
var holder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:is already deploying|already has an active Deployment) '(d-\w+)'`)
})

// busyWith is the deployment on whose account CodeDeploy refused another; ok when it refused for that.
func busyWith(err error) (deployment string, ok bool) {
	var limit smithy.APIError
	if !errors.As(err, &limit) || limit.ErrorCode() != codedeploy.DeploymentLimitExceeded {
		return "", false
	}
	if m := holder().FindStringSubmatch(limit.ErrorMessage()); m != nil {
		deployment = m[1]
	}
	return deployment, true
}
