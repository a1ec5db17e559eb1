package codedeploy

import "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

// stateOf a status in EventBridge, whose words are not the API's.
var stateOf = map[types.DeploymentStatus]string{
	types.DeploymentStatusInProgress: "START",
	types.DeploymentStatusSucceeded:  "SUCCESS",
	types.DeploymentStatusFailed:     "FAILURE",
	types.DeploymentStatusStopped:    "STOP",
	types.DeploymentStatusReady:      "READY",
}

// notice is the detail of CodeDeploy's event.
type notice struct {
	Region          string `json:"region"`
	DeploymentID    string `json:"deploymentId"`
	InstanceGroupID string `json:"instanceGroupId"`
	DeploymentGroup string `json:"deploymentGroup"`
	State           string `json:"state"`
	Application     string `json:"application"`
}

// notify raises the event of a new state. Only the deployment's own goroutine calls it, without the lock.
func (s *Service) notify(d *deployment, state string) {
	s.mu.Lock()
	app, group := *d.info.ApplicationName, *d.info.DeploymentGroupName
	detail := notice{s.opts.Server.Region(), *d.info.DeploymentId, of(d.group.info.DeploymentGroupId), group, state, app}
	s.mu.Unlock()
	s.opts.Emit("aws.codedeploy", "CodeDeploy Deployment State-change Notification",
		[]string{s.applicationARN(app), s.groupARN(app, group)}, detail)
}
