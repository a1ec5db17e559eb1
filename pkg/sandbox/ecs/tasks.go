package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// ListTasks lists ARNs in their order, of tasks that are to run unless asked for those that are to stop.
func (s *Service) ListTasks(_ context.Context, in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.ServiceName != nil {
		if _, err := s.service(in.Cluster, in.ServiceName); err != nil {
			return nil, err
		}
	}
	desired := string(in.DesiredStatus)
	if desired == "" {
		desired = running
	}
	var arns []string
	for _, m := range c.all() {
		t := &m.shape
		family, _, _ := strings.Cut(base(*t.TaskDefinitionArn), ":")
		if *t.DesiredStatus == desired &&
			(in.ServiceName == nil || *t.Group == "service:"+base(*in.ServiceName)) &&
			(in.StartedBy == nil || *t.StartedBy == *in.StartedBy) &&
			(in.Family == nil || family == *in.Family) &&
			(in.LaunchType == "" || t.LaunchType == in.LaunchType) &&
			in.ContainerInstance == nil && in.DaemonName == nil {
			arns = append(arns, *t.TaskArn)
		}
	}
	slices.Sort(arns)
	items, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTasksOutput{TaskArns: items, NextToken: next}, nil
}

// DescribeTasks tells about at most 100 tasks, stopped ones for an hour.
func (s *Service) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return nil, invalid("Tasks cannot be empty and has at most 100 members.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeTasksOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, id := range in.Tasks {
		m := c.task(id)
		if m == nil {
			out.Failures = append(out.Failures, missing(s.arn("task", *c.shape.ClusterName, base(id))))
			continue
		}
		told := clone(m.shape)
		if !slices.Contains(in.Include, types.TaskFieldTags) {
			told.Tags = []types.Tag{}
		}
		out.Tasks = append(out.Tasks, told)
	}
	return out, nil
}

// StopTask ends a task in its order; its service replaces it.
func (s *Service) StopTask(_ context.Context, in *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	m := c.task(aws.ToString(in.Task))
	if m == nil {
		return nil, invalid("The referenced task was not found.")
	}
	reason := aws.ToString(in.Reason)
	if reason == "" {
		reason = "Task stopped by user"
	}
	s.stop(m, types.TaskStopCodeUserInitiated, reason)
	out := clone(m.shape)
	return &ecs.StopTaskOutput{Task: &out}, nil
}

// Register puts every operation on the wire.
func (s *Service) Register(srv *wire.Server) {
	const name = "ecs"
	wire.On(srv, name, s.CreateCluster)
	wire.On(srv, name, s.DescribeClusters)
	wire.On(srv, name, s.ListClusters)
	wire.On(srv, name, s.DeleteCluster)
	wire.On(srv, name, s.RegisterTaskDefinition)
	wire.On(srv, name, s.DescribeTaskDefinition)
	wire.On(srv, name, s.ListTaskDefinitions)
	wire.On(srv, name, s.DeregisterTaskDefinition)
	wire.On(srv, name, s.TagResource)
	wire.On(srv, name, s.UntagResource)
	wire.On(srv, name, s.ListTagsForResource)
	wire.On(srv, name, s.CreateService)
	wire.On(srv, name, s.DescribeServices)
	wire.On(srv, name, s.ListServices)
	wire.On(srv, name, s.UpdateService)
	wire.On(srv, name, s.DeleteService)
	wire.On(srv, name, s.CreateTaskSet)
	wire.On(srv, name, s.DescribeTaskSets)
	wire.On(srv, name, s.UpdateServicePrimaryTaskSet)
	wire.On(srv, name, s.UpdateTaskSet)
	wire.On(srv, name, s.DeleteTaskSet)
	wire.On(srv, name, s.ListTasks)
	wire.On(srv, name, s.DescribeTasks)
	wire.On(srv, name, s.StopTask)
}
