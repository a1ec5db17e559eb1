package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// Desired is what the service should run, by its description and what the registry holds.
type Desired struct {
	// Wish to fulfil. Without images something matches nothing yet, and Missing says what.
	Wish live.Wish
	// Missing is what is not there to be released, for people.
	Missing string
	// Until is when the wish's images have settled; zero when there is nothing to wait for.
	Until time.Time
	// Service is the description, complete with its defaults.
	Service config.Service
	// Names of the service.
	Names config.Names
	// Asked is the operator's order that names the image, which may then be older than the live one; empty: none does.
	Asked string
	// Retry is a wish that an operator allows one more try.
	Retry live.Hash

	// back says that the order goes back to what served before.
	back bool
	// policies are those of the containers.
	policies map[string]policy.Policy
}

// Wanted finds the images that the description asks for among those of its repositories; they may come in any
// order. An exact tag is itself the wish; of several tags the last in the policy's order wins, what is equal there
// goes by the time of the push, and of the same instant by name. imagePushedAt is when the image came, so an older
// image under a new tag is still older. All containers must have an image.
func Wanted(d config.Deployed, images []ecr.ImageDetail) Desired {
	desired := Desired{Service: d.Service, Names: d.Names(), policies: map[string]policy.Policy{}}
	desired.Wish.Base = d.Base
	desired.Wish.Settings = settingsOf(d)
	var pushes []time.Time
	for _, want := range d.Service.Wanted() {
		rule := policy.Of(want)
		desired.policies[containerOf(want, desired.Names)] = rule
		best, passedOver := choose(rule, want.Repository, images, &pushes)
		if best.detail == nil {
			desired.Wish.Images = nil
			desired.Missing = fmt.Sprintf("no image in the repository %s matches %s yet", want.Repository, rule)
			if passedOver != "" {
				desired.Missing += ": " + passedOver
			}
			return desired
		}
		desired.Wish.Images = append(desired.Wish.Images, live.Image{
			Container:  containerOf(want, desired.Names),
			Registry:   registryOf(d.Base, best.detail.RegistryId, want.Region),
			Repository: want.Repository,
			Tag:        best.tag,
			Digest:     best.detail.ImageDigest,
			Pushed:     best.detail.ImagePushedAt.Time,
		})
	}
	desired.Until = settled(d.Service.Settle.Std(), desired.Wish.Images, pushes)
	return desired
}

func containerOf(i config.Image, names config.Names) string {
	return cmp.Or(i.Container, names.Container)
}

// candidate is an image with the tag by which the policy takes it.
type candidate struct {
	detail *ecr.ImageDetail
	tag    string
	rank   policy.Rank
}

// choose finds the policy's newest image in a repository, or why the last one looked at was passed over. It notes
// when each image that is taken was pushed.
func choose(p policy.Policy, repository string, images []ecr.ImageDetail, pushes *[]time.Time) (best candidate, passedOver string) {
	for i := range images {
		if name := images[i].RepositoryName; name != "" && name != repository {
			continue
		}
		c, reason := taken(p, &images[i])
		if c.detail == nil {
			passedOver = max(passedOver, reason) // whatever the order of the list
			continue
		}
		*pushes = append(*pushes, c.detail.ImagePushedAt.Time)
		if best.detail == nil || c.newer(best) {
			best = c
		}
	}
	return best, passedOver
}

// taken is the image by the last of its tags that the policy takes; or why there is none.
func taken(p policy.Policy, i *ecr.ImageDetail) (best candidate, reason string) {
	for _, t := range i.ImageTags {
		rank, why := p.Take(t)
		if why != "" {
			continue
		}
		if why := notImage(t, i.ImageManifestMediaType, i.ArtifactMediaType); why != "" {
			reason = max(reason, why)
			continue
		}
		c := candidate{i, t, rank}
		if best.detail == nil || cmp.Or(rank.Compare(best.rank), strings.Compare(t, best.tag)) > 0 {
			best = c
		}
	}
	if best.detail != nil && i.ImageStatus != "" && i.ImageStatus != ecrtypes.ImageStatusActive {
		return candidate{}, fmt.Sprintf("%s is %s in the registry and cannot be pulled", best.tag, strings.ToLower(string(i.ImageStatus)))
	}
	return best, reason
}

func (c candidate) newer(than candidate) bool {
	return cmp.Or(
		c.rank.Compare(than.rank),
		c.detail.ImagePushedAt.Compare(than.detail.ImagePushedAt.Time),
		strings.Compare(c.tag, than.tag),
		strings.Compare(c.detail.ImageDigest, than.detail.ImageDigest),
	) > 0
}

// imageConfigs are the config types of images; signatures, attestations, SBOMs, charts and build caches have
// their own.
var imageConfigs = []string{
	"application/vnd.oci.image.config.v1+json",
	"application/vnd.docker.container.image.v1+json",
}

// notImage is why a manifest is not an image to run; empty when it is one. Cosign's signatures may carry an
// image's config type, so that its tags, "sha256-<digest>.sig", tell. A type that is not told is no reason.
func notImage(tag, manifest, artifact string) string {
	if rest, ok := strings.CutPrefix(tag, "sha256-"); ok && len(rest) >= 64 && strings.Trim(rest[:64], "0123456789abcdef") == "" {
		return fmt.Sprintf("%s is attached to an image (signature, attestation or SBOM) and not one itself", tag)
	}
	if manifest != "" && !slices.Contains(oci.ImageTypes, manifest) {
		return fmt.Sprintf("%s is no image that ECS can run: its manifest is %s", tag, manifest)
	}
	if artifact != "" && !slices.Contains(imageConfigs, artifact) {
		return fmt.Sprintf("%s is not a container image: it holds %s", tag, artifact)
	}
	return ""
}

func settingsOf(d config.Deployed) live.Settings {
	s := live.Settings{PlatformVersion: d.Service.Task.PlatformVersion}
	for _, c := range d.Service.Task.Capacity {
		s.CapacityProviders = append(s.CapacityProviders, appspec.CapacityProvider{CapacityProvider: c.Provider, Base: c.Base, Weight: c.Weight})
	}
	if len(d.Subnets) > 0 {
		public := "DISABLED"
		if d.AssignPublicIP {
			public = "ENABLED"
		}
		s.Network = &appspec.Network{Subnets: d.Subnets, SecurityGroups: d.SecurityGroups, AssignPublicIP: public}
	}
	return s
}

// registryOf is the host of an account's ECR in a region, those of the base where they are empty, and its partition
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html).
func registryOf(base, account, region string) string {
	a, err := arn.Parse(base)
	if err != nil {
		return ""
	}
	if account == "" {
		account = a.AccountID
	}
	host := account + ".dkr.ecr." + cmp.Or(region, a.Region) + ".amazonaws.com"
	if a.Partition == "aws-cn" {
		host += ".cn"
	}
	return host
}
