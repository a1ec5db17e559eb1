package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

type finishCommand struct{ hand }

// Help teaches by example.
func (finishCommand) Help() string {
	return `Ends the wait in which blue is kept after production has moved. Blue is terminated then, so that going back takes a new deployment; the next image need not wait any longer.

    cutover finish sample-website

Needs codedeploy:ContinueDeployment beside what every command of this kind needs (docs/operator.md).`
}

// Run ends the termination wait.
func (c finishCommand) Run(s *stage) error {
	o, err := c.begin(s, "finish")
	if err != nil {
		return err
	}
	now, err := o.status()
	if err != nil {
		return err
	}
	green, blue, active, err := underWay(now)
	switch {
	case err != nil:
		return err
	case !active:
		return fmt.Errorf("no deployment of %s waits to terminate blue", c.Service)
	case !now.Deployment.Terminating:
		return fmt.Errorf("deployment %s does not wait to terminate blue yet: it has %d %% of production on green", now.Deployment.ID, green.Production)
	}
	if err := o.confirm(
		fmt.Sprintf("Production stays on green (%s) of deployment %s", named(green), now.Deployment.ID),
		fmt.Sprintf("Blue (%s) is terminated now: going back to it takes a new deployment from then on", named(blue))); err != nil {
		return err
	}
	ctx, cancel := o.whole()
	defer cancel()
	_, err = o.deploys.ContinueDeployment(ctx, &codedeploy.ContinueDeploymentInput{
		DeploymentId: &now.Deployment.ID, DeploymentWaitType: types.DeploymentWaitTypeTerminationWait,
	})
	if call.Refused(err, codedeploy.DeploymentAlreadyCompleted) {
		return fmt.Errorf("deployment %s has just ended by itself", now.Deployment.ID)
	}
	if err != nil {
		return fmt.Errorf("end the termination wait of deployment %s: %w", now.Deployment.ID, err)
	}
	o.did("Deployment %s waits no longer: blue is terminated", now.Deployment.ID)
	return o.close()
}
