package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// Label is what an image's label org.opencontainers.image.revision says: the commit that it was built from.
type Label struct {
	Revision string
	// Problem is why there is none to go by; empty when there is.
	Problem string
}

// labelled decides again with the label of what would be released, where a suite proves its version by that. It looks at
// most twice: a second time at what goes out in the place of images that are held.
//
// The loop reads the label, once for an image and before anything is started, and the verify function finds it in the
// revision's tags, as it does tag and digest. So an image without it is refused before a green costs anything; the hook,
// which talks to whatever answers, needs neither a client of ECR in its start nor the permission to pull images, nor a
// way to ECR and S3 out of its subnets. What is lost: a revision that others registered does not tell, and is not proved.
func (l *Loop) labelled(ctx context.Context, desired Desired, o *Observed, d Decision) (Decision, error) {
	for range 2 {
		if !acts(d.Verdict) {
			break
		}
		if read, err := l.read(ctx, desired, o, d.Wish); err != nil || !read {
			return d, err
		}
		d = Decide(desired, *o)
	}
	return d, nil
}

// read reads the label of what would be judged, where a suite proves its version by that and it was not read yet.
func (l *Loop) read(ctx context.Context, desired Desired, o *Observed, wish live.Wish) (bool, error) {
	i, ok := desired.judged(wish)
	if _, known := o.Labels[i.Digest]; known || !ok || !desired.Service.ProvesRevision() {
		return false, nil
	}
	label, err := l.labelOf(ctx, *o, i)
	if err != nil && !l.permitted("the label of "+i.Name(), err) {
		return false, err
	}
	if o.Labels == nil {
		o.Labels = map[string]Label{}
	}
	o.Labels[i.Digest] = label
	return true, nil
}

// judged is the image of the container that the traffic goes to.
func (d Desired) judged(wish live.Wish) (live.Image, bool) {
	for _, i := range wish.Images {
		if i.Container == d.Names.Container {
			return i, true
		}
	}
	return live.Image{}, false
}

// labelOf is an image's label: what a revision that is known already says of it, or its own configuration.
func (l *Loop) labelOf(ctx context.Context, o Observed, i live.Image) (Label, error) {
	for _, r := range []*live.Revision{o.Latest, o.Primary} {
		if is, ok := r.Image(i.Container); ok && is.Digest == i.Digest && is.Source != "" {
			return Label{Revision: is.Source}, nil
		}
	}
	from := l.deployed.Service.Source(i.Repository)
	labels, err := oci.ReadLabels(ctx, l.aws.Labels, from, i.Digest, platform(o.Base))
	if unusable := oci.Unusable(""); errors.As(err, &unusable) {
		return Label{Problem: string(unusable)}, nil
	}
	if err != nil {
		return Label{}, fmt.Errorf("read the labels of %s: %w", i.Name(), admitted(from, err))
	}
	switch revision := labels[oci.Revision]; {
	case revision == "":
		return Label{Problem: "has no label " + oci.Revision}, nil
	case !fitsTag(revision + "@" + i.Digest):
		return Label{Problem: fmt.Sprintf("has a label %s that a tag of ECS cannot hold: %.80q", oci.Revision, revision)}, nil
	default:
		return Label{Revision: revision}, nil
	}
}

// fitsTag reports whether a tag can have the value
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html#tag-restrictions).
func fitsTag(value string) bool {
	return len(value) <= 256 && !strings.ContainsFunc(value, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune(" +-=._:/@", r)
	})
}

// unlabelled finds the image whose version could not be proved, and the container that it is for.
func unlabelled(desired Desired, o Observed) (containers []string, found []Flaw) {
	i, ok := desired.judged(desired.Wish)
	label, read := o.Labels[i.Digest]
	if !ok || !read || label.Problem == "" {
		return nil, nil
	}
	return []string{i.Container}, []Flaw{{In: InImage,
		Evidence: fmt.Sprintf("%s %s, and the suite's version.is asks for its revision", i.Name(), label.Problem),
		Fix:      "build it with docker build --label " + oci.Revision + "=$(git rev-parse HEAD), or let version.is be tag or digest"}}
}

// tell is the wish with what the labels say of its images.
func (o Observed) tell(wish live.Wish) live.Wish {
	images := make([]live.Image, len(wish.Images))
	for n, i := range wish.Images {
		i.Source = o.Labels[i.Digest].Revision
		images[n] = i
	}
	wish.Images = images
	return wish
}

// tells reports whether a revision's tags say all that the wish knows of its images.
func tells(r *live.Revision, wish live.Wish) bool {
	for _, i := range wish.Images {
		if is, ok := r.Image(i.Container); i.Source != "" && (!ok || is.Source != i.Source) {
			return false
		}
	}
	return true
}
