package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
)

type registry struct{ sdk *sdk.Client }

func (c registry) DescribeImages(ctx context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	ask := &sdk.DescribeImagesInput{RepositoryName: &in.RepositoryName, RegistryId: told(in.RegistryId), ImageIds: named(in.ImageIds), NextToken: told(in.NextToken)}
	if in.Filter != nil {
		ask.Filter = &types.DescribeImagesFilter{TagStatus: in.Filter.TagStatus}
	}
	if in.MaxResults > 0 {
		ask.MaxResults = &in.MaxResults
	}
	out, err := c.sdk.DescribeImages(ctx, ask, at(in.Repository))
	if err != nil {
		return nil, err
	}
	page := &ecr.DescribeImagesOutput{NextToken: aws.ToString(out.NextToken)}
	for _, d := range out.ImageDetails {
		page.ImageDetails = append(page.ImageDetails, ecr.ImageDetail{
			RegistryId: aws.ToString(d.RegistryId), RepositoryName: aws.ToString(d.RepositoryName), ImageDigest: aws.ToString(d.ImageDigest), ImageTags: d.ImageTags,
			ImagePushedAt: ecr.Time{Time: aws.ToTime(d.ImagePushedAt)}, ImageManifestMediaType: aws.ToString(d.ImageManifestMediaType),
			ArtifactMediaType: aws.ToString(d.ArtifactMediaType), ImageStatus: d.ImageStatus,
		})
	}
	return page, nil
}

func (c registry) BatchGetImage(ctx context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	out, err := c.sdk.BatchGetImage(ctx, &sdk.BatchGetImageInput{
		RepositoryName: &in.RepositoryName, RegistryId: told(in.RegistryId), ImageIds: named(in.ImageIds), AcceptedMediaTypes: in.AcceptedMediaTypes,
	}, at(in.Repository))
	if err != nil {
		return nil, err
	}
	all := &ecr.BatchGetImageOutput{}
	for _, i := range out.Images {
		all.Images = append(all.Images, ecr.Image{ImageManifest: aws.ToString(i.ImageManifest), ImageManifestMediaType: aws.ToString(i.ImageManifestMediaType)})
	}
	return all, nil
}

func (c registry) GetDownloadUrlForLayer(ctx context.Context, in *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) {
	out, err := c.sdk.GetDownloadUrlForLayer(ctx, &sdk.GetDownloadUrlForLayerInput{
		RepositoryName: &in.RepositoryName, RegistryId: told(in.RegistryId), LayerDigest: &in.LayerDigest,
	}, at(in.Repository))
	if err != nil {
		return nil, err
	}
	return &ecr.GetDownloadUrlForLayerOutput{DownloadUrl: aws.ToString(out.DownloadUrl)}, nil
}

func (c registry) DescribeImageScanFindings(ctx context.Context, in *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error) {
	out, err := c.sdk.DescribeImageScanFindings(ctx, &sdk.DescribeImageScanFindingsInput{
		RepositoryName: &in.RepositoryName, RegistryId: told(in.RegistryId), ImageId: &named([]ecr.ImageIdentifier{in.ImageId})[0],
		MaxResults: &in.MaxResults, NextToken: told(in.NextToken),
	}, at(in.Repository))
	if err != nil {
		return nil, err
	}
	page := &ecr.DescribeImageScanFindingsOutput{NextToken: aws.ToString(out.NextToken)}
	if s := out.ImageScanStatus; s != nil {
		page.ImageScanStatus = &ecr.ImageScanStatus{Status: s.Status, Description: aws.ToString(s.Description)}
	}
	if f := out.ImageScanFindings; f != nil {
		page.ImageScanFindings = &ecr.ImageScanFindings{}
		for _, one := range f.Findings {
			page.ImageScanFindings.Findings = append(page.ImageScanFindings.Findings, ecr.ImageScanFinding{Name: aws.ToString(one.Name), Severity: one.Severity})
		}
		for _, one := range f.EnhancedFindings {
			found := ecr.EnhancedImageScanFinding{
				FindingArn: aws.ToString(one.FindingArn), Title: aws.ToString(one.Title), Severity: aws.ToString(one.Severity), Status: aws.ToString(one.Status),
			}
			if p := one.PackageVulnerabilityDetails; p != nil {
				found.PackageVulnerabilityDetails.VulnerabilityId = aws.ToString(p.VulnerabilityId)
			}
			page.ImageScanFindings.EnhancedFindings = append(page.ImageScanFindings.EnhancedFindings, found)
		}
	}
	return page, nil
}

// at is an option of a call that is about a repository in another region.
func at(r ecr.Repository) func(*sdk.Options) {
	return func(o *sdk.Options) {
		if r.Region != "" {
			o.Region = r.Region
		}
	}
}

// told is nil for what is not said.
func told(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func named(ids []ecr.ImageIdentifier) []types.ImageIdentifier {
	var all []types.ImageIdentifier
	for _, id := range ids {
		all = append(all, types.ImageIdentifier{ImageDigest: told(id.ImageDigest), ImageTag: told(id.ImageTag)})
	}
	return all
}
