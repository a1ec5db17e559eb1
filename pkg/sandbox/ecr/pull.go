package ecr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	gtypes "github.com/google/go-containerregistry/pkg/v1/types"
)

// Seed makes an image of the public world known under a reference, "public.ecr.aws/docker/library/caddy:2-alpine",
// and by its digest. Images of several platforms can share a reference.
func (s *Service) Seed(ref string, img v1.Image) error {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return fmt.Errorf("seed %s: %w", ref, err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return fmt.Errorf("seed %s: %w", ref, err)
	}
	digest, err := img.Digest()
	if err != nil {
		return fmt.Errorf("seed %s: %w", ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := []v1.Image{}
	for _, other := range s.seeds[parsed.Name()] {
		if known, err := other.ConfigFile(); err == nil && known.Architecture != config.Architecture {
			kept = append(kept, other)
		}
	}
	s.seeds[parsed.Name()] = append(kept, img)
	s.seeds[parsed.Context().Digest(digest.String()).Name()] = []v1.Image{img}
	return nil
}

// Image finds what an ECS task would pull: an image of this registry, by AWS's name for it or by the real host,
// or a seeded one. arch is Go's name or ECS's (X86_64, ARM64); empty means this machine's. Out of an index it
// picks the platform. The error is a sentence that begins with CannotPullContainerError, as a stopped task's
// reason does. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
func (s *Service) Image(_ context.Context, ref string, arch string) (v1.Image, error) {
	switch arch = strings.ToLower(arch); arch {
	case "":
		arch = runtime.GOARCH
	case "x86_64":
		arch = "amd64"
	}
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: invalid reference format: %w", err)
	}
	host := parsed.Context().RegistryStr()
	if host != s.opts.Host() && host != fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com", s.opts.Account, s.opts.Region) {
		return s.seeded(parsed, ref, arch)
	}
	repo, reference := parsed.Context().RepositoryStr(), parsed.Identifier()
	img, err := s.find(repo, reference)
	if err != nil {
		return nil, missing(ref, err)
	}
	if img.index != nil {
		if img, err = s.pick(repo, img, arch); err != nil {
			return nil, err
		}
	}
	found, err := s.open(img)
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: %w", err)
	}
	return suits([]v1.Image{found}, arch)
}

func (s *Service) seeded(parsed name.Reference, ref, arch string) (v1.Image, error) {
	s.mu.RLock()
	candidates := s.seeds[parsed.Name()]
	s.mu.RUnlock()
	if len(candidates) == 0 {
		return nil, missing(ref, errors.New("the sandbox reaches no other registry, and this image is not seeded"))
	}
	return suits(candidates, arch)
}

func missing(ref string, why error) error {
	if api, ok := errors.AsType[smithy.APIError](why); ok {
		why = errors.New(api.ErrorMessage())
	}
	return fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: %s: not found (%w)", ref, ref, why)
}

// pick is the image of an index for this platform.
func (s *Service) pick(repo string, index *stored, arch string) (*stored, error) {
	var offered []string
	for _, child := range index.index.Manifests {
		if child.Platform == nil || !child.MediaType.IsImage() {
			continue
		}
		if child.Platform.OS == "linux" && child.Platform.Architecture == arch {
			return s.find(repo, child.Digest.String())
		}
		offered = append(offered, child.Platform.OS+"/"+child.Platform.Architecture)
	}
	return nil, wrongPlatform(arch, offered)
}

// suits is the image among candidates that is for this platform.
func suits(candidates []v1.Image, arch string) (v1.Image, error) {
	var offered []string
	for _, img := range candidates {
		config, err := img.ConfigFile()
		if err != nil {
			return nil, fmt.Errorf("CannotPullContainerError: read configuration: %w", err)
		}
		if config.Architecture == arch {
			return img, nil
		}
		offered = append(offered, config.OS+"/"+config.Architecture)
	}
	return nil, wrongPlatform(arch, offered)
}

func wrongPlatform(arch string, offered []string) error {
	return fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/%s': it is for %s",
		arch, strings.Join(offered, ", "))
}

// open makes an image of a manifest and the blobs on disk.
func (s *Service) open(img *stored) (v1.Image, error) {
	manifest, err := v1.ParseManifest(bytes.NewReader(img.raw))
	if err != nil {
		return nil, err
	}
	return partial.CompressedToImage(&onDisk{blobs: s.blobs, stored: img, manifest: manifest})
}

type onDisk struct {
	blobs    *blobs
	stored   *stored
	manifest *v1.Manifest
}

var _ partial.CompressedImageCore = (*onDisk)(nil)

func (o *onDisk) MediaType() (gtypes.MediaType, error) {
	return gtypes.MediaType(o.stored.mediaType), nil
}
func (o *onDisk) RawManifest() ([]byte, error) { return o.stored.raw, nil }

func (o *onDisk) RawConfigFile() ([]byte, error) {
	content, err := o.blobs.open(o.stored.config)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	return io.ReadAll(io.LimitReader(content, maxManifest))
}

func (o *onDisk) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, layer := range append([]v1.Descriptor{o.manifest.Config}, o.manifest.Layers...) {
		if layer.Digest == h {
			return &layerOnDisk{blobs: o.blobs, descriptor: layer}, nil
		}
	}
	return nil, fmt.Errorf("layer %s: not of this image", h)
}

type layerOnDisk struct {
	blobs      *blobs
	descriptor v1.Descriptor
}

func (l *layerOnDisk) Digest() (v1.Hash, error)             { return l.descriptor.Digest, nil }
func (l *layerOnDisk) Size() (int64, error)                 { return l.descriptor.Size, nil }
func (l *layerOnDisk) MediaType() (gtypes.MediaType, error) { return l.descriptor.MediaType, nil }
func (l *layerOnDisk) Compressed() (io.ReadCloser, error) {
	return l.blobs.open(l.descriptor.Digest)
}
