package elb

import (
	"strings"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (s *Service) describeTags(in *elbv2.DescribeTagsInput) (*elbv2.DescribeTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &elbv2.DescribeTagsOutput{TagDescriptions: []types.TagDescription{}}
	for _, arn := range in.ResourceArns {
		tags, err := s.tagged(arn)
		if err != nil {
			return nil, err
		}
		out.TagDescriptions = append(out.TagDescriptions, types.TagDescription{ResourceArn: &arn, Tags: tagsOf(*tags)})
	}
	return out, nil
}

func (s *Service) addTags(in *elbv2.AddTagsInput) (*elbv2.AddTagsOutput, error) {
	added, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range in.ResourceArns {
		tags, err := s.tagged(arn)
		if err != nil {
			return nil, err
		}
		for k, v := range added {
			(*tags)[k] = v
		}
	}
	return &elbv2.AddTagsOutput{}, nil
}

func (s *Service) removeTags(in *elbv2.RemoveTagsInput) (*elbv2.RemoveTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range in.ResourceArns {
		tags, err := s.tagged(arn)
		if err != nil {
			return nil, err
		}
		for _, k := range in.TagKeys {
			delete(*tags, k)
		}
	}
	return &elbv2.RemoveTagsOutput{}, nil
}

// tagged finds the tags of any resource by its ARN.
func (s *Service) tagged(arn string) (*map[string]string, error) {
	switch {
	case strings.Contains(arn, ":loadbalancer/"):
		b, err := s.balancer(arn)
		if err != nil {
			return nil, err
		}
		return &b.tags, nil
	case strings.Contains(arn, ":targetgroup/"):
		g, err := s.group(arn)
		if err != nil {
			return nil, err
		}
		return &g.tags, nil
	case strings.Contains(arn, ":listener/"):
		l, err := s.listener(arn)
		if err != nil {
			return nil, err
		}
		return &l.tags, nil
	case strings.Contains(arn, ":listener-rule/"):
		_, r, err := s.rule(arn)
		if err != nil {
			return nil, err
		}
		return &r.tags, nil
	}
	return nil, invalid("'%s' is not a valid load balancer, target group, listener or rule ARN", arn)
}

// tagMap refuses a key that comes twice, as AWS does.
func tagMap(tags []types.Tag) (map[string]string, error) {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		if _, twice := m[str(t.Key)]; twice {
			return nil, &types.DuplicateTagKeysException{Message: text("Tag key '%s' was specified more than once", str(t.Key))}
		}
		m[str(t.Key)] = str(t.Value)
	}
	return m, nil
}
