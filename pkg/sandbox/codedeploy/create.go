package codedeploy

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// CreateDeployment checks names, revision, configuration and that no deployment of the group is active; all else is
// found out by the deployment itself.
func (s *Service) CreateDeployment(_ context.Context, in *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	app := s.applications[*in.ApplicationName]
	content, location, err := s.checkCreate(app, in)
	if err != nil {
		return nil, err
	}
	config, err := s.configFor(in, g)
	if err != nil {
		return nil, err
	}
	if s.work.Ended() {
		return nil, errors.New("the sandbox is closing")
	}
	if g.active != nil {
		return nil, &types.DeploymentLimitExceededException{Message: new(fmt.Sprintf(
			"The Deployment Group '%s' already has an active Deployment '%s'", *g.info.DeploymentGroupName, *g.active.info.DeploymentId))}
	}
	app.register(content, location).used(*in.DeploymentGroupName)
	d := g.deployment(app, content, location, config)
	d.info.Creator = types.DeploymentCreatorUser
	d.info.Description = in.Description
	over(&d.info.AutoRollbackConfiguration, in.AutoRollbackConfiguration)
	if in.OverrideAlarmConfiguration != nil {
		d.alarms, d.info.OverrideAlarmConfiguration = in.OverrideAlarmConfiguration, in.OverrideAlarmConfiguration
	}
	s.admit(d)
	return &codedeploy.CreateDeploymentOutput{DeploymentId: d.info.DeploymentId}, nil
}

// deployment of the group as its settings are now. The caller holds the lock.
func (g *group) deployment(app *application, content string, l types.RevisionLocation, c *types.DeploymentConfigInfo) *deployment {
	d := &deployment{
		app:     app,
		group:   g,
		content: content,
		role:    *g.info.ServiceRoleArn,
		service: g.info.EcsServices[0],
		pair:    g.info.LoadBalancerInfo.TargetGroupPairInfoList[0],
		traffic: *c.TrafficRoutingConfig,
		alarms:  g.info.AlarmConfiguration,
		info: types.DeploymentInfo{
			ApplicationName:                  g.info.ApplicationName,
			DeploymentGroupName:              g.info.DeploymentGroupName,
			DeploymentConfigName:             c.DeploymentConfigName,
			DeploymentStyle:                  g.info.DeploymentStyle,
			AutoRollbackConfiguration:        g.info.AutoRollbackConfiguration,
			BlueGreenDeploymentConfiguration: g.info.BlueGreenDeploymentConfiguration,
			LoadBalancerInfo:                 g.info.LoadBalancerInfo,
			Revision:                         withoutContent(&l),
		},
	}
	if g.succeeded != nil {
		d.info.PreviousRevision = g.succeeded.info.Revision
	}
	return d
}

// checkCreate answers the AppSpec's text and where it is kept. The caller holds the lock.
func (s *Service) checkCreate(app *application, in *codedeploy.CreateDeploymentInput) (string, types.RevisionLocation, error) {
	content, location, err := s.check(in.Revision)
	if err != nil {
		return "", location, err
	}
	if content == "" {
		known := app.revisions[*location.AppSpecContent.Sha256]
		if known == nil {
			return "", location, &types.RevisionDoesNotExistException{Message: new("The named revision does not exist with the user or AWS account.")}
		}
		content = *known.location.AppSpecContent.Content
	}
	if s.assumes.AppSpecCheckedAtCall {
		if _, f := readSpec(content); f != nil {
			return "", location, &types.InvalidRevisionException{Message: new(f.message)}
		}
	}
	if in.TargetInstances != nil {
		return "", location, &types.InvalidTargetInstancesException{Message: new("targetInstances does not belong to the ECS compute platform.")}
	}
	if err := s.checkDescription(in.Description); err != nil {
		return "", location, err
	}
	if err := checkAlarms(in.OverrideAlarmConfiguration); err != nil {
		return "", location, err
	}
	return content, location, checkRollback(in.AutoRollbackConfiguration)
}

func (s *Service) checkDescription(text *string) error {
	if utf8.RuneCountInString(of(text)) > s.assumes.DescriptionLimit {
		return &types.DescriptionTooLongException{Message: new("The description is too long.")}
	}
	return nil
}

// configFor a deployment: the call's, else the group's. The caller holds the lock.
func (s *Service) configFor(in *codedeploy.CreateDeploymentInput, g *group) (*types.DeploymentConfigInfo, error) {
	name := in.DeploymentConfigName
	if of(name) == "" {
		name = g.info.DeploymentConfigName
	}
	return s.config(name)
}
