package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// underWay is the active deployment with its task sets; ok when there is one that is nobody's rollback. The error is
// for a rollback, which is left alone.
func underWay(s live.Status) (green, blue live.TaskSetStatus, ok bool, err error) {
	d := s.Deployment
	if d == nil || ended(d.Status) {
		return green, blue, false, nil
	}
	if d.RollsBack != "" || d.Creator == string(types.DeploymentCreatorCodeDeployRollback) {
		return green, blue, false, fmt.Errorf("deployment %s is rolling back %s already", d.ID, d.RollsBack)
	}
	for _, t := range s.TaskSets {
		switch {
		case t.Label == "green":
			green = t
		case t.Status != live.StatusDraining:
			blue = t
		}
	}
	return green, blue, true, nil
}

func ended(status string) bool {
	switch types.DeploymentStatus(status) {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	}
	return false
}

// forUsers tells what stopping a deployment with rollback does to those who use the service.
func forUsers(id string, green, blue live.TaskSetStatus) []string {
	told := fmt.Sprintf("Deployment %s is bringing up green (%s)", id, named(green))
	after := fmt.Sprintf("production stays where it is, on blue (%s)", named(blue))
	switch {
	case green.ID == "":
		told = fmt.Sprintf("Deployment %s has brought up nothing yet", id)
		after = fmt.Sprintf("production stays where it is, on %s", named(blue))
	case green.Production >= 100:
		told = fmt.Sprintf("Deployment %s has moved production to green (%s)", id, named(green))
		after = fmt.Sprintf("all production traffic goes back at once to blue (%s), which has %d of %d targets healthy",
			named(blue), blue.Healthy, blue.Desired)
	case green.Production > 0:
		told = fmt.Sprintf("Deployment %s has moved %d %% of production to green (%s)", id, green.Production, named(green))
		after = fmt.Sprintf("all production traffic goes back to blue (%s), which has %d of %d targets healthy",
			named(blue), blue.Healthy, blue.Desired)
	}
	return []string{told, "When it is stopped, " + after}
}

// named is a task set's image for people.
func named(t live.TaskSetStatus) string {
	if i, ok := live.ParseImage(t.Image); ok {
		return i.Name()
	}
	if t.Image == "" {
		return "nothing"
	}
	return t.Image
}
