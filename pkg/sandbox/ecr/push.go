package ecr

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	gtypes "github.com/google/go-containerregistry/pkg/v1/types"
)

// maxManifest is ECR's limit.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
const maxManifest = 4 << 20

var tagForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`) })

// push stores a manifest, points the tag to it, and raises the event. It is the one way in, for the registry
// protocol and for PutImage. An empty tag leaves the image untagged. changed tells whether anything did.
func (s *Service) push(ctx context.Context, repoName, registryID *string, tag, mediaType string, raw []byte) (_ *stored, changed bool, err error) {
	if tag != "" && !tagForm().MatchString(tag) {
		return nil, false, invalid("imageTag", "the tag '"+tag+"' is not valid")
	}
	img, manifest, err := parse(raw, mediaType)
	if err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	img, changed, err = s.store(ctx, repoName, registryID, tag, img, manifest)
	s.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	// A repeated push raises an event again: whether AWS does so for one that changes nothing is not documented,
	// and consumers must bear it.
	s.emit("PUSH", deref(repoName), tag, img)
	return img, changed, nil
}

func (s *Service) store(ctx context.Context, repoName, registryID *string, tag string, img *stored, manifest *v1.Manifest) (*stored, bool, error) {
	r, err := s.repo(repoName, registryID)
	if err != nil {
		return nil, false, err
	}
	if img.size, err = s.measure(ctx, r, img, manifest); err != nil {
		return nil, false, err
	}
	if old, tagged := r.tags[tag]; tag != "" && tagged && old != img.digest && r.immutable(tag) {
		return nil, false, &types.ImageTagAlreadyExistsException{Message: new(fmt.Sprintf(
			"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", tag, r.name))}
	}
	changed := false
	if known := r.images[img.digest]; known != nil {
		img = known // It keeps the time of its first push.
	} else {
		img.pushed, changed = time.Now().UTC().Truncate(time.Millisecond), true
		r.images[img.digest] = img
		if r.scanning.ScanOnPush && img.index == nil {
			s.scan(r, img)
		}
	}
	if tag != "" && r.tags[tag] != img.digest {
		r.tags[tag], changed = img.digest, true
	}
	return img, changed, nil
}

// parse reads a manifest of one of the four kinds that ECR takes.
func parse(raw []byte, mediaType string) (*stored, *v1.Manifest, error) {
	digest, _, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, invalid("imageManifest", "the manifest is not JSON: "+err.Error())
	}
	mediaType = cmp.Or(mediaType, string(manifest.MediaType))
	img := &stored{digest: digest.String(), mediaType: mediaType, raw: raw}
	switch kind := gtypes.MediaType(mediaType); {
	case kind.IsIndex():
		if img.index, err = v1.ParseIndexManifest(bytes.NewReader(raw)); err != nil {
			return nil, nil, invalid("imageManifest", err.Error())
		}
	case kind.IsImage():
		img.artifactType, img.config = string(manifest.Config.MediaType), manifest.Config.Digest
		if manifest.Config.Digest.Hex == "" {
			return nil, nil, invalid("imageManifest", "the manifest names no configuration")
		}
	default:
		return nil, nil, invalid("imageManifest", fmt.Sprintf("manifests of media type '%s' are not supported", mediaType))
	}
	return img, manifest, nil
}

// measure is the size of an image, layers and configuration; that of an index is its largest image's. What it
// refers to must be there.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
func (s *Service) measure(ctx context.Context, r *repository, img *stored, manifest *v1.Manifest) (size int64, err error) {
	if img.index != nil {
		for _, child := range img.index.Manifests {
			if !child.MediaType.IsImage() && !child.MediaType.IsIndex() {
				continue
			}
			known := r.images[child.Digest.String()]
			if known == nil {
				return 0, &types.ReferencedImagesNotFoundException{Message: new(fmt.Sprintf(
					"The image with digest '%s' that the manifest list refers to does not exist in the '%s' repository", child.Digest, r.name))}
			}
			size = max(size, known.size)
		}
		return size, nil
	}
	for _, blob := range append([]v1.Descriptor{manifest.Config}, manifest.Layers...) {
		size += blob.Size
		if !blob.MediaType.IsDistributable() {
			continue
		}
		if _, err := s.blobs.Stat(ctx, r.name, blob.Digest); errors.Is(err, registry.ErrNotFound) {
			return 0, &types.LayersNotFoundException{Message: new(fmt.Sprintf(
				"Layers with digests '[%s]' required for pushing image into repository with name '%s' in the registry with id '%s' do not exist",
				blob.Digest, r.name, s.opts.Account))}
		} else if err != nil {
			return 0, err
		}
	}
	return size, nil
}

// imageAction is the detail of ECR's event.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html; the media types, which the page
// does not show, are in recorded events.
type imageAction struct {
	Result       string `json:"result"`
	Repository   string `json:"repository-name"`
	Digest       string `json:"image-digest"`
	Action       string `json:"action-type"`
	Tag          string `json:"image-tag"` // empty, not missing, for an untagged image
	MediaType    string `json:"manifest-media-type,omitempty"`
	ArtifactType string `json:"artifact-media-type,omitempty"`
}

func (s *Service) emit(action, repo, tag string, img *stored) {
	s.opts.Emit("aws.ecr", "ECR Image Action", []string{}, imageAction{
		Result: "SUCCESS", Repository: repo, Digest: img.digest, Action: action, Tag: tag,
		MediaType: img.mediaType, ArtifactType: img.artifactType,
	})
}

func invalid(parameter, why string) error {
	return &types.InvalidParameterException{Message: new(fmt.Sprintf(
		"Invalid parameter at '%s' failed to satisfy constraint: '%s'", parameter, why))}
}

// code is the AWS name of an error.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
