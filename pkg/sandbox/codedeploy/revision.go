package codedeploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// revision is an AppSpec that an application knows, by its digest.
type revision struct {
	location types.RevisionLocation // with its content
	info     types.GenericRevisionInfo
}

// check makes sure that l is inline text, of which it answers the content, empty when only a digest is given, and
// the location under which it is kept, with its digest.
func (s *Service) check(l *types.RevisionLocation) (string, types.RevisionLocation, error) {
	if l == nil {
		return "", types.RevisionLocation{}, &types.RevisionRequiredException{Message: new("RevisionLocation must be specified")}
	}
	refuse := func(text string) (string, types.RevisionLocation, error) {
		return "", types.RevisionLocation{}, &types.InvalidRevisionException{Message: new(text)}
	}
	var content, sum string
	switch {
	case l.RevisionType == types.RevisionLocationTypeAppSpecContent && l.AppSpecContent != nil:
		content, sum = of(l.AppSpecContent.Content), of(l.AppSpecContent.Sha256)
	case l.RevisionType == types.RevisionLocationTypeS3:
		return refuse("This sandbox reads no revisions from S3; give the AppSpec as AppSpecContent.")
	default:
		return refuse(fmt.Sprintf("The revision type %.100q is not supported for the ECS compute platform, or its location is missing.", l.RevisionType))
	}
	if content == "" && sum == "" {
		return refuse("The revision has neither content nor sha256.")
	}
	if content != "" {
		digest := appspec.SHA256([]byte(content))
		if s.assumes.SHA256Checked && sum != "" && sum != digest {
			return refuse("The sha256 is not that of the AppSpec content.")
		}
		sum = digest
	}
	return content, types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent,
		AppSpecContent: &types.AppSpecContent{Sha256: new(sum)}}, nil
}

// register makes a revision known to the application. The caller holds the lock.
func (a *application) register(content string, l types.RevisionLocation) *revision {
	key := *l.AppSpecContent.Sha256
	r := a.revisions[key]
	if r == nil {
		l.AppSpecContent = &types.AppSpecContent{Content: new(content), Sha256: new(key)}
		r = &revision{location: l, info: types.GenericRevisionInfo{RegisterTime: new(time.Now()), DeploymentGroups: []string{}}}
		a.revisions[key] = r
	}
	return r
}

// used notes that a deployment of the group used the revision. The caller holds the lock.
func (r *revision) used(group string) {
	now := time.Now()
	r.info.LastUsedTime = &now
	if r.info.FirstUsedTime == nil {
		r.info.FirstUsedTime = &now
	}
	if !slices.Contains(r.info.DeploymentGroups, group) {
		r.info.DeploymentGroups = append(slices.Clone(r.info.DeploymentGroups), group)
	}
}

// RegisterApplicationRevision makes a revision known without deploying it.
func (s *Service) RegisterApplicationRevision(_ context.Context, in *codedeploy.RegisterApplicationRevisionInput) (*codedeploy.RegisterApplicationRevisionOutput, error) {
	content, location, err := s.check(in.Revision)
	if err != nil {
		return nil, err
	}
	if content == "" {
		return nil, &types.InvalidRevisionException{Message: new("The revision has no content.")}
	}
	if err := s.checkDescription(in.Description); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	over(&app.register(content, location).info.Description, in.Description)
	return &codedeploy.RegisterApplicationRevisionOutput{}, nil
}

// revision finds what l names. The caller holds the lock.
func (s *Service) revision(application *string, l *types.RevisionLocation) (*application, *revision, error) {
	app, err := s.application(application)
	if err != nil {
		return nil, nil, err
	}
	_, location, err := s.check(l)
	if err != nil {
		return nil, nil, err
	}
	r := app.revisions[*location.AppSpecContent.Sha256]
	if r == nil {
		return nil, nil, &types.RevisionDoesNotExistException{Message: new("The named revision does not exist with the user or AWS account.")}
	}
	return app, r, nil
}

// withoutContent is how every operation but GetApplicationRevision tells a revision.
func withoutContent(l *types.RevisionLocation) *types.RevisionLocation {
	if l == nil || l.AppSpecContent == nil {
		return l
	}
	return &types.RevisionLocation{RevisionType: l.RevisionType, AppSpecContent: &types.AppSpecContent{Sha256: l.AppSpecContent.Sha256}}
}
