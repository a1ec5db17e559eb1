// Package eventbridge puts events on the default bus. Names are those of the SDK's client; package call says why that is
// not linked.
package eventbridge

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks EventBridge. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "EventBridge", Endpoint: "events", Target: "AWSEvents", JSON: "1.1"})}
}

// PutEventsInput are events.
type PutEventsInput struct{ Entries []PutEventsRequestEntry }

// PutEventsRequestEntry is an event. Detail is JSON; Time is the service's own where it is zero.
type PutEventsRequestEntry struct {
	Source, DetailType, Detail string
	Time                       Time `json:",omitzero"`
}

// Time is written as seconds since 1970, with three decimals.
type Time struct{ time.Time }

var _ json.Marshaler = Time{}

// MarshalJSON writes t.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(t.UnixMilli())/1e3, 'f', -1, 64), nil
}

// PutEventsOutput says of each event, in their order, what became of it.
type PutEventsOutput struct{ Entries []PutEventsResultEntry }

// PutEventsResultEntry has an ErrorCode where the event was not taken.
type PutEventsResultEntry struct{ EventId, ErrorCode, ErrorMessage string }

// PutEvents puts events. That one was not taken is no error: its entry tells it.
func (c *Client) PutEvents(ctx context.Context, in *PutEventsInput) (*PutEventsOutput, error) {
	return call.JSON[PutEventsOutput](ctx, c.to, "PutEvents", in)
}
