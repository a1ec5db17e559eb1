package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
)

type stopCommand struct{ hand }

// Help teaches by example.
func (stopCommand) Help() string {
	return `Stops the deployment that is under way, whoever started it, and lets CodeDeploy roll it back: production is on blue again, at once if it had moved. What was stopped is held until something newer is pushed or cutover retry allows it again. A rollback is left alone.

    cutover stop sample-website --why "checkout is slow"
    cutover stop sample-website --yes --json

Needs codedeploy:StopDeployment beside what every command of this kind needs (docs/operator.md).`
}

// Run stops what is under way.
func (c stopCommand) Run(s *stage) error {
	o, err := c.begin(s, "stop")
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
	case !active && now.Deployment == nil:
		return fmt.Errorf("nothing is under way: %s never had a deployment", c.Service)
	case !active:
		return fmt.Errorf("nothing is under way: deployment %s is %s; cutover rollback %s goes back by a new one", now.Deployment.ID, now.Deployment.Status, c.Service)
	}
	if err := o.confirm(forUsers(now.Deployment.ID, green, blue)...); err != nil {
		return err
	}
	if err := o.stop(now.Deployment.ID); err != nil {
		if errors.Is(err, errTooLate) {
			return fmt.Errorf("%w; cutover rollback %s goes back by a new one", err, c.Service)
		}
		return err
	}
	return o.close()
}

// errTooLate is that a deployment ended, or has begun to terminate blue.
var errTooLate = errors.New("it cannot be stopped any more")

// stop stops a deployment with rollback, and waits a while for that to be over: then production is as it was, and the
// release loop has more to say than that it must wait, too.
func (o *operator) stop(id string) error {
	ctx, cancel := o.whole()
	defer cancel()
	_, err := o.deploys.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: aws.Bool(true)})
	if call.Refused(err, codedeploy.DeploymentAlreadyCompleted) {
		return fmt.Errorf("deployment %s has ended or is terminating blue: %w", id, errTooLate)
	}
	if err != nil {
		return fmt.Errorf("stop deployment %s: %w", id, err)
	}
	if o.rolledBack(id) {
		o.did("Deployment %s is stopped and rolled back", id)
	} else {
		o.did("Deployment %s is stopped, and is rolling back: cutover status tells when that is over", id)
	}
	return nil
}

// mostRollback is how long a rollback is waited for. CodeDeploy moves the traffic back within seconds.
const mostRollback = time.Minute

// rolledBack reports whether the rollback of a stopped deployment was over in that time. What cannot be read is asked for
// again: the stop itself is done.
func (o *operator) rolledBack(id string) bool {
	ctx, cancel := context.WithTimeout(o.ctx, mostRollback)
	defer cancel()
	readers := live.Through(o.aws)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		now, err := live.ReadStatus(ctx, readers, o.names)
		if d := now.Deployment; err == nil && d != nil && d.ID != id && (d.RollsBack != id || d.Completed != nil) {
			return true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return false
		}
	}
}
