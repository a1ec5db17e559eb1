// Package cloudwatch reads in which states alarms are. Names are those of the SDK's client, which has forty operations
// more and a codec for CBOR, the protocol that it prefers; this one speaks the service's JSON. Package call says what that
// saves.
package cloudwatch

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks CloudWatch. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{
		ID: "CloudWatch", Endpoint: "monitoring", Target: "GraniteServiceVersion20100801", JSON: "1.0", QueryCodes: true,
	})}
}

// DescribeAlarmsInput asks for alarms by their names, of the kinds that are told: without any, AWS tells metric alarms
// alone. The answer is one page, which the ten alarms that a deployment group can have never fill.
type DescribeAlarmsInput struct {
	AlarmNames []string
	AlarmTypes []types.AlarmType `json:",omitempty"`
}

// DescribeAlarmsOutput are the alarms.
type DescribeAlarmsOutput struct{ MetricAlarms, CompositeAlarms []Alarm }

// Alarm of either kind.
type Alarm struct {
	AlarmName  string
	StateValue types.StateValue
}

// DescribeAlarms reads alarms. What does not exist is left out.
func (c *Client) DescribeAlarms(ctx context.Context, in *DescribeAlarmsInput) (*DescribeAlarmsOutput, error) {
	return call.JSON[DescribeAlarmsOutput](ctx, c.to, "DescribeAlarms", in)
}
