package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// DescribeServices tells about at most 10 services. Deployments are always [], because only the ECS controller
// has them; the PRIMARY task set stands first.
func (s *Service) DescribeServices(_ context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	if len(in.Services) == 0 {
		return nil, invalid("Services cannot be empty.")
	}
	if len(in.Services) > 10 {
		return nil, invalid("Services has at most 10 members.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
	for _, name := range in.Services {
		svc := c.services[base(name)]
		if svc == nil {
			out.Failures = append(out.Failures, missing(s.arn("service", *c.shape.ClusterName, base(name))))
			continue
		}
		told := svc.describe()
		if slices.Contains(in.Include, types.ServiceFieldTags) {
			told.Tags = list(svc.tags)
			for i := range told.TaskSets {
				told.TaskSets[i].Tags = list(svc.sets[svc.indexOf(*told.TaskSets[i].Id)].tags)
			}
		}
		out.Services = append(out.Services, told)
	}
	return out, nil
}

func (svc *service) describe() types.Service {
	out := clone(svc.shape)
	out.Deployments = []types.Deployment{}
	out.TaskSets = []types.TaskSet{}
	out.Events = list(svc.events)
	out.Tags = nil
	for _, set := range svc.sets {
		told := set.describe()
		out.RunningCount += told.RunningCount
		out.PendingCount += told.PendingCount
		if *told.Status == "PRIMARY" {
			out.TaskSets = slices.Insert(out.TaskSets, 0, told)
		} else {
			out.TaskSets = append(out.TaskSets, told)
		}
	}
	return out
}

func (set *taskSet) describe() types.TaskSet {
	out := clone(set.shape)
	out.ComputedDesiredCount = set.wanted()
	out.RunningCount, out.PendingCount = set.counts()
	return out
}

// DescribeTaskSets tells about the named task sets of a service, or all.
func (s *Service) DescribeTaskSets(_ context.Context, in *ecs.DescribeTaskSetsInput) (*ecs.DescribeTaskSetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	wanted := in.TaskSets
	if len(wanted) == 0 {
		for _, set := range svc.sets {
			wanted = append(wanted, *set.shape.Id)
		}
	}
	out := &ecs.DescribeTaskSetsOutput{TaskSets: []types.TaskSet{}, Failures: []types.Failure{}}
	for _, id := range wanted {
		set, err := svc.set(id)
		if err != nil {
			out.Failures = append(out.Failures, missing(s.arn(
				"task-set", *svc.cluster.shape.ClusterName, *svc.shape.ServiceName, "ecs-svc", base(id))))
			continue
		}
		told := set.describe()
		if slices.Contains(in.Include, types.TaskSetFieldTags) {
			told.Tags = list(set.tags)
		}
		out.TaskSets = append(out.TaskSets, told)
	}
	return out, nil
}

// set by id or ARN.
func (svc *service) set(idOrARN string) (*taskSet, error) {
	if at := svc.indexOf("ecs-svc/" + base(idOrARN)); at >= 0 {
		return svc.sets[at], nil
	}
	return nil, &types.TaskSetNotFoundException{Message: aws.String("The specified task set was not found.")}
}

func (svc *service) indexOf(id string) int {
	return slices.IndexFunc(svc.sets, func(set *taskSet) bool { return *set.shape.Id == id })
}
