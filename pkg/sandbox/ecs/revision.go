package ecs

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// family is every revision ever registered under a name; revision n stands at n-1.
type family struct {
	revisions []*revision
}

// revision is one task definition. Its shape is replaced, never changed.
type revision struct {
	shape *types.TaskDefinition
	tags  []types.Tag
}

func (r *revision) active() bool { return r.shape.Status == types.TaskDefinitionStatusActive }

// revision by family (its latest ACTIVE one), family:revision or ARN.
func (s *Service) revision(id string) (*revision, error) {
	notFound := client("Unable to describe task definition.")
	if rest, ok := strings.CutPrefix(id, "arn:"); ok {
		if !strings.HasPrefix(id, s.arn("task-definition", "")) {
			return nil, client("Invalid ARN: arn:%s", rest)
		}
		id = base(id)
	}
	name, number, numbered := strings.Cut(id, ":")
	f := s.families[name]
	if f == nil {
		return nil, notFound
	}
	if !numbered {
		for _, r := range slices.Backward(f.revisions) {
			if r.active() {
				return r, nil
			}
		}
		return nil, notFound
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, client("Invalid revision number. Number: %s", number)
	}
	if n < 1 || n > len(f.revisions) {
		return nil, notFound
	}
	return f.revisions[n-1], nil
}

// runnable is a revision that a service or task set may start.
func (s *Service) runnable(id *string) (*revision, error) {
	if aws.ToString(id) == "" {
		return nil, invalid("TaskDefinition can not be blank.")
	}
	r, err := s.revision(*id)
	if err != nil {
		return nil, client("TaskDefinition not found.")
	}
	if !r.active() {
		return nil, client("TaskDefinition is inactive")
	}
	return r, nil
}

// DescribeTaskDefinition tells one revision, also one that was deregistered when it is named by its number.
func (s *Service) DescribeTaskDefinition(_ context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.revision(aws.ToString(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: clone(r.shape), Tags: []types.Tag{}}
	if slices.Contains(in.Include, types.TaskDefinitionFieldTags) {
		out.Tags = list(r.tags)
	}
	return out, nil
}

// ListTaskDefinitions lists ARNs by family and revision, ACTIVE ones unless asked otherwise.
func (s *Service) ListTaskDefinitions(_ context.Context, in *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	status := in.Status
	if status == "" {
		status = types.TaskDefinitionStatusActive
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(s.families)) {
		if in.FamilyPrefix != nil && *in.FamilyPrefix != name {
			continue // the "prefix" is the whole name, whatever it is called
		}
		for _, r := range s.families[name].revisions {
			if r.shape.Status == status {
				arns = append(arns, *r.shape.TaskDefinitionArn)
			}
		}
	}
	if in.Sort == types.SortOrderDesc {
		slices.Reverse(arns)
	}
	items, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: items, NextToken: next}, nil
}

// DeregisterTaskDefinition makes a revision INACTIVE: what runs goes on, and nothing new may start from it.
func (s *Service) DeregisterTaskDefinition(_ context.Context, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	id := aws.ToString(in.TaskDefinition)
	if !strings.Contains(base(id), ":") {
		return nil, client("Revision is missing.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.revision(id)
	if err != nil {
		return nil, client("The specified task definition does not exist.")
	}
	shape := *r.shape
	if r.active() {
		shape.Status = types.TaskDefinitionStatusInactive
		shape.DeregisteredAt = s.now()
		r.shape = &shape
		s.changed.Raise()
	}
	return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: clone(&shape)}, nil
}

// Roles are the ARNs of a task definition's task and execution role, as far as it has them.
func (s *Service) Roles(taskDefinition string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.revision(taskDefinition)
	if err != nil {
		return nil
	}
	return []string{aws.ToString(r.shape.TaskRoleArn), aws.ToString(r.shape.ExecutionRoleArn)}
}
