package codedeploy

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const (
	allAtOnce    = "CodeDeployDefault.ECSAllAtOnce"
	reserved     = "CodeDeployDefault."
	configLimit  = 200  // custom configurations in an account
	longestShift = 2880 // minutes between the first and the last shift
)

// predefined are the ECS configurations that every account has:
// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
func predefined() map[string]*types.DeploymentConfigInfo {
	canary := func(percent, minutes int32) types.TrafficRoutingConfig {
		return types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeTimeBasedCanary,
			TimeBasedCanary: &types.TimeBasedCanary{CanaryPercentage: percent, CanaryInterval: minutes}}
	}
	linear := func(percent, minutes int32) types.TrafficRoutingConfig {
		return types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeTimeBasedLinear,
			TimeBasedLinear: &types.TimeBasedLinear{LinearPercentage: percent, LinearInterval: minutes}}
	}
	all := map[string]*types.DeploymentConfigInfo{}
	for name, traffic := range map[string]types.TrafficRoutingConfig{
		allAtOnce:                                    {Type: types.TrafficRoutingTypeAllAtOnce},
		reserved + "ECSCanary10Percent5Minutes":      canary(10, 5),
		reserved + "ECSCanary10Percent15Minutes":     canary(10, 15),
		reserved + "ECSLinear10PercentEvery1Minutes": linear(10, 1),
		reserved + "ECSLinear10PercentEvery3Minutes": linear(10, 3),
	} {
		all[name] = &types.DeploymentConfigInfo{
			DeploymentConfigName: new(name),
			ComputePlatform:      types.ComputePlatformEcs,
			TrafficRoutingConfig: new(traffic),
		}
	}
	return all
}

// CreateDeploymentConfig adds a custom configuration for ECS.
func (s *Service) CreateDeploymentConfig(_ context.Context, in *codedeploy.CreateDeploymentConfigInput) (*codedeploy.CreateDeploymentConfigOutput, error) {
	name := of(in.DeploymentConfigName)
	if err := checkConfigName(in.DeploymentConfigName); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, reserved) {
		return nil, &types.InvalidDeploymentConfigNameException{Message: new(fmt.Sprintf(
			"Deployment configuration name %q is not valid: names must not begin with %s", name, reserved))}
	}
	if in.ComputePlatform != types.ComputePlatformEcs {
		return nil, &types.InvalidComputePlatformException{Message: new(fmt.Sprintf(
			"The compute platform %q is not played by this sandbox; only ECS is.", in.ComputePlatform))}
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
		DeploymentConfigId:   new(newUUID()),
		DeploymentConfigName: new(name),
		ComputePlatform:      in.ComputePlatform,
		TrafficRoutingConfig: in.TrafficRoutingConfig,
		CreateTime:           new(time.Now()),
	}
	return &codedeploy.CreateDeploymentConfigOutput{DeploymentConfigId: s.configs[name].DeploymentConfigId}, nil
}

// checkRouting holds to the bounds that AWS publishes for the Lambda platform; for ECS it publishes none.
func checkRouting(c *types.TrafficRoutingConfig) error {
	refuse := func(text string) error {
		return &types.InvalidTrafficRoutingConfigurationException{Message: new(text)}
	}
	if c == nil {
		return refuse("A traffic routing configuration is required for the ECS compute platform.")
	}
	canary, linear := c.TimeBasedCanary, c.TimeBasedLinear
	var percent, minutes, steps int32
	switch {
	case c.Type == types.TrafficRoutingTypeAllAtOnce && canary == nil && linear == nil:
		return nil
	case c.Type == types.TrafficRoutingTypeTimeBasedCanary && canary != nil && linear == nil:
		percent, minutes, steps = canary.CanaryPercentage, canary.CanaryInterval, 1
	case c.Type == types.TrafficRoutingTypeTimeBasedLinear && linear != nil && canary == nil:
		percent, minutes = linear.LinearPercentage, linear.LinearInterval
		steps = 99 / max(percent, 1)
	default:
		return refuse(fmt.Sprintf("The traffic routing type %q and its parameters do not belong together.", c.Type))
	}
	if percent < 1 || percent > 99 {
		return refuse("The percentage of a step must be from 1 to 99.")
	}
	if minutes < 1 || int64(minutes)*int64(max(steps, 1)) > longestShift {
		return refuse(fmt.Sprintf("From the first shift to the last at least 1 and at most %d minutes may pass.", longestShift))
	}
	return nil
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

// config finds one by its name. The caller holds the lock.
func (s *Service) config(name *string) (*types.DeploymentConfigInfo, error) {
	if err := checkConfigName(name); err != nil {
		return nil, err
	}
	c := s.configs[*name]
	if c == nil {
		return nil, &types.DeploymentConfigDoesNotExistException{Message: new("No deployment configuration found for name: " + *name)}
	}
	return c, nil
}

func checkConfigName(name *string) error {
	if of(name) == "" {
		return &types.DeploymentConfigNameRequiredException{Message: new("Deployment configuration name is required.")}
	}
	if !nameForm.MatchString(*name) {
		return &types.InvalidDeploymentConfigNameException{Message: new(fmt.Sprintf(
			"Deployment configuration name %q is not valid: 1 to 100 letters, digits and . _ + = , @ -", *name))}
	}
	return nil
}
