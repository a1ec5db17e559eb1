package cfn

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func topic(c *change) (resource, error) {
	name := c.name("TopicName")
	attributes, err := c.topicAttributes()
	if err != nil {
		return resource{}, err
	}
	c.properties = map[string]any{"Name": name, "Attributes": attributes}
	out, err := call[sns.CreateTopicOutput, sns.CreateTopicInput](c)
	if err != nil {
		return resource{}, err
	}
	arn := aws.ToString(out.TopicArn)
	return resource{id: arn, attributes: map[string]any{"TopicArn": arn, "TopicName": name}}, nil
}

// topicAttributes are the properties beside the name and the tags, of which the sandbox's topics have none.
func (c *change) topicAttributes() (map[string]any, error) {
	attributes := map[string]any{}
	for _, key := range sortedKeys(c.properties) {
		switch key {
		case "TopicName", "Tags":
		case "DisplayName", "KmsMasterKeyId":
			attributes[key] = fmt.Sprint(c.properties[key])
		default:
			return nil, fmt.Errorf("the sandbox does not know the property %s of %s", key, c.kind)
		}
	}
	return attributes, nil
}

func updateTopic(c *change) (resource, error) {
	attributes, err := c.topicAttributes()
	if err != nil {
		return c.standing, err
	}
	for _, name := range []string{"DisplayName", "KmsMasterKeyId"} {
		if equal(c.properties[name], c.was[name]) {
			continue
		}
		value, _ := attributes[name].(string)
		if err := c.setTopic(c.standing.id, name, value); err != nil {
			return c.standing, err
		}
	}
	return c.standing, nil
}

func (c *change) setTopic(arn, name, value string) error {
	_, err := wire.Call[sns.SetTopicAttributesOutput](c.ctx, c.service.opts.Server,
		&sns.SetTopicAttributesInput{TopicArn: &arn, AttributeName: &name, AttributeValue: &value})
	return err
}

func removeTopic(c *change) error {
	_, err := wire.Call[sns.DeleteTopicOutput](c.ctx, c.service.opts.Server, &sns.DeleteTopicInput{TopicArn: &c.standing.id})
	return already(err)
}
