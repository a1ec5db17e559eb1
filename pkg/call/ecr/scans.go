package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// DescribeImageScanFindingsInput asks for what a scan found in an image, a page of it.
type DescribeImageScanFindingsInput struct {
	Repository
	ImageId    ImageIdentifier `json:"imageId"`
	MaxResults int32           `json:"maxResults,omitempty"`
	NextToken  string          `json:"nextToken,omitempty"`
}

// DescribeImageScanFindingsOutput is how the scan stands, and a page of its findings; NextToken is empty with the last.
type DescribeImageScanFindingsOutput struct {
	ImageScanStatus   *ImageScanStatus   `json:"imageScanStatus"`
	ImageScanFindings *ImageScanFindings `json:"imageScanFindings"`
	NextToken         string             `json:"nextToken"`
}

// ImageScanStatus is how a scan stands.
type ImageScanStatus struct {
	Status      types.ScanStatus `json:"status"`
	Description string           `json:"description"`
}

// ImageScanFindings are those of a basic scan, or those of an enhanced one.
type ImageScanFindings struct {
	Findings         []ImageScanFinding         `json:"findings"`
	EnhancedFindings []EnhancedImageScanFinding `json:"enhancedFindings"`
}

// ImageScanFinding is one of a basic scan.
type ImageScanFinding struct {
	Name     string                `json:"name"`
	Severity types.FindingSeverity `json:"severity"`
}

// EnhancedImageScanFinding is one of Amazon Inspector's.
type EnhancedImageScanFinding struct {
	FindingArn                  string                      `json:"findingArn"`
	Title                       string                      `json:"title"`
	Severity                    string                      `json:"severity"`
	Status                      string                      `json:"status"`
	PackageVulnerabilityDetails PackageVulnerabilityDetails `json:"packageVulnerabilityDetails"`
}

// PackageVulnerabilityDetails names the vulnerability of a package.
type PackageVulnerabilityDetails struct {
	VulnerabilityId string `json:"vulnerabilityId"`
}

// DescribeImageScanFindings reads a scan. It is refused with ScanNotFound where an image was never scanned.
func (c *Client) DescribeImageScanFindings(ctx context.Context, in *DescribeImageScanFindingsInput) (*DescribeImageScanFindingsOutput, error) {
	return ask[DescribeImageScanFindingsOutput](ctx, c, "DescribeImageScanFindings", in.Repository, in)
}
