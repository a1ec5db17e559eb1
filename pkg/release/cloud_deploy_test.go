package release

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// deployed is one of CodeDeploy's deployments.
type deployed struct {
	id, description string
	wish            live.Hash // empty when it was made by hand or undoes another
	revision        string
	creator         cdtypes.DeploymentCreator
	status          cdtypes.DeploymentStatus
	code            cdtypes.ErrorCode
	created, ended  time.Time
	moved           time.Time // production
	waits           bool      // to terminate blue
	ending          bool      // its wait was ended
	undoes, undone  string    // ids
	due             bool      // its rollback will come
	blue, green     string
}

func (d deployed) active() bool { return underWay(d.status) }

func (d deployed) rollback() bool { return d.creator == cdtypes.DeploymentCreatorCodeDeployRollback }

// holds is the deployment that holds the group.
func (c *cloud) holds() (deployed, bool) {
	for _, d := range c.history.is {
		if d.active() {
			return d, true
		}
	}
	return deployed{}, false
}

func (c *cloud) deployment(id string) deployed {
	for _, d := range c.history.is {
		if d.id == id {
			return d
		}
	}
	return deployed{}
}

func (c *cloud) edit(id string, edit func(*deployed)) {
	all := slices.Clone(c.history.is)
	for i := range all {
		if all[i].id == id {
			edit(&all[i])
		}
	}
	c.history.set(all, c.now)
}

// while runs what after a while, if the deployment is still active then.
func (c *cloud) while(d time.Duration, id string, what func()) {
	c.at(d, func() {
		if c.deployment(id).active() {
			what()
		}
	})
}

// create is CreateDeployment: the lock, and then time.
func (c *cloud) create(d deployed) (string, error) {
	if h, busy := c.holds(); busy {
		return "", &cdtypes.DeploymentLimitExceededException{Message: aws.String(fmt.Sprintf(
			"The Deployment Group '%s' already has an active Deployment '%s'", groupName, h.id))}
	}
	d.id = fmt.Sprintf("d-%09d", len(c.history.is)+1)
	d.status, d.created = cdtypes.DeploymentStatusCreated, c.now
	if n := len(c.history.is); n > 0 && !d.created.After(c.history.is[n-1].created) {
		d.created = c.history.is[n-1].created.Add(time.Millisecond)
	}
	d.wish, _ = live.ParseDescription(d.description)
	c.history.set(append(slices.Clone(c.history.is), d), c.now)
	if d.rollback() {
		c.while(15*time.Second, d.id, func() { c.undo(d.id) })
		return d.id, nil
	}
	c.while(3*time.Second, d.id, func() { c.edit(d.id, func(d *deployed) { d.status = cdtypes.DeploymentStatusInProgress }) })
	c.while(10*time.Second, d.id, func() { c.install(d.id) })
	c.while(70*time.Second, d.id, func() { c.shift(d.id) })
	return d.id, nil
}

func (c *cloud) install(id string) {
	p, _ := c.primary()
	switch {
	case c.serves != p.group:
		c.fail(id, failed, cdtypes.ErrorCodeElasticLoadBalancingInvalid)
	case c.alarm:
		c.fail(id, stopped, cdtypes.ErrorCodeAlarmActive)
	default:
		c.made++
		green := set{fmt.Sprintf("ecs-svc/%d", c.made), live.StatusActive, c.deployment(id).revision, other(p.group), id, c.now}
		c.sets.set(append(slices.Clone(c.sets.is), green), c.now)
		c.edit(id, func(d *deployed) { d.blue, d.green = p.id, green.id })
	}
}

func other(group string) string {
	if group == tgBlue {
		return tgGreen
	}
	return tgBlue
}

func (c *cloud) shift(id string) {
	d := c.deployment(id)
	c.promote(d.green, d.blue)
	c.edit(id, func(d *deployed) { d.moved, d.waits = c.now, true })
	c.say("production moves to green of %s", id)
	c.while(c.service.Service.Deployment.TerminationWait.Std(), id, func() { c.terminate(id) })
}

// promote makes one task set PRIMARY and the other ACTIVE, and points production there.
func (c *cloud) promote(to, from string) {
	c.changeSets(func(s *set) bool {
		switch s.id {
		case to:
			s.status, c.serves = live.StatusPrimary, s.group
		case from:
			s.status = live.StatusActive
		}
		return true
	})
}

// terminate ends the wait: blue drains, and the deployment has succeeded.
func (c *cloud) terminate(id string) {
	d := c.deployment(id)
	if d.ending {
		return
	}
	c.edit(id, func(d *deployed) { d.ending = true })
	c.drain(d.blue)
	c.while(10*time.Second, id, func() { c.end(id, succeeded, "") })
}

func (c *cloud) drain(id string) {
	c.changeSets(func(s *set) bool {
		if s.id == id {
			s.status = live.StatusDraining
		}
		return true
	})
	c.at(30*time.Second, func() { c.changeSets(func(s *set) bool { return s.id != id }) })
}

func (c *cloud) end(id string, status cdtypes.DeploymentStatus, code cdtypes.ErrorCode) {
	c.edit(id, func(d *deployed) { d.status, d.code, d.ended = status, code, c.now })
	if status == succeeded {
		c.stays(id)
	}
	c.say("deployment %s ends: %s %s", id, status, code)
	state := map[cdtypes.DeploymentStatus]string{succeeded: "SUCCESS", failed: "FAILURE", stopped: "STOP"}[status]
	c.emit("the end of "+id, fmt.Sprintf(`{"source": "aws.codedeploy", "detail-type": "CodeDeploy Deployment State-change Notification",
		"time": %q, "detail": {"deploymentId": %q, "state": %q, "application": "AppECS-cutover-Sample-Website", "deploymentGroup": %q}}`,
		c.now.Format(time.RFC3339), id, state, groupName))
}

// fail ends a deployment otherwise than well. CodeDeploy answers with a rollback, a while later, when the group
// says so and there is something to undo.
func (c *cloud) fail(id string, status cdtypes.DeploymentStatus, code cdtypes.ErrorCode) {
	d := c.deployment(id)
	if d.ending || !c.now.After(d.created) {
		return // blue is going already: it is too late; or nothing has begun
	}
	due := cdtypes.AutoRollbackEventDeploymentFailure
	switch code {
	case cdtypes.ErrorCodeAlarmActive:
		due = cdtypes.AutoRollbackEventDeploymentStopOnAlarm
	case cdtypes.ErrorCodeManualStop:
		due = cdtypes.AutoRollbackEventDeploymentStopOnRequest
	}
	c.end(id, status, code)
	if d.green != "" && !d.rollback() && slices.Contains(c.service.Service.Deployment.Rollback, string(due)) {
		c.rollBack(id)
		return
	}
	c.stays(id)
}

// stays notes the revision on which production comes to rest with the end of a deployment, if it ever came there. A
// rollback that fails leaves it with the one that it was to undo.
func (c *cloud) stays(id string) {
	d := c.deployment(id)
	if d.rollback() && d.status != succeeded {
		d = c.deployment(d.undoes)
	}
	if r := c.found(d.revision); r != nil && !d.moved.IsZero() {
		r.stayed = true
	}
}

func (c *cloud) rollBack(id string) {
	c.edit(id, func(d *deployed) { d.due = true })
	later := max(c.later, 5*time.Second)
	c.later = 0
	c.at(later, func() { c.beginRollback(id) })
}

func (c *cloud) beginRollback(id string) {
	undone, err := c.create(deployed{creator: cdtypes.DeploymentCreatorCodeDeployRollback, undoes: id})
	if err != nil {
		c.at(30*time.Second, func() { c.beginRollback(id) })
		return
	}
	c.edit(id, func(d *deployed) { d.undone, d.due = undone, false })
	c.say("deployment %s begins to roll %s back", undone, id)
}

// undo puts blue back; green takes a little longer to go than the rollback to end.
func (c *cloud) undo(rollback string) {
	d := c.deployment(c.deployment(rollback).undoes)
	if d.green != "" {
		c.promote(d.blue, d.green)
		c.at(20*time.Second, func() { c.drain(d.green) })
	}
	c.end(rollback, succeeded, "")
}

// finish is ContinueDeployment(TERMINATION_WAIT).
func (c *cloud) finish(id string) error {
	d := c.deployment(id)
	switch {
	case !d.active():
		return &cdtypes.DeploymentAlreadyCompletedException{}
	case !d.waits:
		return &cdtypes.DeploymentIsNotInReadyStateException{}
	}
	c.terminate(id)
	return nil
}

// halt is StopDeployment. Without a rollback green stays where it is, for a person to put right.
func (c *cloud) halt(id string, rollback bool) error {
	d := c.deployment(id)
	if !d.active() {
		return &cdtypes.DeploymentAlreadyCompletedException{}
	}
	if d.ending || !c.now.After(d.created) {
		return nil
	}
	c.end(id, stopped, cdtypes.ErrorCodeManualStop)
	if rollback && d.green != "" && !d.rollback() {
		c.rollBack(id)
	} else {
		c.stays(id)
	}
	return nil
}
