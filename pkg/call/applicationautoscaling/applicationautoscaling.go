// Package applicationautoscaling reads what of a scalable target is suspended, and sets it. Names are those of the SDK's
// client; package call says why that is not linked.
package applicationautoscaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks Application Auto Scaling. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{
		ID: "Application Auto Scaling", Endpoint: "application-autoscaling", Target: "AnyScaleFrontendService", JSON: "1.1",
	})}
}

// DescribeScalableTargetsInput asks for targets by what they scale.
type DescribeScalableTargetsInput struct {
	ServiceNamespace  types.ServiceNamespace
	ScalableDimension types.ScalableDimension
	ResourceIds       []string
}

// DescribeScalableTargetsOutput are the targets.
type DescribeScalableTargetsOutput struct{ ScalableTargets []ScalableTarget }

// ScalableTarget is what is scaled.
type ScalableTarget struct {
	ResourceId     string
	SuspendedState *SuspendedState
}

// SuspendedState says which activities stand still; nil is what is not told, or left as it is.
type SuspendedState struct {
	DynamicScalingInSuspended  *bool `json:",omitempty"`
	DynamicScalingOutSuspended *bool `json:",omitempty"`
	ScheduledScalingSuspended  *bool `json:",omitempty"`
}

// DescribeScalableTargets reads targets. What does not exist is left out.
func (c *Client) DescribeScalableTargets(ctx context.Context, in *DescribeScalableTargetsInput) (*DescribeScalableTargetsOutput, error) {
	return call.JSON[DescribeScalableTargetsOutput](ctx, c.to, "DescribeScalableTargets", in)
}

// RegisterScalableTargetInput says what is suspended of a target that exists; the rest of it stays.
type RegisterScalableTargetInput struct {
	ServiceNamespace  types.ServiceNamespace
	ScalableDimension types.ScalableDimension
	ResourceId        string
	SuspendedState    *SuspendedState `json:",omitempty"`
}

// RegisterScalableTargetOutput has nothing that is read.
type RegisterScalableTargetOutput struct{}

// RegisterScalableTarget sets what is suspended. To do it twice changes nothing more, so that it is made again when it
// fails.
func (c *Client) RegisterScalableTarget(ctx context.Context, in *RegisterScalableTargetInput) (*RegisterScalableTargetOutput, error) {
	return call.JSON[RegisterScalableTargetOutput](ctx, c.to, "RegisterScalableTarget", in)
}
