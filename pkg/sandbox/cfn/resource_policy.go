package cfn

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// resourcePolicy is a resource that gives others their policy.
type resourcePolicy struct {
	// of is the property that names those others.
	of string
	// put gives one its policy; the empty one takes it away.
	put func(c *change, one, document string) error
}

var (
	queuePolicy = resourcePolicy{"Queues", func(c *change, url, document string) error {
		_, err := wire.Call[sqs.SetQueueAttributesOutput](c.ctx, c.service.opts.Server,
			&sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"Policy": document}})
		return err
	}}
	topicPolicy = resourcePolicy{"Topics", func(c *change, arn, document string) error { return c.setTopic(arn, "Policy", document) }}
)

func (r resourcePolicy) create(c *change) (resource, error) {
	document, err := json.Marshal(c.properties["PolicyDocument"])
	if err != nil {
		return resource{}, err
	}
	made := c.standing
	if made.id == "" {
		made.id = c.generated()
	}
	return made, r.each(c, texts(c.properties[r.of]), string(document))
}

func (r resourcePolicy) update(c *change) (resource, error) {
	wanted := texts(c.properties[r.of])
	gone := slices.DeleteFunc(texts(c.was[r.of]), func(one string) bool { return contains(wanted, one) })
	if err := already(r.each(c, gone, "")); err != nil {
		return c.standing, err
	}
	return r.create(c)
}

func (r resourcePolicy) remove(c *change) error { return already(r.each(c, texts(c.was[r.of]), "")) }

func (r resourcePolicy) each(c *change, all []string, document string) error {
	for _, one := range all {
		if err := r.put(c, one, document); err != nil {
			return err
		}
	}
	return nil
}
