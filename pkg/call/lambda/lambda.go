// Package lambda invokes a function and awaits its answer. Names are those of the SDK's client, which has more than
// eighty operations more; package call says what its absence saves.
package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks Lambda. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "Lambda", Endpoint: "lambda"})}
}

// InvokeInput is what a function is asked.
type InvokeInput struct {
	// FunctionName is its name or its ARN.
	FunctionName string
	// Payload is the event, as JSON.
	Payload []byte
}

// InvokeOutput is what came of it.
type InvokeOutput struct {
	// FunctionError is set where the function failed; what is known of that is the payload.
	FunctionError string
	// Payload is the answer, as JSON.
	Payload []byte
}

// Invoke asks a function and awaits its answer, without its log. It is asked once: when its answer is lost, a second
// invocation may do its work a second time.
func (c *Client) Invoke(ctx context.Context, in *InvokeInput) (*InvokeOutput, error) {
	out, err := c.to.Do(ctx, call.Request{
		Operation: "Invoke", Once: true, Path: "/2015-03-31/functions/" + httpbinding.EscapePath(in.FunctionName, true) + "/invocations",
		Header: map[string]string{"Content-Type": "application/octet-stream", "X-Amz-Invocation-Type": "RequestResponse"}, Body: in.Payload,
	})
	if err != nil {
		return nil, err
	}
	return &InvokeOutput{FunctionError: out.Header.Get("X-Amz-Function-Error"), Payload: out.Body}, nil
}
