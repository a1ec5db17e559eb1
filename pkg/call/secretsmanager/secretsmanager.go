// Package secretsmanager reads a secret. Names are those of the SDK's client; package call says why that is not linked.
package secretsmanager

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks Secrets Manager. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "Secrets Manager", Endpoint: "secretsmanager", Target: "secretsmanager", JSON: "1.1"})}
}

// GetSecretValueInput names a secret, by its ARN or name.
type GetSecretValueInput struct{ SecretId string }

// GetSecretValueOutput is its text; empty where the secret is not one.
type GetSecretValueOutput struct{ SecretString string }

// GetSecretValue reads a secret as it stands.
func (c *Client) GetSecretValue(ctx context.Context, in *GetSecretValueInput) (*GetSecretValueOutput, error) {
	return call.JSON[GetSecretValueOutput](ctx, c.to, "GetSecretValue", in)
}
