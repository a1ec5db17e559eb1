package cfn

import (
	"encoding/json"
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

func topicPolicy(c *change) (resource, error) {
	document, err := json.Marshal(c.properties["PolicyDocument"])
	if err != nil {
		return resource{}, err
	}
	made := c.standing
	if made.id == "" {
		made.id = c.generated()
	}
	return made, c.putTopicPolicy(c.properties["Topics"], string(document))
}

// putTopicPolicy gives topics a policy; the empty one is SNS's own again.
func (c *change) putTopicPolicy(topics any, document string) error {
	for _, arn := range texts(topics) {
		if err := c.setTopic(arn, "Policy", document); err != nil {
			return err
		}
	}
	return nil
}

func updateTopicPolicy(c *change) (resource, error) {
	wanted := texts(c.properties["Topics"])
	var gone []any
	for _, arn := range texts(c.was["Topics"]) {
		if !contains(wanted, arn) {
			gone = append(gone, arn)
		}
	}
	if err := already(c.putTopicPolicy(gone, "")); err != nil {
		return c.standing, err
	}
	return topicPolicy(c)
}

func removeTopicPolicy(c *change) error { return already(c.putTopicPolicy(c.was["Topics"], "")) }
