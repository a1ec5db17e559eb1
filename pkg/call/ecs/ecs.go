// Package ecs asks for what runs, reads and registers revisions, and tags them, in the SDK's own types and with the names
// of its client; package call says why that is not linked.
package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Codes by which ECS refuses what is answered otherwise than by telling the error
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html). ClientError is how it says that there is
// no such revision, among others.
const (
	ClusterNotFound = "ClusterNotFoundException"
	ClientError     = "ClientException"
)

// Client asks ECS. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "ECS", Endpoint: "ecs", Target: "AmazonEC2ContainerServiceV20141113", JSON: "1.1"})}
}

func ask[Output any](ctx context.Context, c *Client, operation string, in any) (*Output, error) {
	return call.Shapes[Output](ctx, c.to, call.Request{Operation: operation}, in)
}
