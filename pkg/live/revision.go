package live

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ReadRevision reads a task definition revision with its tags.
func ReadRevision(ctx context.Context, api TaskReader, arn string) (*Revision, error) {
	out, err := api.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		return nil, fmt.Errorf("describe revision %s: %w", arn, err)
	}
	return &Revision{Definition: out.TaskDefinition, Tags: out.Tags}, nil
}
