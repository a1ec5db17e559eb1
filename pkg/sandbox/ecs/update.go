package ecs

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// UpdateService changes what a CODE_DEPLOY service may change outside of a deployment: desired count, deployment
// configuration, health check grace period, ECS Exec, placement and tag options. What belongs to a task set is
// refused unless it says what the service has on record.
func (s *Service) UpdateService(_ context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	if native(in.DeploymentConfiguration) {
		return nil, errNative()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if err := s.refuse(svc, in); err != nil {
		return nil, err
	}
	shape := &svc.shape
	if in.DesiredCount != nil {
		shape.DesiredCount = *in.DesiredCount
	}
	if in.DeploymentConfiguration != nil {
		shape.DeploymentConfiguration = deploymentConfiguration(in.DeploymentConfiguration)
	}
	if in.HealthCheckGracePeriodSeconds != nil {
		shape.HealthCheckGracePeriodSeconds = aws.Int32(*in.HealthCheckGracePeriodSeconds)
	}
	if in.EnableExecuteCommand != nil {
		shape.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	if in.EnableECSManagedTags != nil {
		shape.EnableECSManagedTags = *in.EnableECSManagedTags
	}
	if in.PropagateTags != "" {
		shape.PropagateTags = in.PropagateTags
	}
	if in.PlacementConstraints != nil {
		shape.PlacementConstraints = list(in.PlacementConstraints)
	}
	if in.PlacementStrategy != nil {
		shape.PlacementStrategy = list(in.PlacementStrategy)
	}
	if in.AvailabilityZoneRebalancing != "" {
		shape.AvailabilityZoneRebalancing = in.AvailabilityZoneRebalancing
	}
	for _, set := range svc.sets {
		s.unsettle(set)
	}
	s.touch(svc)
	out := svc.describe()
	return &ecs.UpdateServiceOutput{Service: &out}, nil
}

// refuse answers in the words that users reported; those for platform version, capacity and registries follow
// their pattern.
func (s *Service) refuse(svc *service, in *ecs.UpdateServiceInput) error {
	const tail = " on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
	if in.TaskDefinition != nil {
		r, err := s.runnable(in.TaskDefinition)
		if err != nil {
			return err
		}
		if *r.shape.TaskDefinitionArn != *svc.shape.TaskDefinition {
			return invalid("Unable to update task definition" + tail)
		}
	}
	if in.NetworkConfiguration != nil {
		n, err := vpc(in.NetworkConfiguration)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(n, svc.shape.NetworkConfiguration) {
			return invalid("Unable to update network parameters" + tail)
		}
	}
	controller := in.DeploymentController
	switch {
	case in.LoadBalancers != nil && !reflect.DeepEqual(clone(list(in.LoadBalancers)), svc.shape.LoadBalancers):
		return invalid("Unable to update load balancers" + tail)
	case in.ForceNewDeployment:
		return invalid("Cannot force a new deployment" + tail)
	case in.PlatformVersion != nil && numbered(*in.PlatformVersion) != numbered(*svc.shape.PlatformVersion):
		return invalid("Unable to update platform version" + tail)
	case in.CapacityProviderStrategy != nil &&
		!reflect.DeepEqual(list(in.CapacityProviderStrategy), svc.shape.CapacityProviderStrategy):
		return invalid("Unable to update capacity provider strategy" + tail)
	case in.ServiceRegistries != nil && !reflect.DeepEqual(list(in.ServiceRegistries), svc.shape.ServiceRegistries):
		return invalid("Unable to update service registries" + tail)
	case controller != nil && controller.Type != types.DeploymentControllerTypeCodeDeploy:
		return unsupported("The sandbox runs services of the CODE_DEPLOY deployment controller only.")
	case in.DesiredCount != nil && *in.DesiredCount < 0:
		return invalid("Desired count must not be negative.")
	case aws.ToInt32(in.HealthCheckGracePeriodSeconds) < 0:
		return invalid("Health check grace period must not be negative.")
	case aws.ToInt32(in.HealthCheckGracePeriodSeconds) > 0 && len(svc.shape.LoadBalancers) == 0:
		return invalid("Health check grace period is only valid for services configured to use load balancers")
	}
	return nil
}

// DeleteService drains the service; it is INACTIVE when its last task has stopped.
func (s *Service) DeleteService(_ context.Context, in *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.service(in.Cluster, in.Service)
	if err == nil && svc.status() != "ACTIVE" { // DeleteService declares no ServiceNotActiveException
		err = &types.ServiceNotFoundException{Message: aws.String("Service not found.")}
	}
	if err != nil {
		return nil, err
	}
	if svc.shape.DesiredCount > 0 && !aws.ToBool(in.Force) {
		return nil, invalid("The service cannot be stopped while it is scaled above 0.")
	}
	svc.shape.Status = aws.String("DRAINING")
	svc.shape.DesiredCount = 0
	for _, set := range svc.sets {
		set.shape.Status = aws.String("DRAINING")
		s.unsettle(set)
	}
	s.touch(svc)
	out := svc.describe()
	return &ecs.DeleteServiceOutput{Service: &out}, nil
}
