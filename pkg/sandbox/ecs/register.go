package ecs

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// RegisterTaskDefinition adds the next revision to a family. Identical content makes a new revision too.
func (s *Service) RegisterTaskDefinition(ctx context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	shape, err := shaped(in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.families[*in.Family]
	if f == nil {
		f = &family{}
		s.families[*in.Family] = f
	}
	shape.Revision = int32(len(f.revisions) + 1)
	shape.TaskDefinitionArn = aws.String(s.arn("task-definition", fmt.Sprintf("%s:%d", *in.Family, shape.Revision)))
	shape.Status = types.TaskDefinitionStatusActive
	shape.RegisteredAt = s.now()
	shape.RegisteredBy = aws.String(s.caller(ctx))
	f.revisions = append(f.revisions, &revision{shape: shape, tags: list(in.Tags)})
	s.changed.Raise()
	return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: clone(shape), Tags: list(in.Tags)}, nil
}

func (s *Service) caller(ctx context.Context) string {
	if c := wire.CallerOf(ctx); c.ARN != "" {
		return c.ARN
	}
	return fmt.Sprintf("arn:aws:iam::%s:root", s.opts.Account)
}

// shaped is the task definition as it is told from now on, with what AWS fills in. The two types share the names
// of their fields, so that a field which a newer SDK brings travels by itself.
func shaped(in *ecs.RegisterTaskDefinitionInput) (*types.TaskDefinition, error) {
	b, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("copy task definition: %w", err)
	}
	def := &types.TaskDefinition{}
	if err := json.Unmarshal(b, def); err != nil {
		return nil, fmt.Errorf("copy task definition: %w", err)
	}
	def.Volumes = list(def.Volumes)
	def.PlacementConstraints = list(def.PlacementConstraints)
	for i := range def.ContainerDefinitions {
		fill(&def.ContainerDefinitions[i])
	}
	for text, unit := range map[*string]string{def.Cpu: "vcpu", def.Memory: "gb"} {
		if text != nil {
			n, ok := quantity(*text, unit)
			if !ok {
				return nil, client("Invalid value for the task's cpu or memory: %s", *text)
			}
			*text = strconv.Itoa(n)
		}
	}
	def.Compatibilities = compatibilities(in)
	def.RequiresAttributes = attributes(def)
	return def, nil
}

// fill adds what DescribeTaskDefinition tells of a container although nobody said it.
func fill(c *types.ContainerDefinition) {
	if c.Essential == nil {
		c.Essential = aws.Bool(true)
	}
	if c.HealthCheck != nil {
		fillProbe(c.HealthCheck)
	}
	c.PortMappings = list(c.PortMappings)
	for i := range c.PortMappings {
		p := &c.PortMappings[i]
		if p.HostPort == nil {
			p.HostPort = p.ContainerPort // awsvpc: the container has the whole interface
		}
		if p.Protocol == "" {
			p.Protocol = types.TransportProtocolTcp
		}
	}
	c.Environment = list(c.Environment)
	c.MountPoints = list(c.MountPoints)
	c.VolumesFrom = list(c.VolumesFrom)
	c.SystemControls = list(c.SystemControls)
}

func compatibilities(in *ecs.RegisterTaskDefinitionInput) []types.Compatibility {
	all := []types.Compatibility{types.CompatibilityEc2}
	if in.NetworkMode == types.NetworkModeAwsvpc && fargateSize(aws.ToString(in.Cpu), aws.ToString(in.Memory)) == nil {
		all = append(all, types.CompatibilityFargate)
	}
	return all
}
