package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// ordered is an image that an operator's order names, and the order.
type ordered struct {
	image string // "" for none
	what  string // what the order does, for people
	order *live.Order
	// back says that the order goes back to what served before.
	back bool
}

// asked puts the image that an operator's order names in the place of the one that the description leads to: a
// pin's, the one that was asked for, or the one that a blocked image was rolled back to. Where the registry does not
// have it the desire stays as it was, and is then held.
func asked(desired Desired, o Observed) Desired {
	named := o.orderedFrom(desired)
	image := find(named.image, desired.Names.Repository, o.Images)
	if image == nil {
		image = o.Asked
	}
	if named.image == "" || image == nil {
		if desired.goesBack(o) {
			desired.Asked, desired.back = byHand("gone back to", o.hand().Blocked), true
		}
		return desired
	}
	return desired.with(named, image)
}

// goingBack is what an operator goes back to from what is live, while a gate holds what came after it; false when
// nobody goes back, or the registry does not have it.
func goingBack(desired Desired, o Observed) (Desired, bool) {
	if o.Service == nil {
		return Desired{}, false
	}
	hand := o.hand()
	if hand.Pin != nil || hand.Blocked == nil || hand.Blocked.To == "" || !o.blocksPrimary() {
		return Desired{}, false
	}
	image := find(hand.Blocked.To, desired.Names.Repository, o.Images)
	if image == nil {
		image = o.Asked
	}
	if image == nil {
		return Desired{}, false
	}
	back := desired.with(goneBack(hand), image)
	return back, back.back
}

// with is the desire with the image that an order names.
func (desired Desired) with(n ordered, image *ecr.ImageDetail) Desired {
	wish := live.Image{
		Container:  desired.Names.Container,
		Registry:   registryOf(desired.Wish.Base, image.RegistryId, desired.Service.Source(desired.Names.Repository).Region),
		Repository: desired.Names.Repository,
		Tag:        tagOf(desired, *image, n.image),
		Digest:     image.ImageDigest,
		Pushed:     image.ImagePushedAt.Time,
	}
	images := slices.Clone(desired.Wish.Images)
	at := slices.IndexFunc(images, func(i live.Image) bool { return i.Container == wish.Container })
	switch {
	case at >= 0:
		images[at] = wish
	case len(desired.Service.Wanted()) == 1:
		images = []live.Image{wish}
	default:
		return desired // another container's image is missing
	}
	desired.Wish.Images = images
	desired.Until = time.Time{}
	desired.Asked, desired.Missing, desired.back = byHand(n.what, n.order), "", n.back
	return desired
}

// orderedFrom is how an operator's order names an image other than the desired one. A pin comes first. What was asked
// for is then taken as what the description leads to, and so goes on to where a block leads from it.
func (o Observed) orderedFrom(desired Desired) ordered {
	if o.Service == nil {
		return ordered{}
	}
	hand := o.hand()
	is, ok := desired.judged(desired.Wish)
	if hand.Pin != nil {
		if len(hand.Pin.Subjects) > 0 && (!ok || !hand.Pin.Names(is)) {
			return ordered{image: hand.Pin.Subjects[0], what: "pinned", order: hand.Pin}
		}
		return ordered{}
	}
	var n ordered
	if passesOver(hand.Deploy, is) {
		n = ordered{image: hand.Deploy.To, what: "asked for", order: hand.Deploy}
		is.Tag, is.Digest = live.Subject(n.image)
	}
	if hand.Blocked.Names(is) {
		return goneBack(hand)
	}
	return n
}

// passesOver reports whether an order asks for another image in the place of this one, or of none, which is the zero
// Image.
func passesOver(order *live.Order, i live.Image) bool {
	switch {
	case order == nil || order.To == "":
		return false
	case i.Digest == "":
		return len(order.Subjects) == 0
	}
	return order.Names(i)
}

func goneBack(hand live.Hand) ordered {
	return ordered{image: hand.Blocked.To, what: "gone back to", order: hand.Blocked, back: true}
}

// goesBack reports whether what is desired anyway is what an operator goes back to from what is live, which the registry
// does not have any more.
func (d Desired) goesBack(o Observed) bool {
	if o.Service == nil || o.hand().Pin != nil || o.hand().Blocked == nil || !o.blocksPrimary() {
		return false
	}
	to := &live.Order{Subjects: []string{o.hand().Blocked.To}}
	is, ok := d.judged(d.Wish)
	return ok && to.Names(is)
}

// blocksPrimary reports whether production runs what an operator blocked.
func (o Observed) blocksPrimary() bool {
	if o.Primary == nil || o.Primary.Definition == nil {
		return false
	}
	return slices.ContainsFunc(o.Primary.Definition.ContainerDefinitions, func(c ecstypes.ContainerDefinition) bool {
		i, ok := o.Primary.Image(aws.ToString(c.Name))
		return ok && o.hand().Blocked.Names(i)
	})
}

// askedImage looks for an image that the first look at the registry did not show: an exact tag's shows one only.
func (l *Loop) askedImage(ctx context.Context, named string, images []ecr.ImageDetail) (*ecr.ImageDetail, error) {
	if named == "" || find(named, l.names.Repository, images) != nil {
		return nil, nil
	}
	tag, digest := live.Subject(named)
	id := ecr.ImageIdentifier{ImageTag: tag}
	switch {
	case len(digest) == len("sha256:")+64:
		id = ecr.ImageIdentifier{ImageDigest: digest}
	case digest != "" || tag == "":
		return nil, nil // the registry finds whole digests only
	}
	from := l.deployed.Service.Source(l.names.Repository)
	out, err := l.aws.Images.DescribeImages(ctx, &ecr.DescribeImagesInput{
		Repository: oci.Repository(from), ImageIds: []ecr.ImageIdentifier{id}})
	switch {
	case call.Refused(err, ecr.RepositoryNotFound, ecr.ImageNotFound, ecr.InvalidParameter):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("describe image %s of %s: %w", named, from, admitted(from, err))
	}
	return find(named, from.Name, out.ImageDetails), nil
}

// find is the image that an order names, if it is one that can be run.
func find(named, repository string, images []ecr.ImageDetail) *ecr.ImageDetail {
	order := &live.Order{Subjects: []string{named}}
	for i := range images {
		is := &images[i]
		if name := is.RepositoryName; name != "" && name != repository {
			continue
		}
		if is.ImageStatus != "" && is.ImageStatus != ecrtypes.ImageStatusActive ||
			notImage("", is.ImageManifestMediaType, is.ArtifactMediaType) != "" {
			continue
		}
		for _, tag := range append([]string{""}, is.ImageTags...) {
			if order.Names(live.Image{Tag: tag, Digest: is.ImageDigest}) {
				return is
			}
		}
	}
	return nil
}

// tagOf is the tag that people know the image by: the order's, one that the description takes, or its last.
func tagOf(desired Desired, i ecr.ImageDetail, named string) string {
	if tag, _ := live.Subject(named); tag != "" {
		return tag
	}
	if c, _ := taken(desired.policies[desired.Names.Container], &i); c.tag != "" {
		return c.tag
	}
	if len(i.ImageTags) == 0 {
		return ""
	}
	return slices.Max(i.ImageTags)
}

// pinMissing says why the pinned image is not what is wished for.
func pinMissing(desired Desired, i live.Image) string {
	if i.Container != desired.Names.Container {
		return ""
	}
	return fmt.Sprintf("; the repository %s has no such image", desired.Names.Repository)
}
