package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

type approveCommand struct{ hand }

// Help teaches by example.
func (approveCommand) Help() string {
	return `Lets a deployment go on that was judged good and waits for a person (deployment.approvalWait in the configuration). Production traffic moves to green then. Who does not approve stops it, or lets the time run out.

    cutover approve sample-website

Needs codedeploy:ContinueDeployment beside what every command of this kind needs (docs/operator.md).`
}

// Run ends the wait for approval.
func (c approveCommand) Run(s *stage) error {
	o, err := c.begin(s, "approve")
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
		return fmt.Errorf("no deployment of %s waits for approval", c.Service)
	case now.Deployment.Status != string(types.DeploymentStatusReady):
		return fmt.Errorf("deployment %s does not wait for approval: it is %s", now.Deployment.ID, now.Deployment.Status)
	}
	if err := o.confirm(
		fmt.Sprintf("Deployment %s goes on: production moves from blue (%s) to green (%s)", now.Deployment.ID, named(blue), named(green))); err != nil {
		return err
	}
	ctx, cancel := o.whole()
	defer cancel()
	if _, err := o.deploys.ContinueDeployment(ctx, &codedeploy.ContinueDeploymentInput{
		DeploymentId: &now.Deployment.ID, DeploymentWaitType: types.DeploymentWaitTypeReadyWait,
	}); err != nil {
		return fmt.Errorf("let deployment %s go on: %w", now.Deployment.ID, err)
	}
	o.did("Deployment %s goes on: production moves to green", now.Deployment.ID)
	return o.close()
}
