package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// layout is what a task set fixes and hands to its service when it becomes PRIMARY.
type layout struct {
	taskDefinition *string
	def            *types.TaskDefinition
	loadBalancers  []types.LoadBalancer
	network        *types.NetworkConfiguration
	launchType     types.LaunchType
	platform       *string
	strategy       []types.CapacityProviderStrategyItem
	registries     []types.ServiceRegistry
}

// layout checks in, resolves its task definition and fills in the defaults.
func (s *Service) layout(c *cluster, in *layout) (*layout, error) {
	l := *in
	r, err := s.runnable(l.taskDefinition)
	if err != nil {
		return nil, err
	}
	l.def, l.taskDefinition = r.shape, r.shape.TaskDefinitionArn
	if err := l.checkCapacity(c); err != nil {
		return nil, err
	}
	if l.network, err = vpc(l.network); err != nil {
		return nil, err
	}
	if len(l.loadBalancers) > 0 && s.opts.Balancer == nil {
		return nil, unsupported("This sandbox has no load balancers.")
	}
	for _, lb := range l.loadBalancers {
		if err := l.checkBalancer(lb); err != nil {
			return nil, err
		}
	}
	l.loadBalancers, l.strategy, l.registries = clone(list(l.loadBalancers)), list(l.strategy), list(l.registries)
	return &l, nil
}

// checkCapacity lets Fargate pass, as launch type or as capacity provider: there are no container instances.
func (l *layout) checkCapacity(c *cluster) error {
	if len(l.strategy) > 0 && l.launchType != "" {
		return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	if len(l.strategy) == 0 && l.launchType == "" {
		l.strategy = c.shape.DefaultCapacityProviderStrategy
	}
	if len(l.strategy) == 0 && l.launchType != types.LaunchTypeFargate {
		return unsupported("The sandbox has no container instances: use launch type FARGATE or a Fargate capacity provider.")
	}
	for _, item := range l.strategy {
		if name := aws.ToString(item.CapacityProvider); name != "FARGATE" && name != "FARGATE_SPOT" {
			return unsupported("The sandbox has no capacity provider %q: use FARGATE or FARGATE_SPOT.", name)
		}
	}
	if !slices.Contains(l.def.Compatibilities, types.CompatibilityFargate) {
		return invalid("Task definition does not support launch_type FARGATE.")
	}
	if aws.ToString(l.platform) == "" {
		l.platform = aws.String("LATEST")
	}
	return nil
}

func vpc(in *types.NetworkConfiguration) (*types.NetworkConfiguration, error) {
	if in == nil || in.AwsvpcConfiguration == nil {
		return nil, invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	n := *in.AwsvpcConfiguration
	if len(n.Subnets) == 0 || len(n.Subnets) > 16 {
		return nil, invalid("subnets can not be empty and has at most 16 members.")
	}
	if len(n.SecurityGroups) > 5 {
		return nil, invalid("securityGroups has at most 5 members.")
	}
	if n.AssignPublicIp == "" {
		n.AssignPublicIp = types.AssignPublicIpDisabled
	}
	n.Subnets, n.SecurityGroups = list(n.Subnets), list(n.SecurityGroups)
	return &types.NetworkConfiguration{AwsvpcConfiguration: &n}, nil
}

func (l *layout) checkBalancer(lb types.LoadBalancer) error {
	if aws.ToString(lb.TargetGroupArn) == "" {
		return invalid("targetGroupArn must be specified: classic load balancers are not supported.")
	}
	name, port := aws.ToString(lb.ContainerName), aws.ToInt32(lb.ContainerPort)
	at := slices.IndexFunc(l.def.ContainerDefinitions, func(c types.ContainerDefinition) bool { return *c.Name == name })
	if at < 0 {
		return invalid("The container %s does not exist in the task definition.", name)
	}
	if !slices.ContainsFunc(l.def.ContainerDefinitions[at].PortMappings, func(p types.PortMapping) bool {
		return aws.ToInt32(p.ContainerPort) == port
	}) {
		return invalid("The container %s did not have a container port %d defined.", name, port)
	}
	return nil
}

// transfer makes the layout the service's own.
func (svc *service) transfer(l *layout) {
	svc.shape.TaskDefinition = l.taskDefinition
	svc.shape.LoadBalancers = l.loadBalancers
	svc.shape.NetworkConfiguration = l.network
	svc.shape.LaunchType = l.launchType
	svc.shape.PlatformVersion = l.platform
	svc.shape.PlatformFamily = aws.String("Linux")
	svc.shape.CapacityProviderStrategy = l.strategy
	svc.shape.ServiceRegistries = l.registries
}

// numbered is the platform version behind LATEST.
func numbered(version string) string {
	if version == "LATEST" {
		return "1.4.0"
	}
	return version
}
