package live

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

type appSpecs func() (string, error)

func (f appSpecs) GetApplicationRevision(context.Context, *codedeploy.GetApplicationRevisionInput) (*codedeploy.GetApplicationRevisionOutput, error) {
	content, err := f()
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetApplicationRevisionOutput{Revision: &types.RevisionLocation{AppSpecContent: &types.AppSpecContent{Content: &content}}}, nil
}

func TestWhatADeploymentBroughtMayNotBeKnown(t *testing.T) {
	deployment := types.DeploymentInfo{ApplicationName: aws.String("app"), Revision: &types.RevisionLocation{AppSpecContent: &types.AppSpecContent{Sha256: aws.String("0")}}}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		d    types.DeploymentInfo
		api  appSpecs
		want error
	}{
		"no AppSpec":           {types.DeploymentInfo{}, nil, nil},
		"forgotten":            {deployment, func() (string, error) { return "", &types.RevisionDoesNotExistException{} }, nil},
		"not one that we read": {deployment, func() (string, error) { return "hello", nil }, nil},
		"not answered":         {deployment, func() (string, error) { return "", broken }, broken},
	} {
		if r, err := ReadBrought(t.Context(), c.api, nil, c.d); r != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}
