package codedeploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// GetApplicationRevision is the one operation that answers an AppSpec's content.
func (s *Service) GetApplicationRevision(_ context.Context, in *codedeploy.GetApplicationRevisionInput) (*codedeploy.GetApplicationRevisionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, r, err := s.revision(in.ApplicationName, in.Revision)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetApplicationRevisionOutput{
		ApplicationName: app.info.ApplicationName,
		Revision:        new(r.location),
		RevisionInfo:    new(r.info),
	}, nil
}

// BatchGetApplicationRevisions answers at most 25 revisions.
func (s *Service) BatchGetApplicationRevisions(_ context.Context, in *codedeploy.BatchGetApplicationRevisionsInput) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	if err := checkBatch(len(in.Revisions), 25); err != nil {
		return nil, err
	}
	if len(in.Revisions) == 0 {
		return nil, &types.RevisionRequiredException{Message: new("RevisionLocation must be specified")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &codedeploy.BatchGetApplicationRevisionsOutput{ApplicationName: in.ApplicationName, Revisions: []types.RevisionInfo{}}
	if _, err := s.application(in.ApplicationName); err != nil {
		return nil, err
	}
	for _, l := range in.Revisions {
		_, r, err := s.revision(in.ApplicationName, &l)
		if err != nil {
			out.ErrorMessage = new(err.Error())
			continue
		}
		out.Revisions = append(out.Revisions, types.RevisionInfo{RevisionLocation: new(r.location), GenericRevisionInfo: new(r.info)})
	}
	return out, nil
}

// ListApplicationRevisions lists locations without content, by registration time unless told otherwise.
func (s *Service) ListApplicationRevisions(_ context.Context, in *codedeploy.ListApplicationRevisionsInput) (*codedeploy.ListApplicationRevisionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	stamp := func(r *revision) time.Time { return of(r.info.RegisterTime) }
	switch in.SortBy {
	case "", types.ApplicationRevisionSortByRegisterTime:
	case types.ApplicationRevisionSortByFirstUsedTime:
		stamp = func(r *revision) time.Time { return of(r.info.FirstUsedTime) }
	case types.ApplicationRevisionSortByLastUsedTime:
		stamp = func(r *revision) time.Time { return of(r.info.LastUsedTime) }
	default:
		return nil, &types.InvalidSortByException{Message: new(fmt.Sprintf("The column name to sort by %.100q is not valid.", in.SortBy))}
	}
	if in.SortOrder != "" && !slices.Contains(in.SortOrder.Values(), in.SortOrder) {
		return nil, &types.InvalidSortOrderException{Message: new(fmt.Sprintf("The sort order %.100q is not valid.", in.SortOrder))}
	}
	if in.Deployed != "" && !slices.Contains(in.Deployed.Values(), in.Deployed) {
		return nil, &types.InvalidDeployedStateFilterException{Message: new(fmt.Sprintf("The deployed state filter %.100q is not valid.", in.Deployed))}
	}
	var all []*revision
	for _, key := range sorted(app.revisions) {
		r := app.revisions[key]
		deployed := r.info.FirstUsedTime != nil
		if in.Deployed == types.ListStateFilterActionInclude && !deployed || in.Deployed == types.ListStateFilterActionExclude && deployed {
			continue
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b *revision) int {
		if in.SortOrder == types.SortOrderDescending {
			a, b = b, a
		}
		return stamp(a).Compare(stamp(b))
	})
	cut, next, err := page(all, in.NextToken, s.assumes.PageSize)
	if err != nil {
		return nil, err
	}
	out := &codedeploy.ListApplicationRevisionsOutput{Revisions: []types.RevisionLocation{}, NextToken: next}
	for _, r := range cut {
		out.Revisions = append(out.Revisions, *withoutContent(&r.location))
	}
	return out, nil
}
