package codedeploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// StopDeployment answers Pending while the deployment comes to its stop, Succeeded once it has stopped, and an error
// when it ended otherwise or has begun to terminate the original task set.
func (s *Service) StopDeployment(_ context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if d.info.Status == types.DeploymentStatusStopped && d.byRequest && s.assumes.StoppedAgainSucceeds {
		return &codedeploy.StopDeploymentOutput{Status: types.StopStatusSucceeded, StatusMessage: new(stopSucceededText)}, nil
	}
	if d.over() || d.committed {
		return nil, completed(d)
	}
	d.byRequest = true
	d.halt(&failure{
		status:   types.DeploymentStatusStopped,
		code:     types.ErrorCode(s.assumes.StopCode),
		message:  stoppedText,
		reason:   types.AutoRollbackEventDeploymentStopOnRequest,
		rollback: in.AutoRollbackEnabled,
	})
	return &codedeploy.StopDeploymentOutput{Status: types.StopStatusPending, StatusMessage: new(stopPendingText)}, nil
}

// ContinueDeployment ends the Ready wait or the termination wait, whichever is named.
func (s *Service) ContinueDeployment(_ context.Context, in *codedeploy.ContinueDeploymentInput) (*codedeploy.ContinueDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	wait := in.DeploymentWaitType
	if wait == "" && s.assumes.ContinueDefaultsToReady {
		wait = types.DeploymentWaitTypeReadyWait
	}
	if wait != types.DeploymentWaitTypeReadyWait && wait != types.DeploymentWaitTypeTerminationWait {
		return nil, &types.InvalidDeploymentWaitTypeException{Message: new(fmt.Sprintf("The wait type %.100q is not valid.", wait))}
	}
	if d.over() {
		return nil, completed(d)
	}
	if !d.goOn(wait) {
		return nil, &types.DeploymentIsNotInReadyStateException{Message: new(fmt.Sprintf(
			"The deployment %s is not waiting in %s.", *in.DeploymentId, wait))}
	}
	return &codedeploy.ContinueDeploymentOutput{}, nil
}

// SkipWaitTimeForInstanceTermination is ContinueDeployment's older way to end the termination wait.
func (s *Service) SkipWaitTimeForInstanceTermination(_ context.Context, in *codedeploy.SkipWaitTimeForInstanceTerminationInput) (*codedeploy.SkipWaitTimeForInstanceTerminationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if d.over() {
		return nil, completed(d)
	}
	if !d.goOn(types.DeploymentWaitTypeTerminationWait) {
		return nil, &types.DeploymentNotStartedException{Message: new(fmt.Sprintf(
			"The deployment %s has not started its wait to terminate the original task set.", *in.DeploymentId))}
	}
	return &codedeploy.SkipWaitTimeForInstanceTerminationOutput{}, nil
}

// goOn ends the wait of that type; false when it is not under way. The caller holds the lock.
func (d *deployment) goOn(wait types.DeploymentWaitType) bool {
	if d.now != wait {
		return false
	}
	close(d.proceed)
	d.now = "" // ended once; a wait that begins later is another
	return true
}

func completed(d *deployment) error {
	return &types.DeploymentAlreadyCompletedException{Message: new(fmt.Sprintf(
		"The deployment %s has already completed.", *d.info.DeploymentId))}
}
