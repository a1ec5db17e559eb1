package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// DescribeServicesInput names up to ten services of a cluster.
type DescribeServicesInput struct {
	Cluster  *string
	Services []string
	Include  []types.ServiceField
}

// DescribeServicesOutput are the services, and those that could not be described.
type DescribeServicesOutput struct {
	Failures []types.Failure
	Services []types.Service
}

// DescribeServices reads services, with their task sets.
func (c *Client) DescribeServices(ctx context.Context, in *DescribeServicesInput) (*DescribeServicesOutput, error) {
	return ask[DescribeServicesOutput](ctx, c, "DescribeServices", in)
}

// UpdateServiceInput is what of a service is changed that CodeDeploy deploys: ECS takes little else
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html).
type UpdateServiceInput struct {
	Cluster                       *string
	Service                       *string
	DesiredCount                  *int32
	EnableExecuteCommand          *bool
	HealthCheckGracePeriodSeconds *int32
}

// UpdateServiceOutput is the service as it is then.
type UpdateServiceOutput struct {
	Service *types.Service
}

// UpdateService changes a service.
func (c *Client) UpdateService(ctx context.Context, in *UpdateServiceInput) (*UpdateServiceOutput, error) {
	return ask[UpdateServiceOutput](ctx, c, "UpdateService", in)
}

// TagResourceInput are tags for a service or a revision.
type TagResourceInput struct {
	ResourceArn *string
	Tags        []types.Tag
}

// TagResourceOutput is empty.
type TagResourceOutput struct{}

// TagResource adds tags, or changes them.
func (c *Client) TagResource(ctx context.Context, in *TagResourceInput) (*TagResourceOutput, error) {
	return ask[TagResourceOutput](ctx, c, "TagResource", in)
}

// UntagResourceInput are the names of tags of a service or a revision.
type UntagResourceInput struct {
	ResourceArn *string
	TagKeys     []string
}

// UntagResourceOutput is empty.
type UntagResourceOutput struct{}

// UntagResource takes tags away.
func (c *Client) UntagResource(ctx context.Context, in *UntagResourceInput) (*UntagResourceOutput, error) {
	return ask[UntagResourceOutput](ctx, c, "UntagResource", in)
}
