package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// imageStory is what is known of one image of the service.
type imageStory struct {
	// Image is "<repository>:<tag>@<digest>", as far as it is known.
	Image string `json:"image"`
	// InRegistry tells whether the registry has it.
	InRegistry bool `json:"inRegistry"`
	// NotTaken says why the policy does not take its tag; empty when it does.
	NotTaken string `json:"notTaken,omitempty"`
	// Runs are the statuses of the task sets that run it: PRIMARY, ACTIVE, DRAINING.
	Runs []string `json:"runs"`
	// Orders are the operator's that concern it, or every image.
	Orders []string `json:"orders"`
	// Said is what the release loop decided about it of late, oldest first. What it says again and again, but for how
	// long something lasts by then, is there once, in its newest words.
	Said []saying `json:"said"`
}

// saying is one decision of the release loop.
type saying struct {
	At time.Time `json:"at"`
	// Until is when it was said again for the last time; nil when it was said once.
	Until    *time.Time      `json:"until,omitempty"`
	Event    string          `json:"event"`
	Decision release.Verdict `json:"decision"`
	Reason   string          `json:"reason"`
}

// logsReach is how far back the release function's log is searched for an image.
const logsReach = 7 * 24 * time.Hour

// imageStory finds out what became of an image, and which of the deployments brought it.
func (o *opened) imageStory(text string, newest []types.DeploymentInfo) (imageStory, []types.DeploymentInfo, error) {
	story := imageStory{Runs: []string{}, Orders: []string{}, Said: []saying{}}
	image, err := o.find(text)
	if err != nil && !errors.Is(err, errNoImage) {
		return story, nil, err
	}
	story.InRegistry = err == nil
	story.Image = image.Name()
	if image.Digest != "" {
		story.Image = image.String()
	}
	story.NotTaken = o.notTaken(image)
	if err := o.standing(image, &story); err != nil {
		return story, nil, err
	}
	filter := all(image.Name())
	if image.Digest != "" {
		filter = some(image.Digest, image.Name())
	}
	said, err := o.tellings(o.names.ReleaseFunction, time.Now().Add(-logsReach), filter)
	if err != nil {
		fmt.Fprintf(o.errout, "what the release loop said is not told: %v\n", err)
	}
	story.Said = sayings(said, image)
	return story, slices.DeleteFunc(slices.Clone(newest), func(d types.DeploymentInfo) bool { return !brings(d, image) }), nil
}

// standing looks at the task sets and at the operator's orders.
func (o *opened) standing(image live.Image, story *imageStory) error {
	now, err := o.status()
	if err != nil {
		return err
	}
	for _, t := range now.TaskSets {
		if image.Digest != "" && imageOf(t).Digest == image.Digest {
			story.Runs = append(story.Runs, t.Status)
		}
	}
	_, tags, err := o.tagged()
	if err != nil {
		return err
	}
	hand := live.ReadHand(tags, time.Now())
	if hand.Suspend != nil {
		story.Orders = append(story.Orders, "releases are suspended: "+hand.Suspend.Text)
	}
	if hand.Pin != nil {
		story.Orders = append(story.Orders, "the service is pinned: "+hand.Pin.Text)
	}
	if d := hand.Deploy; d != nil && (d.Names(image) || (&live.Order{Subjects: []string{d.To}}).Names(image)) {
		story.Orders = append(story.Orders, "an image was asked for, in the place of another: "+d.Text)
	}
	if hand.Blocked.Names(image) {
		story.Orders = append(story.Orders, "it is blocked: "+hand.Blocked.Text)
	}
	return nil
}

// brings reports whether a deployment's description names the image.
func brings(d types.DeploymentInfo, image live.Image) bool {
	names, _ := live.DescribedImages(aws.ToString(d.Description))
	return slices.ContainsFunc(names, func(name string) bool {
		name, digest, _ := strings.Cut(name, "@")
		if image.Digest != "" {
			return digest != "" && strings.HasPrefix(image.Digest, strings.TrimSuffix(digest, "…"))
		}
		return name == image.Name()
	})
}

// superseded is the decision on a push whose place a newer one took.
const superseded release.Verdict = "Superseded"

// durations in a text, as Go writes them.
var durations = regexp.MustCompile(`\b(\d+(\.\d+)?(ns|µs|ms|[smh]))+\b`)

// again reports whether two texts are the same but for how long something lasts by then.
func again(a, b string) bool {
	return durations.ReplaceAllString(a, "") == durations.ReplaceAllString(b, "")
}

// sayings are the decisions on the image among what was told; the schedule repeats itself, and is heard once.
func sayings(heard []told, image live.Image) []saying {
	said := []saying{}
	for _, t := range heard {
		if t.Outcome == nil {
			continue
		}
		s := saying{At: t.At, Event: t.Outcome.Event, Decision: t.Outcome.Decision, Reason: t.Outcome.Reason}
		switch {
		case slices.ContainsFunc(strings.Fields(t.Outcome.Image), func(name string) bool { return isImage(name, image) }):
		case strings.HasPrefix(t.Outcome.Push, image.Name()+" "):
			s.Decision, s.Reason = superseded, t.Outcome.Push
		default:
			continue
		}
		if n := len(said); n > 0 && said[n-1].Decision == s.Decision && again(said[n-1].Reason, s.Reason) {
			said[n-1].Until, said[n-1].Reason = &s.At, s.Reason
			continue
		}
		said = append(said, s)
	}
	return said
}

// isImage reports whether a log's "<repository>:<tag>@<digest>" is the image, by its digest where that is known.
func isImage(name string, image live.Image) bool {
	i, ok := live.ParseImage(name)
	if image.Digest != "" {
		return ok && i.Digest == image.Digest
	}
	return ok && i.Name() == image.Name()
}

func (s imageStory) print(out io.Writer) {
	fmt.Fprintln(out, s.Image)
	if !s.InRegistry {
		fmt.Fprintln(out, "  the registry does not have it: it was never pushed, or was deleted")
	}
	if s.NotTaken != "" {
		fmt.Fprintf(out, "  its tag is not taken: it %s\n", s.NotTaken)
	} else if s.InRegistry {
		fmt.Fprintln(out, "  its tag is taken by the policy")
	}
	for _, status := range s.Runs {
		fmt.Fprintf(out, "  it runs: its task set is %s\n", status)
	}
	for _, order := range s.Orders {
		fmt.Fprintf(out, "  %s\n", order)
	}
	for _, t := range s.Said {
		still := ""
		if t.Until != nil {
			still = " (said until " + t.Until.Local().Format(time.TimeOnly) + ")"
		}
		fmt.Fprintf(out, "  %s  %s: %s%s\n", t.At.Local().Format(time.DateTime), t.Decision, t.Reason, still)
	}
}
