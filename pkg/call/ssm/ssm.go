// Package ssm reads a parameter of Systems Manager's Parameter Store. Names are those of the SDK's client; package call
// says why that is not linked.
package ssm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks Systems Manager. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "SSM", Endpoint: "ssm", Target: "AmazonSSM", JSON: "1.1"})}
}

// GetParameterInput names a parameter, by its ARN or name, and says whether a secure one is told in plain text.
type GetParameterInput struct {
	Name           string
	WithDecryption bool
}

// GetParameterOutput is the parameter.
type GetParameterOutput struct{ Parameter Parameter }

// Parameter is known by its text.
type Parameter struct{ Value string }

// GetParameter reads a parameter.
func (c *Client) GetParameter(ctx context.Context, in *GetParameterInput) (*GetParameterOutput, error) {
	return call.JSON[GetParameterOutput](ctx, c.to, "GetParameter", in)
}
