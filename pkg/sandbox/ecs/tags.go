package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// checkTags refuses what https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html does not allow.
func checkTags(tags []types.Tag) error {
	if len(tags) > 50 {
		return invalid("Too many tags: at most 50 are allowed.")
	}
	seen := map[string]bool{}
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case key == "" || len(key) > 128:
			return invalid("Tag key must have between 1 and 128 characters.")
		case len(value) > 256:
			return invalid("Tag value of %s must have at most 256 characters.", key)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid("Tag keys that start with 'aws:' are reserved for system use.")
		case seen[key]:
			return invalid("Duplicate tag keys found: %s.", key)
		}
		seen[key] = true
	}
	return nil
}

// tagsOf is where the tags of a resource are kept.
func (s *Service) tagsOf(arn string) (*[]types.Tag, error) {
	prefix := s.arn("", "") // arn:aws:ecs:<region>:<account>:/
	rest, ok := strings.CutPrefix(arn, strings.TrimSuffix(prefix, "/"))
	if !ok {
		return nil, invalid("Invalid ARN: %s.", arn)
	}
	kind, path, _ := strings.Cut(rest, "/")
	parts := strings.SplitN(path, "/", 3)
	switch {
	case kind == "cluster" && len(parts) == 1:
		c, err := s.cluster(&path)
		if err != nil {
			return nil, err
		}
		return &c.tags, nil
	case kind == "task-definition" && len(parts) == 1:
		r, err := s.revision(path)
		if err != nil {
			return nil, invalid("The specified task definition does not exist. Specify a valid task definition and try again.")
		}
		return &r.tags, nil
	case kind == "service" && len(parts) == 2:
		svc, err := s.service(&parts[0], &parts[1])
		if err != nil {
			return nil, err
		}
		return &svc.tags, nil
	case kind == "task-set" && len(parts) == 3:
		svc, err := s.service(&parts[0], &parts[1])
		if err != nil {
			return nil, err
		}
		set, err := svc.set(parts[2])
		if err != nil {
			return nil, err
		}
		return &set.tags, nil
	case kind == "task" && len(parts) == 2:
		c, err := s.cluster(&parts[0])
		if err != nil {
			return nil, err
		}
		if m := c.task(parts[1]); m != nil {
			return &m.shape.Tags, nil
		}
	}
	return nil, &types.ResourceNotFoundException{Message: aws.String("The specified resource was not found: " + arn)}
}

// TagResource adds tags and overwrites those of the same key.
func (s *Service) TagResource(_ context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(aws.ToString(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	merged := list(*tags)
	for _, t := range in.Tags {
		at := slices.IndexFunc(merged, func(old types.Tag) bool { return *old.Key == *t.Key })
		if at >= 0 {
			merged[at] = t
		} else {
			merged = append(merged, t)
		}
	}
	if err := checkTags(merged); err != nil {
		return nil, err
	}
	*tags = merged
	s.changed.Raise()
	return &ecs.TagResourceOutput{}, nil
}

// UntagResource removes tags; keys that are not there are no error.
func (s *Service) UntagResource(_ context.Context, in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(aws.ToString(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	*tags = slices.DeleteFunc(list(*tags), func(t types.Tag) bool { return slices.Contains(in.TagKeys, *t.Key) })
	s.changed.Raise()
	return &ecs.UntagResourceOutput{}, nil
}

// ListTagsForResource tells the tags of a resource.
func (s *Service) ListTagsForResource(_ context.Context, in *ecs.ListTagsForResourceInput) (*ecs.ListTagsForResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(aws.ToString(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	return &ecs.ListTagsForResourceOutput{Tags: list(*tags)}, nil
}
