package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// DescribeImagesInput asks for the images that are named, or else for those that the filter takes, a page of them.
type DescribeImagesInput struct {
	Repository
	ImageIds   []ImageIdentifier     `json:"imageIds,omitempty"`
	Filter     *DescribeImagesFilter `json:"filter,omitempty"`
	MaxResults int32                 `json:"maxResults,omitempty"`
	NextToken  string                `json:"nextToken,omitempty"`
}

// DescribeImagesFilter takes images with a tag, or without.
type DescribeImagesFilter struct {
	TagStatus types.TagStatus `json:"tagStatus,omitempty"`
}

// DescribeImagesOutput is a page of images; NextToken is empty with the last.
type DescribeImagesOutput struct {
	ImageDetails []ImageDetail `json:"imageDetails"`
	NextToken    string        `json:"nextToken"`
}

// ImageDetail is an image of a repository.
type ImageDetail struct {
	RegistryId             string            `json:"registryId"`
	RepositoryName         string            `json:"repositoryName"`
	ImageDigest            string            `json:"imageDigest"`
	ImageTags              []string          `json:"imageTags"`
	ImagePushedAt          Time              `json:"imagePushedAt"`
	ImageManifestMediaType string            `json:"imageManifestMediaType"`
	ArtifactMediaType      string            `json:"artifactMediaType"`
	ImageStatus            types.ImageStatus `json:"imageStatus"`
}

// DescribeImages reads images. It is refused with ImageNotFound when one of those that are named is not there.
func (c *Client) DescribeImages(ctx context.Context, in *DescribeImagesInput) (*DescribeImagesOutput, error) {
	return ask[DescribeImagesOutput](ctx, c, "DescribeImages", in.Repository, in)
}

// BatchGetImageInput asks for manifests of those media types.
type BatchGetImageInput struct {
	Repository
	ImageIds           []ImageIdentifier `json:"imageIds"`
	AcceptedMediaTypes []string          `json:"acceptedMediaTypes,omitempty"`
}

// BatchGetImageOutput are the manifests of those images that are there.
type BatchGetImageOutput struct {
	Images []Image `json:"images"`
}

// Image is a manifest.
type Image struct {
	ImageManifest          string `json:"imageManifest"`
	ImageManifestMediaType string `json:"imageManifestMediaType"`
}

// BatchGetImage reads manifests. What is not there is left out.
func (c *Client) BatchGetImage(ctx context.Context, in *BatchGetImageInput) (*BatchGetImageOutput, error) {
	return ask[BatchGetImageOutput](ctx, c, "BatchGetImage", in.Repository, in)
}

// GetDownloadUrlForLayerInput names a blob of the repository.
type GetDownloadUrlForLayerInput struct {
	Repository
	LayerDigest string `json:"layerDigest"`
}

// GetDownloadUrlForLayerOutput is where it lies. Whoever has the address can read the blob.
type GetDownloadUrlForLayerOutput struct {
	DownloadUrl string `json:"downloadUrl"`
}

// GetDownloadUrlForLayer asks where a blob can be fetched.
func (c *Client) GetDownloadUrlForLayer(ctx context.Context, in *GetDownloadUrlForLayerInput) (*GetDownloadUrlForLayerOutput, error) {
	return ask[GetDownloadUrlForLayerOutput](ctx, c, "GetDownloadUrlForLayer", in.Repository, in)
}
