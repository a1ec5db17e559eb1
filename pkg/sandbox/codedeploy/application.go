package codedeploy

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/google/uuid"
)

const batchLimit = 100 // of BatchGetApplications and BatchGetDeploymentGroups

// CreateApplication answers the operation of that name. Only the ECS compute platform is played.
func (s *Service) CreateApplication(_ context.Context, in *codedeploy.CreateApplicationInput) (*codedeploy.CreateApplicationOutput, error) {
	if err := checkApplicationName(in.ApplicationName); err != nil {
		return nil, err
	}
	if in.ComputePlatform != types.ComputePlatformEcs {
		return nil, &types.InvalidComputePlatformException{Message: new(fmt.Sprintf(
			"The compute platform %.100q is not played by this sandbox; only ECS is.", in.ComputePlatform))}
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := *in.ApplicationName
	if s.applications[name] != nil {
		return nil, &types.ApplicationAlreadyExistsException{Message: new("Application already exists: " + name)}
	}
	s.applications[name] = &application{
		info: types.ApplicationInfo{
			ApplicationId:   new(uuid.NewString()),
			ApplicationName: new(name),
			ComputePlatform: in.ComputePlatform,
			CreateTime:      new(time.Now()),
		},
		groups:    map[string]*group{},
		revisions: map[string]*revision{},
	}
	s.tag(s.applicationARN(name), in.Tags)
	return &codedeploy.CreateApplicationOutput{ApplicationId: s.applications[name].info.ApplicationId}, nil
}

// UpdateApplication renames an application.
func (s *Service) UpdateApplication(_ context.Context, in *codedeploy.UpdateApplicationInput) (*codedeploy.UpdateApplicationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if in.NewApplicationName == nil || *in.NewApplicationName == *in.ApplicationName {
		return &codedeploy.UpdateApplicationOutput{}, nil
	}
	if err := checkApplicationName(in.NewApplicationName); err != nil {
		return nil, err
	}
	from, to := *in.ApplicationName, *in.NewApplicationName
	if s.applications[to] != nil {
		return nil, &types.ApplicationAlreadyExistsException{Message: new("Application already exists: " + to)}
	}
	delete(s.applications, from)
	s.applications[to] = app
	app.info.ApplicationName = new(to)
	s.retag(s.applicationARN(from), s.applicationARN(to))
	for name, g := range app.groups {
		g.info.ApplicationName = new(to)
		s.retag(s.groupARN(from, name), s.groupARN(to, name))
	}
	return &codedeploy.UpdateApplicationOutput{}, nil
}

// GetApplication answers the operation of that name.
func (s *Service) GetApplication(_ context.Context, in *codedeploy.GetApplicationInput) (*codedeploy.GetApplicationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetApplicationOutput{Application: new(app.info)}, nil
}

// BatchGetApplications answers at most 100 applications; one that does not exist fails the call.
func (s *Service) BatchGetApplications(_ context.Context, in *codedeploy.BatchGetApplicationsInput) (*codedeploy.BatchGetApplicationsOutput, error) {
	if err := checkBatch(len(in.ApplicationNames), batchLimit); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []types.ApplicationInfo{}
	for _, name := range in.ApplicationNames {
		app, err := s.application(&name)
		if err != nil {
			return nil, err
		}
		all = append(all, app.info)
	}
	return &codedeploy.BatchGetApplicationsOutput{ApplicationsInfo: all}, nil
}

// ListApplications lists names in order.
func (s *Service) ListApplications(_ context.Context, in *codedeploy.ListApplicationsInput) (*codedeploy.ListApplicationsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, next, err := page(sorted(s.applications), in.NextToken, s.assumes.PageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListApplicationsOutput{Applications: names, NextToken: next}, nil
}

// DeleteApplication removes an application with its groups and revisions. One that does not exist is no error.
// Deployments under way run to their end; all can still be read by id.
func (s *Service) DeleteApplication(_ context.Context, in *codedeploy.DeleteApplicationInput) (*codedeploy.DeleteApplicationOutput, error) {
	if err := checkApplicationName(in.ApplicationName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := *in.ApplicationName
	if app := s.applications[name]; app != nil {
		for group := range app.groups {
			delete(s.tags, s.groupARN(name, group))
		}
		delete(s.tags, s.applicationARN(name))
		delete(s.applications, name)
	}
	return &codedeploy.DeleteApplicationOutput{}, nil
}

// application finds one by its name. The caller holds the lock.
func (s *Service) application(name *string) (*application, error) {
	if err := checkApplicationName(name); err != nil {
		return nil, err
	}
	app := s.applications[*name]
	if app == nil {
		return nil, &types.ApplicationDoesNotExistException{Message: new("No application found for name: " + *name)}
	}
	return app, nil
}

func checkApplicationName(name *string) error {
	if of(name) == "" {
		return &types.ApplicationNameRequiredException{Message: new("Application name is required.")}
	}
	if !nameForm().MatchString(*name) {
		return &types.InvalidApplicationNameException{Message: new(fmt.Sprintf(
			"Application name %.100q is not valid: 1 to 100 letters, digits and . _ + = , @ -", *name))}
	}
	return nil
}

func checkBatch(n, limit int) error {
	if n > limit {
		return &types.BatchLimitExceededException{Message: new(fmt.Sprintf(
			"The maximum number of names or IDs allowed for this request (%d) was exceeded.", limit))}
	}
	return nil
}
