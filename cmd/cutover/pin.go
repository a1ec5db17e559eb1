package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

type pinCommand struct {
	hand
	Image string `arg:"" help:"Its tag, its digest, or <repository>:<tag>."`
	Until string `placeholder:"TIME" help:"When it ends by itself: 2h, 18:30, 2026-12-01, 2026-12-01T08:00:00Z. Default: when unpinned."`
}

// Help teaches by example.
func (pinCommand) Help() string {
	return `Makes one image of the service's repository the wish, also one that is older than what is live or whose tag the policy does not take, and holds all others back. The image is pinned by its digest, so a tag that moves moves nothing. A stack update still goes out, with the pinned image. The order is the tag cutover:pin of the ECS service and names you, until when and why.

    cutover pin sample-website v7 --why "v8 is slow" --until 2026-12-01
    cutover pin sample-website sha256:0f3c…

Needs ecr:DescribeImages and ecs:TagResource beside what every command of this kind needs (docs/operator.md).`
}

// Run writes the order.
func (c pinCommand) Run(s *stage) error {
	until, err := ending(c.Until, time.Now())
	if err != nil {
		return err
	}
	o, err := c.begin(s, "pin")
	if err != nil {
		return err
	}
	image, err := o.find(c.Image)
	if err != nil {
		return err
	}
	if blocked := o.given().Blocked; blocked.Names(image) {
		return fmt.Errorf("%s is blocked (%s): cutover retry %s lifts that", image.Name(), blocked.Text, c.Service)
	}
	now, err := o.status()
	if err != nil {
		return err
	}
	plan := fmt.Sprintf("%s is live already and stays", image.Name())
	if len(now.TaskSets) > 0 && imageOf(now.TaskSets[0]).Digest != image.Digest {
		plan = fmt.Sprintf("Production is on %s; %s is released: it is verified, and production moves if it passes", named(now.TaskSets[0]), image.Name())
	}
	if err := o.confirm(plan, "No other image is released"+untilWords(until)); err != nil {
		return err
	}
	if err := o.write(live.TagPin, live.Order{Subjects: []string{image.Ordered()}, By: o.by, Until: until, Because: c.Why}); err != nil {
		return err
	}
	o.did("%s is pinned to %s%s", c.Service, image.Name(), untilWords(until))
	return o.close()
}

// describe looks an image up in one of the service's repositories, wherever that is.
func (o *opened) describe(repository string, id ecr.ImageIdentifier) (*ecr.DescribeImagesOutput, error) {
	from := o.service.Source(repository)
	return ecr.NewFromConfig(o.aws).DescribeImages(o.ctx, &ecr.DescribeImagesInput{Repository: oci.Repository(from), ImageIds: []ecr.ImageIdentifier{id}})
}

// errNoImage is that the registry does not have an image.
var errNoImage = errors.New("no such image")

// find is the image that a person names. Its error is errNoImage when the registry does not have it; what the name
// tells is answered even then.
func (o *opened) find(text string) (live.Image, error) {
	image := live.Image{Repository: o.names.Repository}
	image.Tag, image.Digest = parseImage(text, image.Repository)
	id := ecr.ImageIdentifier{ImageTag: image.Tag}
	if image.Digest != "" {
		id = ecr.ImageIdentifier{ImageDigest: image.Digest}
	}
	out, err := o.describe(image.Repository, id)
	if call.Refused(err, ecr.ImageNotFound, ecr.InvalidParameter) {
		return image, absent{fmt.Errorf("the repository %s has no image %q", image.Repository, text)}
	}
	if err != nil {
		return image, fmt.Errorf("describe image %s of %s: %w", text, image.Repository, err)
	}
	if len(out.ImageDetails) == 0 {
		return image, absent{fmt.Errorf("the repository %s has no image %q", image.Repository, text)}
	}
	found := out.ImageDetails[0]
	if image.Tag == "" || !slices.Contains(found.ImageTags, image.Tag) {
		image.Tag = ""
		if len(found.ImageTags) > 0 {
			image.Tag = slices.Max(found.ImageTags)
		}
	}
	image.Digest = found.ImageDigest
	return image, nil
}

// absent is an errNoImage that names the image.
type absent struct{ error }

// Is makes it one.
func (absent) Is(target error) bool { return target == errNoImage }

// parseImage takes "v7", "sha256:…", "<repository>:v7", and both with a registry or a digest.
func parseImage(text, repository string) (tag, digest string) {
	name, digest, _ := strings.Cut(text, "@")
	if strings.HasPrefix(name, "sha256:") {
		return "", name
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.Contains(name[i:], "/") {
		return name[i+1:], digest
	}
	if digest != "" && (name == repository || strings.HasSuffix(name, "/"+repository)) {
		return "", digest
	}
	return name, digest
}
