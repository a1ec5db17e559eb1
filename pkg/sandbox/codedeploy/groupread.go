package codedeploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// GetDeploymentGroup answers the operation of that name.
func (s *Service) GetDeploymentGroup(_ context.Context, in *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: g.described()}, nil
}

// BatchGetDeploymentGroups answers at most 100 groups; those that do not exist are told in ErrorMessage.
func (s *Service) BatchGetDeploymentGroups(_ context.Context, in *codedeploy.BatchGetDeploymentGroupsInput) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	if err := checkBatch(len(in.DeploymentGroupNames), batchLimit); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetDeploymentGroupsOutput{DeploymentGroupsInfo: []types.DeploymentGroupInfo{}}
	for _, name := range in.DeploymentGroupNames {
		if err := checkGroupName(&name); err != nil {
			return nil, err
		}
		if g := app.groups[name]; g != nil {
			out.DeploymentGroupsInfo = append(out.DeploymentGroupsInfo, *g.described())
		} else {
			out.ErrorMessage = new("No Deployment Group found for name: " + name)
		}
	}
	return out, nil
}

// ListDeploymentGroups lists an application's groups by name.
func (s *Service) ListDeploymentGroups(_ context.Context, in *codedeploy.ListDeploymentGroupsInput) (*codedeploy.ListDeploymentGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	names, next, err := page(sorted(app.groups), in.NextToken, s.assumes.PageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentGroupsOutput{ApplicationName: in.ApplicationName, DeploymentGroups: names, NextToken: next}, nil
}

// DeleteDeploymentGroup removes a group; one that does not exist is no error. A deployment that has not started
// yet then fails with DEPLOYMENT_GROUP_MISSING; one under way runs to its end.
func (s *Service) DeleteDeploymentGroup(_ context.Context, in *codedeploy.DeleteDeploymentGroupInput) (*codedeploy.DeleteDeploymentGroupOutput, error) {
	if err := checkApplicationName(in.ApplicationName); err != nil {
		return nil, err
	}
	if err := checkGroupName(in.DeploymentGroupName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if app := s.applications[*in.ApplicationName]; app != nil && app.groups[*in.DeploymentGroupName] != nil {
		app.groups[*in.DeploymentGroupName].deleted = true
		delete(app.groups, *in.DeploymentGroupName)
		delete(s.tags, s.groupARN(*in.ApplicationName, *in.DeploymentGroupName))
	}
	return &codedeploy.DeleteDeploymentGroupOutput{HooksNotCleanedUp: []types.AutoScalingGroup{}}, nil
}

// groupOf is group for one who does not hold the lock.
func (s *Service) groupOf(application, name *string) (*group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.group(application, name)
}

func checkGroupName(name *string) error {
	if of(name) == "" {
		return &types.DeploymentGroupNameRequiredException{Message: new("Deployment Group name is required.")}
	}
	if !nameForm().MatchString(*name) {
		return &types.InvalidDeploymentGroupNameException{Message: new(fmt.Sprintf(
			"Deployment Group name %.100q is not valid: 1 to 100 letters, digits and . _ + = , @ -", *name))}
	}
	return nil
}
