package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

// Reporter answers CodeDeploy.
type Reporter interface {
	PutLifecycleEventHookExecutionStatus(context.Context, *codedeploy.PutLifecycleEventHookExecutionStatusInput) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error)
}

// ErrNotReported is returned when CodeDeploy could not be told before the time was up. The invocation is worth
// repeating.
var ErrNotReported = errors.New("CodeDeploy could not be told")

// report tells CodeDeploy, trying again until ctx ends. An event that is already answered, or whose deployment is
// gone, needs no answer.
func report(ctx context.Context, api Reporter, e Event, outcome Outcome) error {
	status := types.LifecycleEventStatusFailed
	if outcome == Succeeded {
		status = types.LifecycleEventStatusSucceeded
	}
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := api.PutLifecycleEventHookExecutionStatus(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
			DeploymentId: &e.DeploymentID, LifecycleEventHookExecutionId: &e.ExecutionID, Status: status,
		})
		if err == nil || unanswerable(err) {
			return nil
		}
		if pause(ctx, wait) != nil {
			return fmt.Errorf("%w that deployment %s %s: %w", ErrNotReported, e.DeploymentID, outcome, err)
		}
	}
}

func unanswerable(err error) bool {
	return call.Refused(err, codedeploy.LifecycleEventAlreadyCompleted, codedeploy.DeploymentDoesNotExist,
		codedeploy.InvalidDeploymentID, codedeploy.InvalidHookExecutionID, codedeploy.UnsupportedAction)
}
