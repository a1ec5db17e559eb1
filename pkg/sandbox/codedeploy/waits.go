package codedeploy

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// ready parks the deployment until ContinueDeployment.
func (r *run) ready() error {
	minutes := r.d.info.BlueGreenDeploymentConfiguration.DeploymentReadyOption.WaitTimeInMinutes
	proceed := r.proceeding()
	r.s.change(r.d, func() {
		r.d.info.Status, r.d.target = types.DeploymentStatusReady, types.TargetStatusReady
	})
	r.s.notify(r.d, stateOf[types.DeploymentStatusReady])
	early, err := r.wait("ready-wait", r.s.opts.Clock.Scale(time.Duration(minutes)*time.Minute), proceed)
	if err != nil {
		return err
	}
	if !early {
		f := &failure{
			status: types.DeploymentStatusStopped,
			code:   types.ErrorCode(r.s.assumes.ReadyTimeoutCode),
			message: fmt.Sprintf("The deployment timed out while waiting for a notification to continue. "+
				"This time out period is %d minutes.", minutes),
		}
		if r.s.assumes.ReadyTimeoutRollsBack {
			f.reason = types.AutoRollbackEventDeploymentFailure
		}
		return f
	}
	r.s.change(r.d, func() {
		r.d.info.Status, r.d.target = types.DeploymentStatusInProgress, types.TargetStatusInProgress
	})
	return nil
}

// linger keeps both task sets for the termination wait.
func (r *run) linger() error {
	proceed := r.proceeding()
	r.s.change(r.d, func() { r.d.info.InstanceTerminationWaitTimeStarted = true })
	minutes := r.d.info.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes
	_, err := r.wait("termination-wait", r.s.opts.Clock.Scale(time.Duration(minutes)*time.Minute), proceed)
	return err
}

func (r *run) proceeding() <-chan struct{} {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.d.proceed
}
