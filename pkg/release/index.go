package release

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// indexes reads those of the wish's images that are an index, unless the family's newest revision is the wish's own:
// they were read before that was registered.
func (l *Loop) indexes(ctx context.Context, o Observed) (map[string]oci.Index, error) {
	wish := asked(Wanted(l.deployed, o.Images), o).Wish
	if o.Latest.Fulfils(wish) {
		return nil, nil
	}
	found := map[string]oci.Index{}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, i := range wish.Images {
		if !o.isIndex(i) {
			continue
		}
		reads = append(reads, func(ctx context.Context) error {
			index, err := readIndex(ctx, l.aws.Images, l.deployed.Service.Source(i.Repository), i)
			mu.Lock()
			defer mu.Unlock()
			found[i.Digest] = index
			return err
		})
	}
	switch len(reads) {
	case 0:
		return nil, nil
	case 1:
		return found, reads[0](ctx)
	}
	return found, l.sideBySide(ctx, reads...)
}

func (o Observed) isIndex(i live.Image) bool {
	return slices.ContainsFunc(o.Images, func(d ecr.ImageDetail) bool {
		return d.ImageDigest == i.Digest && slices.Contains(oci.IndexTypes, d.ImageManifestMediaType)
	})
}

func readIndex(ctx context.Context, api Images, from config.Repository, i live.Image) (oci.Index, error) {
	out, err := api.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		Repository: oci.Repository(from),
		ImageIds:   []ecr.ImageIdentifier{{ImageDigest: i.Digest}}, AcceptedMediaTypes: oci.IndexTypes,
	})
	if err != nil {
		return oci.Index{}, fmt.Errorf("get the index of %s: %w", i.Name(), admitted(from, err))
	}
	if len(out.Images) == 0 {
		return oci.Index{Problem: "the registry does not give it any more"}, nil
	}
	return oci.ParseIndex([]byte(out.Images[0].ImageManifest)), nil
}

// platform is the base's, as an index names it (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html).
func platform(base *live.Revision) string {
	os, architecture := "linux", "amd64"
	if base != nil && base.Definition != nil && base.Definition.RuntimePlatform != nil {
		p := base.Definition.RuntimePlatform
		if strings.HasPrefix(string(p.OperatingSystemFamily), "WINDOWS") {
			os = "windows"
		}
		if p.CpuArchitecture == ecstypes.CPUArchitectureArm64 {
			architecture = "arm64"
		}
	}
	return os + "/" + architecture
}

// platforms finds indexes that have no image for the base's platform, and the containers they are for: a task of
// theirs would not start, with CannotPullContainerError.
func platforms(desired Desired, o Observed) (containers []string, found []Flaw) {
	if o.Base == nil {
		return nil, nil
	}
	want := platform(o.Base)
	for _, i := range desired.Wish.Images {
		index, read := o.Indexes[i.Digest]
		switch {
		case !read || slices.Contains(index.Platforms, want):
			continue
		case index.Problem != "":
			found = append(found, Flaw{In: InImage, Fix: "push it again", Evidence: fmt.Sprintf("the image index of %s: %s", i.Name(), index.Problem)})
		case len(index.Platforms) == 0:
			found = append(found, Flaw{In: InImage, Fix: "push an image under that tag", Evidence: i.Name() + " is an index without an image, such as a build cache"})
		default:
			found = append(found, Flaw{In: InImage, Fix: "build it for that, or change task.architecture",
				Evidence: fmt.Sprintf("%s holds images for %s and the task runs on %s", i.Name(), strings.Join(index.Platforms, ", "), want)})
		}
		containers = append(containers, i.Container)
	}
	return containers, found
}
