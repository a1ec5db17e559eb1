package codedeploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// TagResource adds tags to an application or a deployment group, or changes them.
func (s *Service) TagResource(_ context.Context, in *codedeploy.TagResourceInput) (*codedeploy.TagResourceOutput, error) {
	if len(in.Tags) == 0 {
		return nil, &types.TagRequiredException{Message: new("A tag was not specified.")}
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkTagged(in.ResourceArn); err != nil {
		return nil, err
	}
	s.tag(*in.ResourceArn, in.Tags)
	return &codedeploy.TagResourceOutput{}, nil
}

// UntagResource removes tags by key; a key that is not there is no error.
func (s *Service) UntagResource(_ context.Context, in *codedeploy.UntagResourceInput) (*codedeploy.UntagResourceOutput, error) {
	if len(in.TagKeys) == 0 {
		return nil, &types.TagRequiredException{Message: new("A tag was not specified.")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkTagged(in.ResourceArn); err != nil {
		return nil, err
	}
	s.tags[*in.ResourceArn] = slices.DeleteFunc(s.tags[*in.ResourceArn], func(t types.Tag) bool {
		return slices.Contains(in.TagKeys, of(t.Key))
	})
	return &codedeploy.UntagResourceOutput{}, nil
}

// ListTagsForResource lists a resource's tags, sorted by key.
func (s *Service) ListTagsForResource(_ context.Context, in *codedeploy.ListTagsForResourceInput) (*codedeploy.ListTagsForResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkTagged(in.ResourceArn); err != nil {
		return nil, err
	}
	return &codedeploy.ListTagsForResourceOutput{Tags: append([]types.Tag{}, s.tags[*in.ResourceArn]...)}, nil
}

// tag writes tags over those of the same key. The caller holds the lock.
func (s *Service) tag(arn string, tags []types.Tag) {
	kept := slices.Clone(s.tags[arn])
	for _, t := range tags {
		kept = slices.DeleteFunc(kept, func(k types.Tag) bool { return of(k.Key) == of(t.Key) })
		kept = append(kept, types.Tag{Key: new(of(t.Key)), Value: new(of(t.Value))})
	}
	slices.SortFunc(kept, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	s.tags[arn] = kept
}

// retag moves tags with the resource that was renamed. The caller holds the lock.
func (s *Service) retag(from, to string) {
	if t, ok := s.tags[from]; ok {
		s.tags[to] = t
		delete(s.tags, from)
	}
}

// checkTagged says whether arn is that of a resource here which can carry tags. The caller holds the lock.
func (s *Service) checkTagged(arn *string) error {
	if of(arn) == "" {
		return &types.ResourceArnRequiredException{Message: new("The ARN of a resource is required, but was not found.")}
	}
	kind, name, ok := strings.Cut(strings.TrimPrefix(*arn, s.arn("")), ":")
	if !strings.HasPrefix(*arn, s.arn("")) || !ok {
		return &types.InvalidArnException{Message: new(fmt.Sprintf("The ARN %.100q is not valid.", *arn))}
	}
	switch kind {
	case "application":
		_, err := s.application(&name)
		return err
	case "deploymentgroup":
		app, group, _ := strings.Cut(name, "/")
		_, err := s.group(&app, &group)
		return err
	}
	return &types.ArnNotSupportedException{Message: new(fmt.Sprintf("The ARN %.100q cannot carry tags.", *arn))}
}

func checkTags(tags []types.Tag) error {
	for _, t := range tags {
		if n := len(of(t.Key)); n < 1 || n > 128 || len(of(t.Value)) > 256 || strings.HasPrefix(*t.Key, "aws:") {
			return &types.InvalidTagsToAddException{Message: new(fmt.Sprintf("The tag %.100q is not valid.", of(t.Key)))}
		}
	}
	return nil
}
