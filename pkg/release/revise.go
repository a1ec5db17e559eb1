package release

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Revise is the base as a new revision of family: the wish's containers run its images, by digest, and every
// other field and tag is the base's. The base is not changed, and what is not replaced is shared with it.
//
// Tags under aws: are AWS's own, put on the base by CloudFormation; a caller may not set them.
func Revise(base *live.Revision, family string, wish live.Wish) (*ecs.RegisterTaskDefinitionInput, error) {
	d := base.Definition
	containers := slices.Clone(d.ContainerDefinitions)
	for _, image := range wish.Images {
		at := slices.IndexFunc(containers, func(c ecstypes.ContainerDefinition) bool {
			return aws.ToString(c.Name) == image.Container
		})
		if at < 0 {
			return nil, fmt.Errorf("revise %s: it has no container %q", base.ARN(), image.Container)
		}
		containers[at].Image = aws.String(image.Reference())
	}
	return &ecs.RegisterTaskDefinitionInput{
		ContainerDefinitions: containers,
		Cpu:                  d.Cpu,
		EnableFaultInjection: d.EnableFaultInjection,
		EphemeralStorage:     d.EphemeralStorage,
		ExecutionRoleArn:     d.ExecutionRoleArn,
		Family:               aws.String(family),
		//lint:ignore SA1019 a base that still has them keeps them
		InferenceAccelerators:   d.InferenceAccelerators,
		IpcMode:                 d.IpcMode,
		Memory:                  d.Memory,
		NetworkMode:             d.NetworkMode,
		PidMode:                 d.PidMode,
		PlacementConstraints:    d.PlacementConstraints,
		ProxyConfiguration:      d.ProxyConfiguration,
		RequiresCompatibilities: d.RequiresCompatibilities,
		RuntimePlatform:         d.RuntimePlatform,
		Tags:                    tags(base.Tags, wish.Tags()),
		TaskRoleArn:             d.TaskRoleArn,
		Volumes:                 d.Volumes,
		Unknown:                 base.Unknown,
	}, nil
}

// tags are the base's, less AWS's own, and the wish's.
func tags(base []ecstypes.Tag, wish map[string]string) []ecstypes.Tag {
	var all []ecstypes.Tag
	for _, t := range base {
		key := aws.ToString(t.Key)
		if _, ours := wish[key]; !ours && !strings.HasPrefix(key, live.TagImageOf) && key != live.TagSource && !strings.HasPrefix(strings.ToLower(key), "aws:") {
			all = append(all, t)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(wish)) {
		all = append(all, ecstypes.Tag{Key: aws.String(key), Value: aws.String(wish[key])})
	}
	return all
}
