// Package sns publishes to a topic. Names are those of the SDK's client; package call says why that is not linked.
package sns

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks SNS. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "SNS", Endpoint: "sns", Version: "2010-03-31"})}
}

// PublishInput is a message. MessageStructure is "json" where Message holds a text for each protocol.
type PublishInput struct {
	TopicArn, Subject, Message, MessageStructure string
	// MessageAttributes are texts by which subscriptions filter.
	MessageAttributes map[string]string
}

// PublishOutput has nothing that is read.
type PublishOutput struct{}

// Publish sends a message to whoever subscribed.
func (c *Client) Publish(ctx context.Context, in *PublishInput) (*PublishOutput, error) {
	ask := url.Values{"TopicArn": {in.TopicArn}, "Message": {in.Message}}
	if in.Subject != "" {
		ask.Set("Subject", in.Subject)
	}
	if in.MessageStructure != "" {
		ask.Set("MessageStructure", in.MessageStructure)
	}
	for i, name := range slices.Sorted(maps.Keys(in.MessageAttributes)) {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i+1)
		ask.Set(entry+"Name", name)
		ask.Set(entry+"Value.DataType", "String")
		ask.Set(entry+"Value.StringValue", in.MessageAttributes[name])
	}
	return call.Query[PublishOutput](ctx, c.to, "Publish", ask)
}
