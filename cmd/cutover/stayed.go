package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// stayed is the last image that went live and stayed, other than the one left, and its deployment: its deployment
// succeeded, nobody blocked it, and the registry still has it.
func (o *operator) stayed(leaves live.Image) (live.Image, string, error) {
	history, err := o.history()
	if err != nil {
		return live.Image{}, "", err
	}
	var gone []string
	for _, d := range history {
		if d.Status != types.DeploymentStatusSucceeded || d.Creator == types.DeploymentCreatorCodeDeployRollback {
			continue
		}
		brought, err := live.ReadBrought(o.ctx, o.deploys, o.tasks, d)
		if err != nil {
			return live.Image{}, "", err
		}
		image, _ := brought.Image(o.names.Container)
		if image.Digest == "" || image.Digest == leaves.Digest || image.Repository != o.names.Repository || o.given().Blocked.Names(image) {
			continue
		}
		there, err := o.registered(image)
		switch {
		case err != nil:
			return live.Image{}, "", err
		case there:
			return image, aws.ToString(d.DeploymentId), nil
		}
		gone = append(gone, image.Name())
	}
	text := fmt.Sprintf("no version other than %s is known to have gone live and stayed", leaves.Name())
	if len(gone) > 0 {
		text += fmt.Sprintf(", but for %v, which the registry does not have any more", slices.Compact(gone))
	}
	return live.Image{}, "", errors.New(text)
}

// registered reports whether the registry has the image.
func (o *operator) registered(image live.Image) (bool, error) {
	_, err := o.describe(image.Repository, ecr.ImageIdentifier{ImageDigest: image.Digest})
	if call.Refused(err, ecr.ImageNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe image %s: %w", image.Name(), err)
	}
	return true, nil
}
