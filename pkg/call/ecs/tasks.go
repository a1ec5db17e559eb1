package ecs

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ListTasksInput says whose tasks are listed, and from where on.
type ListTasksInput struct {
	Cluster       *string
	ServiceName   *string
	DesiredStatus types.DesiredStatus
	NextToken     *string
}

// ListTasksOutput is a page of tasks, 100 at most; NextToken is nil with the last.
type ListTasksOutput struct {
	NextToken *string
	TaskArns  []string
}

// ListTasks lists the tasks of a service: those that run, unless their desired status is named.
func (c *Client) ListTasks(ctx context.Context, in *ListTasksInput) (*ListTasksOutput, error) {
	return ask[ListTasksOutput](ctx, c, "ListTasks", in)
}

// TaskPages are the pages of a list of tasks, up to the last or to the first error.
func TaskPages(ctx context.Context, api interface {
	ListTasks(context.Context, *ListTasksInput) (*ListTasksOutput, error)
}, in ListTasksInput) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for {
			page, err := api.ListTasks(ctx, &in)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(page.TaskArns, nil) || aws.ToString(page.NextToken) == "" {
				return
			}
			in.NextToken = page.NextToken
		}
	}
}

// DescribeTasksInput names up to 100 tasks of a cluster.
type DescribeTasksInput struct {
	Cluster *string
	Tasks   []string
}

// DescribeTasksOutput are the tasks, and those that could not be described.
type DescribeTasksOutput struct {
	Failures []types.Failure
	Tasks    []types.Task
}

// DescribeTasks reads tasks; one that has stopped for about an hour.
func (c *Client) DescribeTasks(ctx context.Context, in *DescribeTasksInput) (*DescribeTasksOutput, error) {
	return ask[DescribeTasksOutput](ctx, c, "DescribeTasks", in)
}
