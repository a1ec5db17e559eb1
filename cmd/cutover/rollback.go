package main

import (
	"errors"
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/live"
)

type rollbackCommand struct{ hand }

// Help teaches by example.
func (rollbackCommand) Help() string {
	return `Goes back to the last version that went live and stayed, by the fastest safe way there is now, which is told before it is done:

  - While a deployment is under way and blue still stands, it is stopped with rollback: seconds.
  - Afterwards the release loop makes a new deployment of the earlier image, verified like any other: minutes.

The version that is left is blocked by the tag cutover:blocked of the ECS service, which also names the one gone back to, so that neither the schedule nor a stack update brings it back. A newer push is released as ever; cutover retry lifts the block.

    cutover rollback sample-website --why "v8 loses carts"
    cutover rollback sample-website --yes --json

Needs codedeploy:StopDeployment, codedeploy:GetApplicationRevision, codedeploy:BatchGetDeployments, ecr:DescribeImages and ecs:TagResource beside what every command of this kind needs (docs/operator.md).`
}

// Run goes back.
func (c rollbackCommand) Run(s *stage) error {
	o, err := c.begin(s, "rollback")
	if err != nil {
		return err
	}
	now, err := o.status()
	if err != nil {
		return err
	}
	green, blue, active, err := underWay(now)
	if err != nil {
		return err
	}
	if active {
		err := o.backToBlue(now.Deployment.ID, green, blue)
		if !errors.Is(err, errTooLate) {
			return err
		}
		fmt.Fprintf(o.errout, "%v.\n", err)
	}
	return o.backByDeployment(now)
}

// backToBlue stops the deployment, and then blocks what it brought. In this order nothing is released in between:
// what was stopped is held already.
func (o *operator) backToBlue(id string, green, blue live.TaskSetStatus) error {
	leaves, backTo := imageOf(green), imageOf(blue)
	plan := forUsers(id, green, blue)
	blocks := leaves.Digest != "" && leaves.Digest != backTo.Digest
	if blocks {
		plan = append(plan, fmt.Sprintf("%s is blocked then: it is not released again until cutover retry", leaves.Name()))
	}
	if err := o.confirm(plan...); err != nil {
		return err
	}
	if err := o.stop(id); err != nil {
		return err
	}
	if blocks {
		if err := o.block(leaves, backTo); err != nil {
			return fmt.Errorf("deployment %s is stopped, but its image is not blocked: %w", id, err)
		}
	}
	return o.close()
}

// backByDeployment blocks what is live in favour of the version before; the release loop then deploys that.
func (o *operator) backByDeployment(now live.Status) error {
	if pin := o.given().Pin; pin != nil {
		return fmt.Errorf("the service is pinned (%s): unpin it, or pin the image to go back to", pin.Text)
	}
	if len(now.TaskSets) == 0 || imageOf(now.TaskSets[0]).Digest == "" {
		return errors.New("production runs no image that was released, so there is nothing to go back from")
	}
	leaves := imageOf(now.TaskSets[0])
	backTo, deployment, err := o.stayed(leaves)
	if err != nil {
		return err
	}
	if err := o.confirm(
		fmt.Sprintf("Production is on %s and what ran before it is gone", leaves.Name()),
		fmt.Sprintf("%s, live by deployment %s, is released again by a new deployment: it is verified, and production moves as at any release", backTo.Name(), deployment),
		fmt.Sprintf("%s is blocked: it is not released again until cutover retry", leaves.Name())); err != nil {
		return err
	}
	if err := o.block(leaves, backTo); err != nil {
		return err
	}
	a, err := o.invoke("")
	if err != nil {
		return fmt.Errorf("%s is blocked, but the release loop could not be asked and looks by itself at the next event or schedule: %w", leaves.Name(), err)
	}
	return o.conclude(a)
}

func (o *operator) block(leaves, backTo live.Image) error {
	if err := o.write(live.TagBlocked, o.given().Blocked.Block(leaves, backTo, o.by, o.Why)); err != nil {
		return err
	}
	o.did("%s is blocked", leaves.Name())
	return nil
}

func imageOf(t live.TaskSetStatus) live.Image {
	i, _ := live.ParseImage(t.Image)
	return i
}
