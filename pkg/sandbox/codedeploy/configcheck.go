package codedeploy

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
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
		return refuse(fmt.Sprintf("The traffic routing type %.100q and its parameters do not belong together.", c.Type))
	}
	if percent < 1 || percent > 99 {
		return refuse("The percentage of a step must be from 1 to 99.")
	}
	if minutes < 1 || int64(minutes)*int64(max(steps, 1)) > longestShift {
		return refuse(fmt.Sprintf("From the first shift to the last at least 1 and at most %d minutes may pass.", longestShift))
	}
	return nil
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
	if !nameForm().MatchString(*name) {
		return &types.InvalidDeploymentConfigNameException{Message: new(fmt.Sprintf(
			"Deployment configuration name %.100q is not valid: 1 to 100 letters, digits and . _ + = , @ -", *name))}
	}
	return nil
}
