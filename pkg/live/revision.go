package live

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
)

// RevisionReader reads a task definition revision.
type RevisionReader interface {
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error)
}

// ReadRevision reads a task definition revision with its tags, by its ARN, or a family's newest that is active.
func ReadRevision(ctx context.Context, api RevisionReader, arn string) (*Revision, error) {
	out, err := api.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		return nil, fmt.Errorf("describe revision %s: %w", arn, err)
	}
	return &Revision{Definition: out.TaskDefinition, Tags: out.Tags, Unknown: out.Unknown}, nil
}
