package codedeploy

import (
	"context"
	"fmt"
	"github.com/aws/aws-sdk-go-v2/aws"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// GetDeployment answers the operation of that name; the AppSpec's content is never in it.
func (s *Service) GetDeployment(_ context.Context, in *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: d.described()}, nil
}

// BatchGetDeployments answers at most 25 deployments and leaves out ids that do not exist.
func (s *Service) BatchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error) {
	if len(in.DeploymentIds) == 0 {
		return nil, &types.DeploymentIdRequiredException{Message: new("At least one deployment ID must be specified.")}
	}
	if err := checkBatch(len(in.DeploymentIds), s.assumes.BatchDeploymentsLimit); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &codedeploy.BatchGetDeploymentsOutput{DeploymentsInfo: []types.DeploymentInfo{}}
	for _, id := range in.DeploymentIds {
		if err := checkDeploymentID(&id); err != nil {
			return nil, err
		}
		if d := s.deployments[id]; d != nil {
			out.DeploymentsInfo = append(out.DeploymentsInfo, *d.described())
		}
	}
	return out, nil
}

// ListDeployments lists ids, newest first. Application and group are given together or not at all.
func (s *Service) ListDeployments(_ context.Context, in *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var g *group
	if in.ApplicationName != nil || in.DeploymentGroupName != nil {
		var err error
		if g, err = s.group(in.ApplicationName, in.DeploymentGroupName); err != nil {
			return nil, err
		}
	}
	for _, status := range in.IncludeOnlyStatuses {
		if !slices.Contains(status.Values(), status) {
			return nil, &types.InvalidDeploymentStatusException{Message: new(fmt.Sprintf("The deployment status %.100q is not valid.", status))}
		}
	}
	within := in.CreateTimeRange
	if within != nil && within.Start != nil && within.End != nil && within.End.Before(*within.Start) {
		return nil, &types.InvalidTimeRangeException{Message: new("The end of the time range lies before its start.")}
	}
	var ids []string
	for _, d := range slices.Backward(s.history) {
		created := *d.info.CreateTime
		switch {
		case g != nil && d.group != g,
			len(in.IncludeOnlyStatuses) > 0 && !slices.Contains(in.IncludeOnlyStatuses, d.info.Status),
			of(in.ExternalId) != of(d.info.ExternalId),
			within != nil && within.Start != nil && created.Before(*within.Start),
			within != nil && within.End != nil && created.After(*within.End):
			continue
		}
		ids = append(ids, *d.info.DeploymentId)
	}
	cut, next, err := page(ids, in.NextToken, s.assumes.PageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentsOutput{Deployments: cut, NextToken: next}, nil
}

// deployment finds one by its id. The caller holds the lock.
func (s *Service) deployment(id *string) (*deployment, error) {
	if err := checkDeploymentID(id); err != nil {
		return nil, err
	}
	d := s.deployments[*id]
	if d == nil {
		return nil, &types.DeploymentDoesNotExistException{Message: new(fmt.Sprintf("The deployment %s could not be found", *id))}
	}
	return d, nil
}

func checkDeploymentID(id *string) error {
	if of(id) == "" {
		return &types.DeploymentIdRequiredException{Message: new("At least one deployment ID must be specified.")}
	}
	if !deploymentForm().MatchString(*id) {
		return &types.InvalidDeploymentIdException{Message: new(fmt.Sprintf("Specified DeploymentId is not in the valid format: %.100s", *id))}
	}
	return nil
}

// GroupOf tells the application and group of a deployment; empty when it is not there.
func (s *Service) GroupOf(id string) (application, group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deployments[id]
	if d == nil {
		return "", ""
	}
	return aws.ToString(d.info.ApplicationName), aws.ToString(d.info.DeploymentGroupName)
}

// ConfigOf is the name of a deployment group's configuration; empty when the group is not there.
func (s *Service) ConfigOf(application, group string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.applications[application]; a != nil && a.groups[group] != nil {
		return aws.ToString(a.groups[group].info.DeploymentConfigName)
	}
	return ""
}
