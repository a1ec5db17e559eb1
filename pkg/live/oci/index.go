// Package oci reads what an image says of itself out of ECR: the platforms of an index, and the labels of its
// configuration, such as the commit that it was built from.
//
// It is told apart from package live so that only functions that look into images link a client of ECR.
package oci

import (
	"encoding/json"
	"slices"
)

// IndexTypes are the media types of manifests that name an image a platform.
var IndexTypes = []string{
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
}

// ImageTypes are the media types of manifests that a container can be started from.
var ImageTypes = []string{
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
}

// Index is what an image index holds.
type Index struct {
	// Platforms that it has an image for: "linux/arm64". Attestations and build caches are none.
	Platforms []string
	// Images are the digests of its images, by platform.
	Images map[string][]string
	// Problem is why it could not be read; empty when it was.
	Problem string
}

// ParseIndex reads an image index (https://github.com/opencontainers/image-spec/blob/main/image-index.md).
func ParseIndex(manifest []byte) Index {
	var index struct {
		Manifests []struct {
			MediaType string `json:"mediaType"`
			Digest    string `json:"digest"`
			Platform  *struct {
				OS           string `json:"os"`
				Architecture string `json:"architecture"`
			} `json:"platform"`
		} `json:"manifests"`
	}
	if err := json.Unmarshal(manifest, &index); err != nil {
		return Index{Problem: "it cannot be read: " + err.Error()}
	}
	var found Index
	for _, m := range index.Manifests {
		if m.Platform == nil || m.Platform.OS == "unknown" || !slices.Contains(ImageTypes, m.MediaType) || slices.Contains(IndexTypes, m.MediaType) {
			continue
		}
		p := m.Platform.OS + "/" + m.Platform.Architecture
		if !slices.Contains(found.Platforms, p) {
			found.Platforms = append(found.Platforms, p)
		}
		if found.Images == nil {
			found.Images = map[string][]string{}
		}
		found.Images[p] = append(found.Images[p], m.Digest)
	}
	return found
}
