package live

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// RevisionReader reads a task definition revision.
type RevisionReader interface {
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error)
}

// ReadRevision reads a task definition revision with its tags, by its ARN, or a family's newest that is active.
func ReadRevision(ctx context.Context, api RevisionReader, arn string) (*Revision, error) {
	var unknown []Member
	out, err := api.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	}, KeepUnknown(&unknown))
	if err != nil {
		return nil, fmt.Errorf("describe revision %s: %w", arn, err)
	}
	return &Revision{Definition: out.TaskDefinition, Tags: out.Tags, Unknown: unknown}, nil
}
