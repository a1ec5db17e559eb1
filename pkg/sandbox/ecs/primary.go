package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// named finds a task set of an active service.
func (s *Service) named(cluster, svcID, setID *string) (*taskSet, error) {
	svc, err := s.activeService(cluster, svcID)
	if err != nil {
		return nil, err
	}
	return svc.set(aws.ToString(setID))
}

// UpdateServicePrimaryTaskSet makes a task set PRIMARY, the one before it ACTIVE, and hands its task definition,
// load balancers, network and capacity to the service.
func (s *Service) UpdateServicePrimaryTaskSet(_ context.Context, in *ecs.UpdateServicePrimaryTaskSetInput) (*ecs.UpdateServicePrimaryTaskSetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.named(in.Cluster, in.Service, in.PrimaryTaskSet)
	if err != nil {
		return nil, err
	}
	if *set.shape.Status == "DRAINING" {
		return nil, invalid("The TaskSet %s is draining and cannot become the primary TaskSet.", *set.shape.Id)
	}
	now := s.now()
	for _, other := range set.service.sets {
		if other != set && *other.shape.Status == "PRIMARY" {
			other.shape.Status, other.shape.UpdatedAt = aws.String("ACTIVE"), now
		}
	}
	set.shape.Status, set.shape.UpdatedAt = aws.String("PRIMARY"), now
	set.service.transfer(set.layout)
	s.touch(set.service)
	out := set.describe()
	return &ecs.UpdateServicePrimaryTaskSetOutput{TaskSet: &out}, nil
}

// UpdateTaskSet changes the scale of a task set.
func (s *Service) UpdateTaskSet(_ context.Context, in *ecs.UpdateTaskSetInput) (*ecs.UpdateTaskSetOutput, error) {
	if in.Scale == nil {
		return nil, invalid("Scale can not be null.")
	}
	scale, err := checkScale(in.Scale)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.named(in.Cluster, in.Service, in.TaskSet)
	if err != nil {
		return nil, err
	}
	if *set.shape.Status == "DRAINING" {
		return nil, invalid("The TaskSet %s is draining.", *set.shape.Id)
	}
	set.shape.Scale, set.shape.UpdatedAt = &scale, s.now()
	s.unsettle(set)
	s.touch(set.service)
	out := set.describe()
	return &ecs.UpdateTaskSetOutput{TaskSet: &out}, nil
}

// DeleteTaskSet drains a task set: its scale is 0 at once, and it is gone when its last task has stopped. Without
// force it must be at scale 0 already.
func (s *Service) DeleteTaskSet(_ context.Context, in *ecs.DeleteTaskSetInput) (*ecs.DeleteTaskSetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.named(in.Cluster, in.Service, in.TaskSet)
	if err != nil {
		return nil, err
	}
	if !aws.ToBool(in.Force) {
		if *set.shape.Status == "PRIMARY" {
			return nil, invalid("The primary TaskSet %s cannot be deleted.", *set.shape.Id)
		}
		if set.wanted() > 0 {
			return nil, invalid("The TaskSet %s cannot be deleted while it is scaled above 0.", *set.shape.Id)
		}
	}
	if *set.shape.Status != "DRAINING" {
		set.shape.Status, set.shape.UpdatedAt = aws.String("DRAINING"), s.now()
		set.shape.Scale = &types.Scale{Unit: types.ScaleUnitPercent}
		s.unsettle(set)
		s.touch(set.service)
	}
	out := set.describe()
	return &ecs.DeleteTaskSetOutput{TaskSet: &out}, nil
}
