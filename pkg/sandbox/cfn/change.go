package cfn

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
)

// differs tells whether a property other than those named and the tags has changed.
func (c *change) differs(except ...string) bool {
	skip := map[string]bool{"Tags": true}
	for _, name := range except {
		skip[name] = true
	}
	for _, side := range []map[string]any{c.properties, c.was} {
		for name := range side {
			if !skip[name] && !equal(c.properties[name], c.was[name]) {
				return true
			}
		}
	}
	return false
}

// already takes the error of a deletion for a success when there is nothing to delete, as CloudFormation does.
func already(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	for _, part := range []string{"NotFound", "NoSuchEntity", "NoSuchBucket", "DoesNotExist", "NonExistent", "ServiceNotActive"} {
		if strings.Contains(api.ErrorCode(), part) {
			return nil
		}
	}
	return err
}

// tagger are a service's two calls for tags.
type tagger struct {
	put, remove func(c *change, on any, tags any) error
}

var (
	tagECS = tagger{
		put: func(c *change, on, tags any) error {
			return with[ecs.TagResourceOutput, ecs.TagResourceInput](c, map[string]any{"ResourceArn": on, "Tags": tags})
		},
		remove: func(c *change, on, keys any) error {
			return with[ecs.UntagResourceOutput, ecs.UntagResourceInput](c, map[string]any{"ResourceArn": on, "TagKeys": keys})
		},
	}
	tagELB = tagger{
		put: func(c *change, on, tags any) error {
			return with[elb.AddTagsOutput, elb.AddTagsInput](c, map[string]any{"ResourceArns": []any{on}, "Tags": tags})
		},
		remove: func(c *change, on, keys any) error {
			return with[elb.RemoveTagsOutput, elb.RemoveTagsInput](c, map[string]any{"ResourceArns": []any{on}, "TagKeys": keys})
		},
	}
	tagCodeDeploy = tagger{
		put: func(c *change, on, tags any) error {
			return with[codedeploy.TagResourceOutput, codedeploy.TagResourceInput](c, map[string]any{"ResourceArn": on, "Tags": tags})
		},
		remove: func(c *change, on, keys any) error {
			return with[codedeploy.UntagResourceOutput, codedeploy.UntagResourceInput](c, map[string]any{"ResourceArn": on, "TagKeys": keys})
		},
	}
	tagRole = tagger{
		put: func(c *change, on, tags any) error {
			return with[iam.TagRoleOutput, iam.TagRoleInput](c, map[string]any{"RoleName": on, "Tags": tags})
		},
		remove: func(c *change, on, keys any) error {
			return with[iam.UntagRoleOutput, iam.UntagRoleInput](c, map[string]any{"RoleName": on, "TagKeys": keys})
		},
	}
)

// retag takes the property Tags out and makes the resource's tags what it says.
func (c *change) retag(t tagger, on any) error {
	tags := c.take("Tags")
	if equal(tags, c.was["Tags"]) {
		return nil
	}
	properties := maps.Clone(c.properties)
	defer func() { c.properties = properties }()
	var gone []any
	for _, key := range ids(c.was["Tags"], "Key") {
		if !contains(ids(tags, "Key"), key) {
			gone = append(gone, key)
		}
	}
	if gone != nil {
		if err := t.remove(c, on, gone); err != nil {
			return err
		}
	}
	if list, _ := tags.([]any); len(list) == 0 {
		return nil
	}
	return t.put(c, on, tags)
}

func (c *change) noTags() error {
	return fmt.Errorf("the sandbox does not change the tags of %s", c.kind)
}
