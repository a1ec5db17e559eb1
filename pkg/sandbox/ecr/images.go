package ecr

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// tagsOf are the tags of an image, sorted.
func (r *repository) tagsOf(digest string) []string {
	var names []string
	for tag, to := range r.tags {
		if to == digest {
			names = append(names, tag)
		}
	}
	slices.Sort(names)
	return names
}

// ordered are the images, oldest push first.
func (r *repository) ordered() []*stored {
	return slices.SortedFunc(maps.Values(r.images), func(a, b *stored) int {
		if c := a.pushed.Compare(b.pushed); c != 0 {
			return c
		}
		return strings.Compare(a.digest, b.digest)
	})
}

func wanted(status types.TagStatus, tags []string) bool {
	switch status {
	case types.TagStatusTagged:
		return len(tags) > 0
	case types.TagStatusUntagged:
		return len(tags) == 0
	}
	return true
}

func (s *Service) describeImages(_ context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	var status types.TagStatus
	if in.Filter != nil {
		status = in.Filter.TagStatus
	}
	var found []*stored
	for _, id := range in.ImageIds {
		img, err := s.image(r, id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found, img) {
			found = append(found, img)
		}
	}
	if len(in.ImageIds) == 0 {
		found = r.ordered()
	}
	details := []types.ImageDetail{}
	for _, img := range found {
		if tags := r.tagsOf(img.digest); wanted(status, tags) {
			details = append(details, s.detail(r, img, tags))
		}
	}
	shown, next, err := page(details, in.MaxResults, in.NextToken)
	return &ecr.DescribeImagesOutput{ImageDetails: shown, NextToken: next}, err
}

func (s *Service) detail(r *repository, img *stored, tags []string) types.ImageDetail {
	d := types.ImageDetail{
		ImageDigest: new(img.digest), ImageManifestMediaType: new(img.mediaType), ImagePushedAt: new(img.pushed),
		ImageSizeInBytes: new(img.size), ImageStatus: types.ImageStatusActive, ImageTags: tags,
		RegistryId: &s.opts.Account, RepositoryName: &r.name,
	}
	if one := r.scans[img.digest]; one != nil {
		d.ImageScanStatus, d.ImageScanFindingsSummary = one.told(), one.summary()
	}
	if img.artifactType != "" {
		d.ArtifactMediaType = new(img.artifactType)
	}
	return d
}

func (s *Service) listImages(_ context.Context, in *ecr.ListImagesInput) (*ecr.ListImagesOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	var status types.TagStatus
	if in.Filter != nil {
		status = in.Filter.TagStatus
	}
	ids := []types.ImageIdentifier{}
	for _, img := range r.ordered() {
		tags := r.tagsOf(img.digest)
		if !wanted(status, tags) {
			continue
		}
		for _, tag := range tags {
			ids = append(ids, types.ImageIdentifier{ImageDigest: new(img.digest), ImageTag: new(tag)})
		}
		if len(tags) == 0 {
			ids = append(ids, types.ImageIdentifier{ImageDigest: new(img.digest)})
		}
	}
	shown, next, err := page(ids, in.MaxResults, in.NextToken)
	return &ecr.ListImagesOutput{ImageIds: shown, NextToken: next}, err
}

func (s *Service) batchGetImage(_ context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchGetImageOutput{Images: []types.Image{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		img, err := s.image(r, id)
		if err != nil {
			out.Failures = append(out.Failures, failure(id))
			continue
		}
		out.Images = append(out.Images, s.show(r, img, deref(id.ImageTag)))
	}
	return out, nil
}

func (s *Service) show(r *repository, img *stored, tag string) types.Image {
	id := &types.ImageIdentifier{ImageDigest: new(img.digest)}
	if tag != "" {
		id.ImageTag = new(tag)
	}
	return types.Image{
		ImageId: id, ImageManifest: new(string(img.raw)), ImageManifestMediaType: new(img.mediaType),
		RegistryId: &s.opts.Account, RepositoryName: &r.name,
	}
}

// failure is worded as ECR words it.
func failure(id types.ImageIdentifier) types.ImageFailure {
	if id.ImageDigest == nil && id.ImageTag == nil {
		return types.ImageFailure{
			FailureCode: types.ImageFailureCodeMissingDigestAndTag, FailureReason: new("Invalid request parameters: both tag and digest cannot be null"), ImageId: &id,
		}
	}
	return types.ImageFailure{FailureCode: types.ImageFailureCodeImageNotFound, FailureReason: new("Requested image not found"), ImageId: &id}
}

// putImage gives an image that is there another tag, or stores a manifest whose layers are there.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
func (s *Service) putImage(ctx context.Context, in *ecr.PutImageInput) (*ecr.PutImageOutput, error) {
	raw, tag := []byte(deref(in.ImageManifest)), deref(in.ImageTag)
	parsed, _, err := parse(raw, deref(in.ImageManifestMediaType))
	if err != nil {
		return nil, err
	}
	if in.ImageDigest != nil && *in.ImageDigest != parsed.digest {
		return nil, &types.ImageDigestDoesNotMatchException{Message: new(fmt.Sprintf(
			"The digest '%s' is not that of the manifest, '%s'", *in.ImageDigest, parsed.digest))}
	}
	s.mu.RLock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	same := err == nil && r.images[parsed.digest] != nil && (tag == "" || r.tags[tag] == parsed.digest)
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	if same {
		return nil, &types.ImageAlreadyExistsException{Message: new(fmt.Sprintf(
			"Image with digest '%s' and tag '%s' already exists in the repository with name '%s' in registry with id '%s'",
			parsed.digest, tag, r.name, s.opts.Account))}
	}
	img, _, err := s.push(ctx, in.RepositoryName, in.RegistryId, tag, parsed.mediaType, raw)
	if err != nil {
		return nil, err
	}
	return &ecr.PutImageOutput{Image: new(s.show(r, img, tag))}, nil
}

// batchDeleteImage removes tags, and images by digest; an image goes with its last tag.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
func (s *Service) batchDeleteImage(_ context.Context, in *ecr.BatchDeleteImageInput) (*ecr.BatchDeleteImageOutput, error) {
	out := &ecr.BatchDeleteImageOutput{ImageIds: []types.ImageIdentifier{}, Failures: []types.ImageFailure{}}
	var gone []*stored // beside out.ImageIds
	s.mu.Lock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	for _, id := range in.ImageIds {
		img, err := s.image(r, id)
		if err != nil {
			out.Failures = append(out.Failures, failure(id))
			continue
		}
		removed, refused := r.remove(img, deref(id.ImageTag))
		if refused != "" {
			out.Failures = append(out.Failures, types.ImageFailure{
				FailureCode: types.ImageFailureCodeImageReferencedByManifestList, FailureReason: &refused, ImageId: &id,
			})
			continue
		}
		for _, removedID := range removed {
			out.ImageIds, gone = append(out.ImageIds, removedID), append(gone, img)
		}
	}
	s.mu.Unlock()
	for i, img := range gone {
		s.emit("DELETE", deref(in.RepositoryName), deref(out.ImageIds[i].ImageTag), img)
	}
	return out, nil
}

// remove removes one tag of an image, or all of it.
func (r *repository) remove(img *stored, tag string) (removed []types.ImageIdentifier, refused string) {
	tags := r.tagsOf(img.digest)
	if whole := tag == "" || len(tags) == 1; whole {
		for _, other := range r.ordered() {
			if other.index == nil {
				continue
			}
			for _, child := range other.index.Manifests {
				if child.Digest.String() == img.digest {
					return nil, fmt.Sprintf("Requested image referenced by manifest list: [%s]", other.digest)
				}
			}
		}
		delete(r.images, img.digest)
		delete(r.scans, img.digest)
	} else {
		tags = []string{tag}
	}
	for _, name := range tags {
		delete(r.tags, name)
		removed = append(removed, types.ImageIdentifier{ImageDigest: new(img.digest), ImageTag: new(name)})
	}
	if len(removed) == 0 {
		removed = []types.ImageIdentifier{{ImageDigest: new(img.digest)}}
	}
	return removed, ""
}
