package codedeploy

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/google/uuid"
)

const (
	allAtOnce    = "CodeDeployDefault.ECSAllAtOnce"
	reserved     = "CodeDeployDefault."
	configLimit  = 200  // custom configurations in an account
	longestShift = 2880 // minutes between the first and the last shift
)

// CreateDeploymentConfig adds a custom configuration for ECS.
func (s *Service) CreateDeploymentConfig(_ context.Context, in *codedeploy.CreateDeploymentConfigInput) (*codedeploy.CreateDeploymentConfigOutput, error) {
	name := of(in.DeploymentConfigName)
	if err := checkConfigName(in.DeploymentConfigName); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, reserved) {
		return nil, &types.InvalidDeploymentConfigNameException{Message: new(fmt.Sprintf(
			"Deployment configuration name %.100q is not valid: names must not begin with %s", name, reserved))}
	}
	if in.ComputePlatform != types.ComputePlatformEcs {
		return nil, &types.InvalidComputePlatformException{Message: new(fmt.Sprintf(
			"The compute platform %.100q is not played by this sandbox; only ECS is.", in.ComputePlatform))}
	}
	if in.MinimumHealthyHosts != nil {
		return nil, &types.InvalidMinimumHealthyHostValueException{Message: new(
			"minimumHealthyHosts belongs to the Server compute platform.")}
	}
	if err := checkRouting(in.TrafficRoutingConfig); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.configs[name] != nil {
		return nil, &types.DeploymentConfigAlreadyExistsException{Message: new("Deployment configuration already exists: " + name)}
	}
	if len(s.configs) >= configLimit+len(predefined()) {
		return nil, &types.DeploymentConfigLimitExceededException{Message: new("The deployment configurations limit was exceeded.")}
	}
	s.configs[name] = &types.DeploymentConfigInfo{
		DeploymentConfigId:   new(uuid.NewString()),
		DeploymentConfigName: new(name),
		ComputePlatform:      in.ComputePlatform,
		TrafficRoutingConfig: in.TrafficRoutingConfig,
		CreateTime:           new(time.Now()),
	}
	return &codedeploy.CreateDeploymentConfigOutput{DeploymentConfigId: s.configs[name].DeploymentConfigId}, nil
}

// GetDeploymentConfig answers the operation of that name.
func (s *Service) GetDeploymentConfig(_ context.Context, in *codedeploy.GetDeploymentConfigInput) (*codedeploy.GetDeploymentConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.config(in.DeploymentConfigName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentConfigOutput{DeploymentConfigInfo: new(*c)}, nil
}

// ListDeploymentConfigs lists names in order, the predefined ones of ECS among them.
func (s *Service) ListDeploymentConfigs(_ context.Context, in *codedeploy.ListDeploymentConfigsInput) (*codedeploy.ListDeploymentConfigsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, next, err := page(sorted(s.configs), in.NextToken, s.assumes.PageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentConfigsOutput{DeploymentConfigsList: names, NextToken: next}, nil
}

// DeleteDeploymentConfig refuses the predefined ones and those that a group or an active deployment uses.
func (s *Service) DeleteDeploymentConfig(_ context.Context, in *codedeploy.DeleteDeploymentConfigInput) (*codedeploy.DeleteDeploymentConfigOutput, error) {
	if err := checkConfigName(in.DeploymentConfigName); err != nil {
		return nil, err
	}
	name := *in.DeploymentConfigName
	if strings.HasPrefix(name, reserved) {
		return nil, &types.InvalidOperationException{Message: new("A predefined deployment configuration cannot be deleted: " + name)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for app := range maps.Values(s.applications) {
		for g := range maps.Values(app.groups) {
			if of(g.info.DeploymentConfigName) == name || g.active != nil && of(g.active.info.DeploymentConfigName) == name {
				return nil, &types.DeploymentConfigInUseException{Message: new("The deployment configuration is still in use: " + name)}
			}
		}
	}
	delete(s.configs, name)
	return &codedeploy.DeleteDeploymentConfigOutput{}, nil
}
