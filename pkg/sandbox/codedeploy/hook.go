package codedeploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

const (
	hookLimit       = time.Hour
	hookFailedText  = "The deployment failed because one or more of the lifecycle event validation functions failed."
	hookTimeoutText = "The deployment timed out while waiting for a status callback. " +
		"CodeDeploy expects a status callback within one hour after a deployment hook is invoked."
)

// execution is one invocation of a hook.
type execution struct {
	reported chan struct{} // closed with the first report
	status   types.LifecycleEventStatus
	done     bool // no report is accepted any more
}

// hook is the row that runs the function bound to a lifecycle event. Without a function it has no work, and in a
// rollback none runs.
func hook(event appspec.Event) func(*run) error {
	return func(r *run) error {
		function := r.spec.Hooks[event]
		if function == "" || r.d.undoes != nil && !r.s.assumes.HooksInRollback {
			return nil
		}
		return r.callHook(function)
	}
}

// callHook invokes the function asynchronously, once, and waits for its report within the hour.
func (r *run) callHook(function string) error {
	id, e := newExecutionID(), &execution{reported: make(chan struct{})}
	r.s.change(r.d, func() { r.d.hooks[id] = e })
	payload, err := json.Marshal(struct{ DeploymentId, LifecycleEventHookExecutionId string }{*r.d.info.DeploymentId, id})
	if err != nil {
		return fmt.Errorf("write hook event: %w", err)
	}
	_, err = call[lambda.InvokeOutput](r.ctx, r.s, &lambda.InvokeInput{
		FunctionName: new(function), InvocationType: lambdatypes.InvocationType(r.s.assumes.HookInvocation), Payload: payload})
	var gone *lambdatypes.ResourceNotFoundException
	if errors.As(err, &gone) {
		return failed(types.ErrorCode(r.s.assumes.FunctionCode), functionText, function, gone.ErrorMessage())
	}
	if err != nil {
		return r.from(servedByLambda, err)
	}
	early, err := r.wait("hook", r.s.opts.Clock.Deadline(hookLimit, shortest), e.reported)
	r.s.mu.Lock()
	e.done = true
	status := e.status
	r.s.mu.Unlock()
	switch {
	case err != nil:
		return err
	case !early && status == "":
		return failed(types.ErrorCode(r.s.assumes.HookTimeoutCode), hookTimeoutText)
	case status == types.LifecycleEventStatusFailed:
		return failed(types.ErrorCodeHookExecutionFailure, hookFailedText)
	}
	return nil
}

// PutLifecycleEventHookExecutionStatus takes a hook's report, from anyone who has both ids: Succeeded or Failed,
// once, within the hour and while the deployment waits for it.
func (s *Service) PutLifecycleEventHookExecutionStatus(_ context.Context, in *codedeploy.PutLifecycleEventHookExecutionStatusInput) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	e := d.hooks[of(in.LifecycleEventHookExecutionId)]
	if e == nil {
		return nil, &types.InvalidLifecycleEventHookExecutionIdException{Message: new(
			"The provided lifecycle event hook execution ID is not valid for the deployment " + *in.DeploymentId + ".")}
	}
	if in.Status != types.LifecycleEventStatusSucceeded && in.Status != types.LifecycleEventStatusFailed {
		return nil, &types.InvalidLifecycleEventHookExecutionStatusException{Message: new(fmt.Sprintf(
			"The status %.100q is not valid: a lifecycle event hook reports Succeeded or Failed.", in.Status))}
	}
	answer := &codedeploy.PutLifecycleEventHookExecutionStatusOutput{LifecycleEventHookExecutionId: in.LifecycleEventHookExecutionId}
	if e.status == in.Status && !s.assumes.RepeatedReportRefused {
		return answer, nil
	}
	if e.done || e.status != "" {
		return nil, &types.LifecycleEventAlreadyCompletedException{Message: new(
			"The lifecycle event of the deployment " + *in.DeploymentId + " has already completed.")}
	}
	e.status = in.Status
	close(e.reported)
	return answer, nil
}
