// Package cloudwatchlogs reads the end of a log. Names are those of the SDK's client; package call says why that is not
// linked.
package cloudwatchlogs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks CloudWatch Logs. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "CloudWatch Logs", Endpoint: "logs", Target: "Logs_20140328", JSON: "1.1"})}
}

// GetLogEventsInput asks for the last events of a stream, the oldest of them first; for the stream's first where
// StartFromHead is set.
type GetLogEventsInput struct {
	LogGroupName  string `json:"logGroupName"`
	LogStreamName string `json:"logStreamName"`
	Limit         int32  `json:"limit"`
	StartFromHead bool   `json:"startFromHead"`
}

// GetLogEventsOutput are the events.
type GetLogEventsOutput struct {
	Events []OutputLogEvent `json:"events"`
}

// OutputLogEvent is what was logged at once.
type OutputLogEvent struct {
	Message string `json:"message"`
}

// GetLogEvents reads events.
func (c *Client) GetLogEvents(ctx context.Context, in *GetLogEventsInput) (*GetLogEventsOutput, error) {
	return call.JSON[GetLogEventsOutput](ctx, c.to, "GetLogEvents", in)
}
