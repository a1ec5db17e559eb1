package ecs

import (
	"context"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type taskSet struct {
	service  *service
	shape    types.TaskSet // without counts and tags
	tags     []types.Tag
	layout   *layout
	members  []*member // tasks that have not stopped, oldest first
	token    string    // of the call that created it; empty: none
	failures int       // tasks that ended by themselves, in a row
	holding  bool      // no new task until the backoff is over
}

// wanted is the computed desired count.
func (set *taskSet) wanted() int32 {
	if *set.shape.Status == "DRAINING" {
		return 0
	}
	return int32(math.Ceil(float64(set.service.shape.DesiredCount) * set.shape.Scale.Value / 100))
}

func (set *taskSet) counts() (running, pending int32) {
	for _, m := range set.members {
		switch *m.shape.LastStatus {
		case "RUNNING":
			running++
		case "PROVISIONING", "PENDING", "ACTIVATING":
			if !m.told {
				pending++
			}
		}
	}
	return running, pending
}

func (s *Service) addSet(svc *service, l *layout, scale types.Scale) *taskSet {
	id, now := taskSetID(), s.now()
	set := &taskSet{service: svc, layout: l, shape: types.TaskSet{
		Id:                       aws.String(id),
		TaskSetArn:               aws.String(s.arn("task-set", *svc.cluster.shape.ClusterName, *svc.shape.ServiceName, id)),
		ServiceArn:               svc.shape.ServiceArn,
		ClusterArn:               svc.shape.ClusterArn,
		Status:                   aws.String("ACTIVE"),
		TaskDefinition:           l.taskDefinition,
		LoadBalancers:            l.loadBalancers,
		NetworkConfiguration:     l.network,
		LaunchType:               l.launchType,
		CapacityProviderStrategy: l.strategy,
		ServiceRegistries:        l.registries,
		PlatformVersion:          aws.String(numbered(*l.platform)),
		PlatformFamily:           aws.String("Linux"),
		Scale:                    &scale,
		CreatedAt:                now,
		UpdatedAt:                now,
		StabilityStatus:          types.StabilityStatusStabilizing,
		StabilityStatusAt:        now,
	}}
	svc.sets = append(svc.sets, set)
	svc.steady = false
	return set
}

// CreateTaskSet adds an ACTIVE task set. What it does not say about network, capacity and load balancers it has
// from the service; without a scale it has 0 percent, as AWS's own example answers. A call with the client token of a
// task set that is there answers that one.
func (s *Service) CreateTaskSet(_ context.Context, in *ecs.CreateTaskSetInput) (*ecs.CreateTaskSetOutput, error) {
	scale, err := checkScale(in.Scale)
	if err == nil {
		err = checkTags(in.Tags)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if set := svc.created(aws.ToString(in.ClientToken)); set != nil {
		out := set.describe()
		out.Tags = list(set.tags)
		return &ecs.CreateTaskSetOutput{TaskSet: &out}, nil
	}
	if len(svc.sets) >= 5 {
		return nil, invalid("5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.")
	}
	l, err := s.layout(svc.cluster, svc.inherit(&layout{
		taskDefinition: in.TaskDefinition, loadBalancers: in.LoadBalancers, network: in.NetworkConfiguration,
		launchType: in.LaunchType, platform: in.PlatformVersion, strategy: in.CapacityProviderStrategy,
		registries: in.ServiceRegistries,
	}))
	if err != nil {
		return nil, err
	}
	set := s.addSet(svc, l, scale)
	set.token, set.shape.ExternalId = aws.ToString(in.ClientToken), in.ExternalId
	set.shape.StartedBy = aws.String("CODE_DEPLOY")
	set.tags = list(in.Tags)
	s.touch(svc)
	out := set.describe()
	out.Tags = list(set.tags)
	return &ecs.CreateTaskSetOutput{TaskSet: &out}, nil
}

// created is the task set that a call with this client token made.
func (svc *service) created(token string) *taskSet {
	for _, set := range svc.sets {
		if token != "" && set.token == token {
			return set
		}
	}
	return nil
}

func (svc *service) inherit(l *layout) *layout {
	if l.network == nil {
		l.network = svc.shape.NetworkConfiguration
	}
	if l.launchType == "" && len(l.strategy) == 0 {
		l.launchType, l.strategy = svc.shape.LaunchType, svc.shape.CapacityProviderStrategy
	}
	if l.platform == nil {
		l.platform = svc.shape.PlatformVersion
	}
	if l.loadBalancers == nil {
		l.loadBalancers = svc.shape.LoadBalancers
	}
	if l.registries == nil {
		l.registries = svc.shape.ServiceRegistries
	}
	return l
}

func checkScale(in *types.Scale) (types.Scale, error) {
	out := types.Scale{Unit: types.ScaleUnitPercent}
	if in == nil {
		return out, nil
	}
	if in.Value < 0 || in.Value > 100 || (in.Unit != "" && in.Unit != types.ScaleUnitPercent) {
		return out, invalid("Scale must be between 0 and 100 PERCENT.")
	}
	out.Value = in.Value
	return out, nil
}
