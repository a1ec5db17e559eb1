// Package ecr reads what lies in a registry: images, their manifests, where their blobs are, and what scans found in
// them, with the members that are read. Names are those of the SDK's client; package call says why that is not linked.
package ecr

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Codes by which ECR refuses what is answered otherwise than by telling the error
// (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html#API_DescribeImages_Errors).
const (
	RepositoryNotFound = "RepositoryNotFoundException"
	ImageNotFound      = "ImageNotFoundException"
	ScanNotFound       = "ScanNotFoundException"
	InvalidParameter   = "InvalidParameterException"
)

// Client asks ECR. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{
		ID: "ECR", Endpoint: "api.ecr", Signing: "ecr", Target: "AmazonEC2ContainerRegistry_V20150921", JSON: "1.1",
	})}
}

// Repository is where an operation looks.
type Repository struct {
	RepositoryName string `json:"repositoryName"`
	// RegistryId is the account of the registry; the caller's own when it is empty.
	RegistryId string `json:"registryId,omitempty"`
	// Region is where ECR is asked; the client's own when it is empty.
	Region string `json:"-"`
}

// ImageIdentifier names an image by its digest or by its tag.
type ImageIdentifier struct {
	ImageDigest string `json:"imageDigest,omitempty"`
	ImageTag    string `json:"imageTag,omitempty"`
}

// Time is read from seconds since 1970; it is zero where none is told.
type Time struct{ time.Time }

var _ json.Unmarshaler = (*Time)(nil)

// UnmarshalJSON reads t.
func (t *Time) UnmarshalJSON(text []byte) error {
	var seconds *float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return fmt.Errorf("a time is a number of seconds: %w", err)
	}
	if *t = (Time{}); seconds != nil {
		t.Time = smithytime.ParseEpochSeconds(*seconds)
	}
	return nil
}

// ask calls an operation where the repository is.
func ask[Output any](ctx context.Context, c *Client, operation string, r Repository, in any) (*Output, error) {
	return call.JSON[Output](ctx, c.to.In(r.Region), operation, in)
}
