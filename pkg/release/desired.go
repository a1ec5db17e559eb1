package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Desired is what the service should run, by its description and what the registry holds.
type Desired struct {
	// Wish to fulfil. Without images nothing matches yet, and Missing says what.
	Wish live.Wish
	// Missing is what is not there to be released, for people.
	Missing string
	// Service is the description, complete with its defaults.
	Service config.Service
	// Names of the service.
	Names config.Names
}

// Wanted finds the image that the description asks for among those of the repository. An exact tag is itself
// the wish; of a glob's images the one pushed last wins, of several pushed at the same instant the one whose tag
// sorts last. imagePushedAt is when the image came, so an older image under a new tag is still older.
func Wanted(d config.Deployed, images []ecrtypes.ImageDetail) Desired {
	desired := Desired{Service: d.Service, Names: d.Names()}
	desired.Wish.Base = d.Base
	desired.Wish.Settings = settingsOf(d)
	var best *ecrtypes.ImageDetail
	var bestTag, passedOver string
	for i := range images {
		tag, reason := taken(d.Service.Image, images[i])
		if tag == "" {
			passedOver = reason
			continue
		}
		if best == nil || newer(images[i], tag, *best, bestTag) {
			best, bestTag = &images[i], tag
		}
	}
	if best == nil {
		desired.Missing = fmt.Sprintf("no image in the repository %s matches the tag %q yet", d.Service.Image.Repository, d.Service.Image.Tag)
		if passedOver != "" {
			desired.Missing += ": " + passedOver
		}
		return desired
	}
	desired.Wish.Images = []live.Image{{
		Container:  desired.Names.Container,
		Registry:   registryOf(d.Base, aws.ToString(best.RegistryId)),
		Repository: d.Service.Image.Repository,
		Tag:        bestTag,
		Digest:     aws.ToString(best.ImageDigest),
		Pushed:     aws.ToTime(best.ImagePushedAt),
	}}
	return desired
}

// taken is the last, by name, of the image's tags that the description takes; or why there is none.
func taken(want config.Image, i ecrtypes.ImageDetail) (tag, reason string) {
	for _, t := range i.ImageTags {
		if !want.Takes(t) || t < tag {
			continue
		}
		if why := notImage(t, aws.ToString(i.ImageManifestMediaType), aws.ToString(i.ArtifactMediaType)); why != "" {
			reason = why
			continue
		}
		tag = t
	}
	if tag != "" && i.ImageStatus != "" && i.ImageStatus != ecrtypes.ImageStatusActive {
		return "", fmt.Sprintf("%s is %s in the registry and cannot be pulled", tag, strings.ToLower(string(i.ImageStatus)))
	}
	return tag, reason
}

func newer(a ecrtypes.ImageDetail, aTag string, b ecrtypes.ImageDetail, bTag string) bool {
	at, bt := aws.ToTime(a.ImagePushedAt), aws.ToTime(b.ImagePushedAt)
	if !at.Equal(bt) {
		return at.After(bt)
	}
	return aTag > bTag
}

var (
	// imageManifests are the manifests that a container can be started from.
	imageManifests = []string{
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.oci.image.index.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json",
		"application/vnd.docker.distribution.manifest.list.v2+json",
	}
	// imageConfigs are the config types of images; signatures, attestations, SBOMs, charts and build caches have
	// their own.
	imageConfigs = []string{
		"application/vnd.oci.image.config.v1+json",
		"application/vnd.docker.container.image.v1+json",
	}
)

// notImage is why a manifest is not an image to run; empty when it is one. Cosign's signatures may carry an
// image's config type, so that its tags, "sha256-<digest>.sig", tell. A type that is not told is no reason.
func notImage(tag, manifest, artifact string) string {
	if rest, ok := strings.CutPrefix(tag, "sha256-"); ok && len(rest) >= 64 && strings.Trim(rest[:64], "0123456789abcdef") == "" {
		return fmt.Sprintf("%s is attached to an image (signature, attestation or SBOM) and not one itself", tag)
	}
	if manifest != "" && !slices.Contains(imageManifests, manifest) {
		return fmt.Sprintf("%s is no image that ECS can run: its manifest is %s", tag, manifest)
	}
	if artifact != "" && !slices.Contains(imageConfigs, artifact) {
		return fmt.Sprintf("%s is not a container image: it holds %s", tag, artifact)
	}
	return ""
}

func settingsOf(d config.Deployed) live.Settings {
	s := live.Settings{PlatformVersion: d.Service.Task.PlatformVersion}
	if len(d.Subnets) > 0 {
		public := "DISABLED"
		if d.AssignPublicIP {
			public = "ENABLED"
		}
		s.Network = &appspec.Network{Subnets: d.Subnets, SecurityGroups: d.SecurityGroups, AssignPublicIP: public}
	}
	return s
}

// registryOf is the host of an account's ECR in the region and partition of the base
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html).
func registryOf(base, account string) string {
	a, err := arn.Parse(base)
	if err != nil {
		return ""
	}
	if account == "" {
		account = a.AccountID
	}
	host := account + ".dkr.ecr." + a.Region + ".amazonaws.com"
	if a.Partition == "aws-cn" {
		host += ".cn"
	}
	return host
}
