// Package codedeploy reads deployments and their groups, makes deployments, and answers for hooks, in the SDK's own types
// and with the names of its client; package call says why that is not linked.
package codedeploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Codes by which CodeDeploy refuses what is answered otherwise than by telling the error
// (https://docs.aws.amazon.com/codedeploy/latest/APIReference/CommonErrors.html and the errors of each operation).
const (
	ApplicationDoesNotExist        = "ApplicationDoesNotExistException"
	DeploymentAlreadyCompleted     = "DeploymentAlreadyCompletedException"
	DeploymentDoesNotExist         = "DeploymentDoesNotExistException"
	DeploymentGroupDoesNotExist    = "DeploymentGroupDoesNotExistException"
	DeploymentIsNotInReadyState    = "DeploymentIsNotInReadyStateException"
	DeploymentLimitExceeded        = "DeploymentLimitExceededException"
	DeploymentNotStarted           = "DeploymentNotStartedException"
	InvalidDeploymentID            = "InvalidDeploymentIdException"
	InvalidDeploymentStatus        = "InvalidDeploymentStatusException"
	InvalidHookExecutionID         = "InvalidLifecycleEventHookExecutionIdException"
	LifecycleEventAlreadyCompleted = "LifecycleEventAlreadyCompletedException"
	RevisionDoesNotExist           = "RevisionDoesNotExistException"
	UnsupportedAction              = "UnsupportedActionForDeploymentTypeException"
)

// Client asks CodeDeploy. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "CodeDeploy", Endpoint: "codedeploy", Target: "CodeDeploy_20141006", JSON: "1.1"})}
}

func ask[Output any](ctx context.Context, c *Client, operation string, in any) (*Output, error) {
	return call.Shapes[Output](ctx, c.to, call.Request{Operation: operation}, in)
}
