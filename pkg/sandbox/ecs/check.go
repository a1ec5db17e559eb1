package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// check refuses what RegisterTaskDefinition refuses, in the words that AWS is known to use.
func check(in *ecs.RegisterTaskDefinitionInput) error {
	if aws.ToString(in.Family) == "" {
		return client("Family should not be null or empty.")
	}
	if !names().MatchString(*in.Family) {
		return client("Family contains invalid characters.")
	}
	if len(in.ContainerDefinitions) == 0 {
		return client("Container definitions should not be null or empty.")
	}
	if len(in.ContainerDefinitions) > 10 {
		return client("Too many containers: a task definition has at most 10.")
	}
	if in.NetworkMode != "" && !slices.Contains(in.NetworkMode.Values(), in.NetworkMode) {
		return client("Invalid 'networkMode' setting: %s", in.NetworkMode)
	}
	for _, c := range in.RequiresCompatibilities {
		if !slices.Contains(c.Values(), c) {
			return client("Invalid 'requiresCompatibilities' setting: %s", c)
		}
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if err := checkContainers(in); err != nil {
		return err
	}
	if slices.Contains(in.RequiresCompatibilities, types.CompatibilityFargate) {
		return checkFargate(in)
	}
	return nil
}

func checkContainers(in *ecs.RegisterTaskDefinitionInput) error {
	seen := map[string]bool{}
	essential := false
	for _, c := range in.ContainerDefinitions {
		name := aws.ToString(c.Name)
		switch {
		case name == "":
			return client("Container.name should not be null or empty.")
		case !names().MatchString(name):
			return client("Container.name contains invalid characters.")
		case seen[name]:
			return client("Container names must be unique: '%s' is used more than once.", name)
		}
		seen[name] = true
		essential = essential || c.Essential == nil || *c.Essential
		if err := checkContainer(in, c); err != nil {
			return err
		}
	}
	if !essential {
		return client("Containers list must have at least one essential container.")
	}
	return nil
}

func checkContainer(in *ecs.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	name, image := *c.Name, aws.ToString(c.Image)
	repository, _, _ := strings.Cut(image, "@")
	switch {
	case image == "":
		return client("Container.image should not be null or empty.")
	case len(repository) > 255 || strings.ContainsAny(image, " \t\n"):
		return client("Container.image contains invalid characters.")
	case in.Memory == nil && c.Memory == nil && c.MemoryReservation == nil:
		return client("Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must be specified.", name)
	}
	ports := map[string]bool{}
	for _, p := range c.PortMappings {
		port := aws.ToInt32(p.ContainerPort)
		if p.ContainerPortRange == nil && (port < 1 || port > 65535) {
			return client("Invalid container port specified: %d", port)
		}
		if in.NetworkMode == types.NetworkModeAwsvpc && p.HostPort != nil && *p.HostPort != port {
			return client("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
		}
		key := strconv.Itoa(int(port)) + string(p.Protocol)
		if ports[key] && p.ContainerPortRange == nil {
			return client("Duplicate port mapping for container '%s': %d", name, port)
		}
		ports[key] = true
	}
	for _, e := range c.Environment {
		if aws.ToString(e.Name) == "" {
			return client("Environment variable name must not be empty in container '%s'.", name)
		}
	}
	for _, e := range c.Secrets {
		if aws.ToString(e.Name) == "" || aws.ToString(e.ValueFrom) == "" {
			return client("The Systems Manager parameter name specified for secret %s is invalid.", aws.ToString(e.Name))
		}
	}
	if err := checkProbe(name, c.HealthCheck); err != nil {
		return err
	}
	if l := c.LogConfiguration; l != nil && l.LogDriver == types.LogDriverAwslogs {
		if l.Options["awslogs-group"] == "" || l.Options["awslogs-region"] == "" {
			return client("Log driver awslogs requires options: awslogs-region, awslogs-group.")
		}
	}
	return nil
}

func checkFargate(in *ecs.RegisterTaskDefinitionInput) error {
	switch {
	case in.NetworkMode != types.NetworkModeAwsvpc:
		return client("Fargate only supports network mode ‘awsvpc’.")
	case aws.ToString(in.Cpu) == "":
		return client("Fargate requires that 'cpu' be defined at the task level.")
	case aws.ToString(in.Memory) == "":
		return client("Fargate requires that 'memory' be defined at the task level.")
	}
	if err := fargateSize(*in.Cpu, *in.Memory); err != nil {
		return err
	}
	for _, c := range in.ContainerDefinitions {
		streams := c.LogConfiguration != nil && c.LogConfiguration.Options["awslogs-stream-prefix"] != ""
		switch {
		case aws.ToBool(c.Privileged):
			return client("Fargate does not support privileged containers.")
		case c.LogConfiguration != nil && c.LogConfiguration.LogDriver == types.LogDriverAwslogs && !streams:
			return client("Log driver awslogs requires option awslogs-stream-prefix for launch type FARGATE.")
		case aws.ToString(in.ExecutionRoleArn) != "":
		case isECR(*c.Image):
			return client("Fargate requires task definition to have execution role ARN to support ECR images.")
		case c.LogConfiguration != nil && c.LogConfiguration.LogDriver == types.LogDriverAwslogs:
			return client("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
		case len(c.Secrets) > 0:
			return client("Fargate requires task definition to have execution role ARN to support secrets.")
		}
	}
	return nil
}

// isECR tells an image of a private registry.
func isECR(image string) bool { return strings.Contains(image, ".dkr.ecr.") }
