package oci

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// Labels that builders set (https://github.com/opencontainers/image-spec/blob/main/annotations.md): the commit that an
// image was built from, the repository of its source, and its version.
const (
	Revision = "org.opencontainers.image.revision"
	Source   = "org.opencontainers.image.source"
	Version  = "org.opencontainers.image.version"
)

// Reader is what of ECR leads to an image's configuration: manifests, and where a blob can be fetched.
type Reader interface {
	BatchGetImage(context.Context, *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error)
	GetDownloadUrlForLayer(context.Context, *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error)
}

// Unusable is the error for an image that tells nothing however often it is asked: it is gone, or not in a form that is
// known. It continues a sentence that begins with the image.
type Unusable string

func (u Unusable) Error() string { return string(u) }

// ReadLabels reads the labels of an image: at most two manifests (of an index that of the image for platform, such as
// "linux/arm64", or of its first when platform is empty) and the configuration, a blob of at most 4 MiB that is proved
// by its digest. An annotation of the manifest or the index stands in for a label that the configuration has not.
// Errors are Unusable, those of ECR, or those of the way to the blob, in which its signed address is not told.
func ReadLabels(ctx context.Context, api Reader, from config.Repository, digest, platform string) (map[string]string, error) {
	image, err := readManifest(ctx, api, from, digest)
	if err != nil {
		return nil, err
	}
	labels := image.Annotations
	if image.index {
		if digest, err = pick(image.raw, platform); err != nil {
			return nil, err
		}
		if image, err = readManifest(ctx, api, from, digest); err != nil {
			return nil, err
		}
		labels = over(labels, image.Annotations)
	}
	if image.Config.Digest == "" {
		return nil, Unusable("has no configuration")
	}
	content, err := readBlob(ctx, api, from, image.Config.Digest)
	if err != nil {
		return nil, fmt.Errorf("read the configuration of %s@%s: %w", from.Name, digest, err)
	}
	var configuration struct {
		Config struct{ Labels map[string]string }
	}
	if err := json.Unmarshal(content, &configuration); err != nil {
		return nil, Unusable("has a configuration that cannot be read: " + err.Error())
	}
	return over(labels, configuration.Config.Labels), nil
}

// over is the first with the second over it.
func over(under, above map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, under)
	maps.Copy(all, above)
	return all
}

// manifest is what of an image's or an index's is read here.
type manifest struct {
	Config struct {
		Digest string `json:"digest"`
	} `json:"config"`
	Annotations map[string]string `json:"annotations"`

	raw   []byte
	index bool
}

func readManifest(ctx context.Context, api Reader, from config.Repository, digest string) (manifest, error) {
	var m manifest
	out, err := api.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		Repository: Repository(from),
		ImageIds:   []ecr.ImageIdentifier{{ImageDigest: digest}}, AcceptedMediaTypes: ImageTypes,
	})
	if err != nil {
		return m, fmt.Errorf("get the manifest of %s@%s: %w", from.Name, digest, err)
	}
	if len(out.Images) == 0 {
		return m, Unusable("is not in the registry any more")
	}
	m.raw = []byte(out.Images[0].ImageManifest)
	m.index = slices.Contains(IndexTypes, out.Images[0].ImageManifestMediaType)
	if err := json.Unmarshal(m.raw, &m); err != nil {
		return m, Unusable("has a manifest that cannot be read: " + err.Error())
	}
	return m, nil
}

// pick is the image of an index for a platform.
func pick(raw []byte, platform string) (digest string, err error) {
	index := ParseIndex(raw)
	if platform == "" && len(index.Platforms) > 0 {
		platform = index.Platforms[0]
	}
	if all := index.Images[platform]; len(all) > 0 {
		return all[0], nil
	}
	return "", Unusable("is an index without an image for " + cmp.Or(platform, "any platform"))
}

// Repository is a repository as ECR is asked for it.
func Repository(r config.Repository) ecr.Repository {
	return ecr.Repository{RepositoryName: r.Name, RegistryId: r.Account, Region: r.Region}
}
