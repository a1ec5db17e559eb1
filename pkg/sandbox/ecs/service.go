package ecs

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

type service struct {
	cluster *cluster
	shape   types.Service // without counts, task sets, events and tags
	tags    []types.Tag
	sets    []*taskSet           // oldest first
	events  []types.ServiceEvent // newest first
	wake    signal.Signal        // its reconciler waits for it
	steady  bool
}

func (svc *service) status() string { return *svc.shape.Status }

// service by name or ARN, whatever its status.
func (s *Service) service(clusterID, nameOrARN *string) (*service, error) {
	c, err := s.cluster(clusterID)
	if err != nil {
		return nil, err
	}
	svc := c.services[base(aws.ToString(nameOrARN))]
	if svc == nil {
		return nil, &types.ServiceNotFoundException{Message: aws.String("Service not found.")}
	}
	return svc, nil
}

func (s *Service) activeService(clusterID, nameOrARN *string) (*service, error) {
	svc, err := s.service(clusterID, nameOrARN)
	if err == nil && svc.status() != "ACTIVE" {
		err = &types.ServiceNotActiveException{Message: aws.String("Service was not ACTIVE.")}
	}
	return svc, err
}

// touch wakes whoever waits for a change of the service.
func (s *Service) touch(svc *service) {
	svc.wake.Raise()
	s.changed.Raise()
}

// CreateService makes a service of the CODE_DEPLOY controller with its first task set, which is PRIMARY and has no
// external id. Other controllers are refused.
func (s *Service) CreateService(ctx context.Context, in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	if err := checkService(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if old := c.services[*in.ServiceName]; old != nil && old.status() == "ACTIVE" {
		return nil, invalid("Creation of service was not idempotent.")
	} else if old != nil && old.status() == "DRAINING" {
		return nil, invalid("Unable to Start a service that is still Draining.")
	}
	l, err := s.layout(c, &layout{
		taskDefinition: in.TaskDefinition, loadBalancers: in.LoadBalancers, network: in.NetworkConfiguration,
		launchType: in.LaunchType, platform: in.PlatformVersion, strategy: in.CapacityProviderStrategy,
		registries: in.ServiceRegistries,
	})
	if err != nil {
		return nil, err
	}
	svc := &service{cluster: c, tags: list(in.Tags), shape: s.shapeService(ctx, c, in)}
	svc.transfer(l)
	c.services[*in.ServiceName] = svc
	s.addSet(svc, l, types.Scale{Unit: types.ScaleUnitPercent, Value: 100}).shape.Status = aws.String("PRIMARY")
	s.spawn(func(ctx context.Context) { s.reconcile(ctx, svc) })
	s.touch(svc)
	out := svc.describe()
	out.Tags = list(svc.tags)
	return &ecs.CreateServiceOutput{Service: &out}, nil
}

func checkService(in *ecs.CreateServiceInput) error {
	switch {
	case !names().MatchString(aws.ToString(in.ServiceName)):
		return invalid("Invalid service name: %q.", aws.ToString(in.ServiceName))
	case native(in.DeploymentConfiguration):
		return errNative()
	case in.DeploymentController == nil || in.DeploymentController.Type != types.DeploymentControllerTypeCodeDeploy:
		return unsupported("The sandbox runs services of the CODE_DEPLOY deployment controller only.")
	case in.SchedulingStrategy == types.SchedulingStrategyDaemon:
		return invalid("The DAEMON scheduling strategy is not supported with the CODE_DEPLOY deployment controller.")
	case in.ServiceConnectConfiguration != nil && in.ServiceConnectConfiguration.Enabled:
		return invalid("Service Connect is not supported with the CODE_DEPLOY deployment controller.")
	case aws.ToInt32(in.DesiredCount) < 0:
		return invalid("Desired count must not be negative.")
	case aws.ToInt32(in.HealthCheckGracePeriodSeconds) < 0:
		return invalid("Health check grace period must not be negative.")
	case len(in.LoadBalancers) > 1:
		return invalid("Multiple target groups are not supported with the CODE_DEPLOY deployment controller.")
	case in.HealthCheckGracePeriodSeconds != nil && len(in.LoadBalancers) == 0:
		return invalid("Health check grace period is only valid for services configured to use load balancers")
	}
	return checkTags(in.Tags)
}

func (s *Service) shapeService(ctx context.Context, c *cluster, in *ecs.CreateServiceInput) types.Service {
	shape := types.Service{
		ServiceName:             in.ServiceName,
		ServiceArn:              aws.String(s.arn("service", *c.shape.ClusterName, *in.ServiceName)),
		ClusterArn:              c.shape.ClusterArn,
		Status:                  aws.String("ACTIVE"),
		DesiredCount:            aws.ToInt32(in.DesiredCount),
		DeploymentController:    in.DeploymentController,
		DeploymentConfiguration: deploymentConfiguration(in.DeploymentConfiguration),
		SchedulingStrategy:      types.SchedulingStrategyReplica,
		RoleArn: aws.String(fmt.Sprintf(
			"arn:aws:iam::%s:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", s.opts.Account)),
		CreatedAt:                     s.now(),
		CreatedBy:                     aws.String(s.caller(ctx)),
		EnableECSManagedTags:          in.EnableECSManagedTags,
		EnableExecuteCommand:          in.EnableExecuteCommand,
		PropagateTags:                 in.PropagateTags,
		HealthCheckGracePeriodSeconds: in.HealthCheckGracePeriodSeconds,
		PlacementConstraints:          list(in.PlacementConstraints),
		PlacementStrategy:             list(in.PlacementStrategy),
		AvailabilityZoneRebalancing:   in.AvailabilityZoneRebalancing,
	}
	if shape.PropagateTags == "" {
		shape.PropagateTags = types.PropagateTagsNone
	}
	if shape.HealthCheckGracePeriodSeconds == nil {
		shape.HealthCheckGracePeriodSeconds = aws.Int32(0)
	}
	if shape.AvailabilityZoneRebalancing == "" {
		shape.AvailabilityZoneRebalancing = types.AvailabilityZoneRebalancingDisabled
	}
	return shape
}

// native tells whether a configuration asks for the blue/green deployments that ECS makes without CodeDeploy:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html.
func native(in *types.DeploymentConfiguration) bool {
	return in != nil && (in.Strategy != "" && in.Strategy != types.DeploymentStrategyRolling || len(in.LifecycleHooks) > 0)
}

func errNative() error {
	return unsupported("ECS-native blue/green deployments (a deployment strategy other than ROLLING, lifecycle hooks) are not part of the sandbox: it deploys through CodeDeploy.")
}

func deploymentConfiguration(in *types.DeploymentConfiguration) *types.DeploymentConfiguration {
	out := types.DeploymentConfiguration{}
	if in != nil {
		out = *in
	}
	if out.MaximumPercent == nil {
		out.MaximumPercent = aws.Int32(200)
	}
	if out.MinimumHealthyPercent == nil {
		out.MinimumHealthyPercent = aws.Int32(100)
	}
	return &out
}

// ListServices lists ARNs in the order of names, without inactive services.
func (s *Service) ListServices(_ context.Context, in *ecs.ListServicesInput) (*ecs.ListServicesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		svc := c.services[name]
		if svc.status() != "INACTIVE" && (in.LaunchType == "" || in.LaunchType == svc.shape.LaunchType) {
			arns = append(arns, *svc.shape.ServiceArn)
		}
	}
	items, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListServicesOutput{ServiceArns: items, NextToken: next}, nil
}
