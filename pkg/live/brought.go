package live

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

// AppSpecReader reads the AppSpec that a deployment was made of.
type AppSpecReader interface {
	GetApplicationRevision(context.Context, *codedeploy.GetApplicationRevisionInput) (*codedeploy.GetApplicationRevisionOutput, error)
}

// ReadBrought reads the task definition revision that a deployment brought, whoever made it; nil when that cannot be
// told any more, or never could.
func ReadBrought(ctx context.Context, api AppSpecReader, tasks RevisionReader, d types.DeploymentInfo) (*Revision, error) {
	document, err := ReadAppSpec(ctx, api, d)
	if document == nil || err != nil {
		return nil, err
	}
	return ReadRevision(ctx, tasks, document.TaskDefinition)
}

// ReadAppSpec reads what a deployment was made of, whoever made it; nil when that cannot be told any more, or is in a
// form that cannot be read. Deployments tell of their AppSpec only its hash; the application keeps the text.
func ReadAppSpec(ctx context.Context, api AppSpecReader, d types.DeploymentInfo) (*appspec.Document, error) {
	if d.Revision == nil || d.Revision.AppSpecContent == nil {
		return nil, nil
	}
	out, err := api.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: d.ApplicationName, Revision: d.Revision})
	if call.Refused(err, codedeploy.RevisionDoesNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get the AppSpec of deployment %s: %w", aws.ToString(d.DeploymentId), err)
	}
	if out.Revision == nil || out.Revision.AppSpecContent == nil {
		return nil, nil
	}
	document, err := appspec.Parse([]byte(aws.ToString(out.Revision.AppSpecContent.Content)))
	if err != nil {
		return nil, nil // somebody's own, in a form that we do not write
	}
	return &document, nil
}
