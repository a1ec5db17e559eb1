package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// DescribeTaskDefinitionInput names a revision, or a family for its newest that is active.
type DescribeTaskDefinitionInput struct {
	TaskDefinition *string
	Include        []types.TaskDefinitionField
}

// DescribeTaskDefinitionOutput is the revision, with its tags where they were asked for.
type DescribeTaskDefinitionOutput struct {
	Tags           []types.Tag
	TaskDefinition *types.TaskDefinition
	// Unknown are the members of the task definition that its type does not have; their places are within it.
	Unknown []call.Member
}

// DescribeTaskDefinition reads a revision.
func (c *Client) DescribeTaskDefinition(ctx context.Context, in *DescribeTaskDefinitionInput) (*DescribeTaskDefinitionOutput, error) {
	out, unknown, err := call.ShapesAndMore[DescribeTaskDefinitionOutput](ctx, c.to, call.Request{Operation: "DescribeTaskDefinition"}, in, nil)
	if err != nil {
		return nil, err
	}
	out.Unknown = ofDefinition(unknown)
	return out, nil
}

// RegisterTaskDefinitionInput is a revision as it is registered: every member that this version's SDK knows.
type RegisterTaskDefinitionInput struct {
	ContainerDefinitions    []types.ContainerDefinition
	Family                  *string
	Cpu                     *string
	EnableFaultInjection    *bool
	EphemeralStorage        *types.EphemeralStorage
	ExecutionRoleArn        *string
	InferenceAccelerators   []types.InferenceAccelerator
	IpcMode                 types.IpcMode
	Memory                  *string
	NetworkMode             types.NetworkMode
	PidMode                 types.PidMode
	PlacementConstraints    []types.TaskDefinitionPlacementConstraint
	ProxyConfiguration      *types.ProxyConfiguration
	RequiresCompatibilities []types.Compatibility
	RuntimePlatform         *types.RuntimePlatform
	Tags                    []types.Tag
	TaskRoleArn             *string
	Volumes                 []types.Volume
	// Unknown are members that another revision had beyond these. They are put where they stood in it, but for those of a
	// member that ECS fills itself.
	Unknown []call.Member
}

// RegisterTaskDefinitionOutput is the revision as ECS has registered it.
type RegisterTaskDefinitionOutput struct {
	Tags           []types.Tag
	TaskDefinition *types.TaskDefinition
	// Unknown are as those of DescribeTaskDefinitionOutput.
	Unknown []call.Member
}

// RegisterTaskDefinition makes a revision. It is asked once: when its answer is lost, a second call may make a second one.
func (c *Client) RegisterTaskDefinition(ctx context.Context, in *RegisterTaskDefinitionInput) (*RegisterTaskDefinitionOutput, error) {
	out, unknown, err := call.ShapesAndMore[RegisterTaskDefinitionOutput](ctx, c.to, call.Request{Operation: "RegisterTaskDefinition", Once: true}, in, in.Unknown)
	if err != nil {
		return nil, err
	}
	out.Unknown = ofDefinition(unknown)
	return out, nil
}

// ofDefinition are those of an answer's members that are its task definition's.
func ofDefinition(unknown []call.Member) []call.Member {
	var its []call.Member
	for _, m := range unknown {
		if m.Path[0].Name == "taskDefinition" && len(m.Path) > 1 {
			its = append(its, call.Member{Path: m.Path[1:], Value: m.Value})
		}
	}
	return its
}

// ListTaskDefinitionsInput says of which family revisions are listed, in which order, and from where on.
type ListTaskDefinitionsInput struct {
	FamilyPrefix *string
	MaxResults   *int32
	NextToken    *string
	Sort         types.SortOrder
	Status       types.TaskDefinitionStatus
}

// ListTaskDefinitionsOutput is a page of revisions' ARNs; NextToken is nil with the last.
type ListTaskDefinitionsOutput struct {
	NextToken          *string
	TaskDefinitionArns []string
}

// ListTaskDefinitions lists a family's revisions.
func (c *Client) ListTaskDefinitions(ctx context.Context, in *ListTaskDefinitionsInput) (*ListTaskDefinitionsOutput, error) {
	return ask[ListTaskDefinitionsOutput](ctx, c, "ListTaskDefinitions", in)
}

// DeregisterTaskDefinitionInput names a revision.
type DeregisterTaskDefinitionInput struct {
	TaskDefinition *string
}

// DeregisterTaskDefinitionOutput is the revision, which is inactive then.
type DeregisterTaskDefinitionOutput struct {
	TaskDefinition *types.TaskDefinition
}

// DeregisterTaskDefinition takes a revision out of use.
func (c *Client) DeregisterTaskDefinition(ctx context.Context, in *DeregisterTaskDefinitionInput) (*DeregisterTaskDefinitionOutput, error) {
	return ask[DeregisterTaskDefinitionOutput](ctx, c, "DeregisterTaskDefinition", in)
}
