package cfn

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Register offers the operations by which stacks are looked at. Stacks are created from an assembly only.
func (s *Service) Register(srv *wire.Server) {
	wire.On(srv, "cloudformation", s.DescribeStacks)
	wire.On(srv, "cloudformation", s.ListStackResources)
}

// DescribeStacks tells one stack by name or ARN, or all.
func (s *Service) DescribeStacks(_ context.Context, in *cloudformation.DescribeStacksInput) (*cloudformation.DescribeStacksOutput, error) {
	out := &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{}}
	for _, c := range s.Stacks() {
		if in.StackName != nil && *in.StackName != c.Name && *in.StackName != c.ID {
			continue
		}
		stack := types.Stack{
			StackName: aws.String(c.Name), StackId: aws.String(c.ID), CreationTime: aws.Time(c.At),
			StackStatus: types.StackStatusCreateComplete, Outputs: []types.Output{}, Tags: []types.Tag{},
		}
		if c.Description != "" {
			stack.Description = aws.String(c.Description)
		}
		for _, o := range c.Outputs {
			told := types.Output{OutputKey: aws.String(o.Key), OutputValue: aws.String(o.Value)}
			if o.Description != "" {
				told.Description = aws.String(o.Description)
			}
			if o.Export != "" {
				told.ExportName = aws.String(o.Export)
			}
			stack.Outputs = append(stack.Outputs, told)
		}
		out.Stacks = append(out.Stacks, stack)
	}
	if in.StackName != nil && len(out.Stacks) == 0 {
		return nil, noStack(*in.StackName)
	}
	return out, nil
}

// ListStackResources tells a stack's resources in the order in which they were created.
func (s *Service) ListStackResources(_ context.Context, in *cloudformation.ListStackResourcesInput) (*cloudformation.ListStackResourcesOutput, error) {
	for _, c := range s.Stacks() {
		if name := aws.ToString(in.StackName); name != c.Name && name != c.ID {
			continue
		}
		out := &cloudformation.ListStackResourcesOutput{}
		for _, r := range c.Resources {
			out.StackResourceSummaries = append(out.StackResourceSummaries, types.StackResourceSummary{
				LogicalResourceId: aws.String(r.Logical), PhysicalResourceId: aws.String(r.Physical), ResourceType: aws.String(r.Type),
				ResourceStatus: types.ResourceStatusCreateComplete, LastUpdatedTimestamp: aws.Time(c.At),
			})
		}
		return out, nil
	}
	return nil, noStack(aws.ToString(in.StackName))
}

func noStack(name string) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf("Stack with id %s does not exist", name)}
}
