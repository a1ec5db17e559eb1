package ecs

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type cluster struct {
	shape    types.Cluster // without counts and tags
	tags     []types.Tag
	services map[string]*service // by name
	stopped  []*member           // oldest first, for as long as they are remembered
}

// cluster by name or ARN; the default cluster when there is neither.
func (s *Service) cluster(nameOrARN *string) (*cluster, error) {
	c := s.clusters[base(orDefault(nameOrARN))]
	if c == nil {
		return nil, &types.ClusterNotFoundException{Message: aws.String("Cluster not found.")}
	}
	return c, nil
}

func orDefault(name *string) string {
	if aws.ToString(name) == "" {
		return "default"
	}
	return *name
}

// CreateCluster makes a cluster; an existing one is answered as it stands.
func (s *Service) CreateCluster(_ context.Context, in *ecs.CreateClusterInput) (*ecs.CreateClusterOutput, error) {
	name := orDefault(in.ClusterName)
	if !names().MatchString(name) {
		return nil, invalid("Invalid cluster name: %s.", name)
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clusters[name]
	if c == nil {
		c = &cluster{
			shape: types.Cluster{
				ClusterArn:                      aws.String(s.arn("cluster", name)),
				ClusterName:                     aws.String(name),
				Status:                          aws.String("ACTIVE"),
				CapacityProviders:               list(in.CapacityProviders),
				DefaultCapacityProviderStrategy: list(in.DefaultCapacityProviderStrategy),
				Configuration:                   in.Configuration,
				Settings:                        list(in.Settings),
			},
			tags:     list(in.Tags),
			services: map[string]*service{},
		}
		if len(c.shape.Settings) == 0 {
			c.shape.Settings = []types.ClusterSetting{{
				Name: types.ClusterSettingNameContainerInsights, Value: aws.String("disabled"),
			}}
		}
		s.clusters[name] = c
	}
	out := c.describe()
	out.Tags = list(c.tags)
	return &ecs.CreateClusterOutput{Cluster: &out}, nil
}

func (c *cluster) describe() types.Cluster {
	out := c.shape
	out.Tags = []types.Tag{}
	out.Statistics = []types.KeyValuePair{}
	for _, svc := range c.services {
		if svc.status() == "ACTIVE" {
			out.ActiveServicesCount++
		}
		for _, set := range svc.sets {
			running, pending := set.counts()
			out.RunningTasksCount += running
			out.PendingTasksCount += pending
		}
	}
	return out
}

// DescribeClusters tells about the named clusters, or the default one.
func (s *Service) DescribeClusters(_ context.Context, in *ecs.DescribeClustersInput) (*ecs.DescribeClustersOutput, error) {
	wanted := in.Clusters
	if len(wanted) == 0 {
		wanted = []string{"default"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &ecs.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
	for _, name := range wanted {
		c := s.clusters[base(name)]
		if c == nil {
			out.Failures = append(out.Failures, missing(s.arn("cluster", base(name))))
			continue
		}
		told := c.describe()
		if slices.Contains(in.Include, types.ClusterFieldTags) {
			told.Tags = list(c.tags)
		}
		out.Clusters = append(out.Clusters, told)
	}
	return out, nil
}

// ListClusters lists ARNs in the order of names.
func (s *Service) ListClusters(_ context.Context, in *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(s.clusters)) {
		arns = append(arns, *s.clusters[name].shape.ClusterArn)
	}
	items, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListClustersOutput{ClusterArns: items, NextToken: next}, nil
}

// DeleteCluster removes a cluster that has no services left.
func (s *Service) DeleteCluster(_ context.Context, in *ecs.DeleteClusterInput) (*ecs.DeleteClusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	for _, svc := range c.services {
		if svc.status() != "INACTIVE" {
			return nil, &types.ClusterContainsServicesException{
				Message: aws.String("The Cluster cannot be deleted while Services are active."),
			}
		}
	}
	delete(s.clusters, *c.shape.ClusterName)
	out := c.describe()
	out.Status = aws.String("INACTIVE")
	return &ecs.DeleteClusterOutput{Cluster: &out}, nil
}
