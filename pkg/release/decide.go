package release

import (
	"fmt"
	"slices"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Verdict is what the loop does, in one word.
type Verdict string

// The verdicts. The first five do nothing; Finish and Stop make room; Deploy starts a deployment.
const (
	Wait    Verdict = "Wait"    // something is not there yet
	Current Verdict = "Current" // production runs what is wished for
	Hold    Verdict = "Hold"    // wished for, but not to be released by itself
	Refuse  Verdict = "Refuse"  // cannot be released as things stand; the reason tells the fix
	Busy    Verdict = "Busy"    // another deployment holds the group
	Finish  Verdict = "Finish"  // end the active deployment's termination wait
	Stop    Verdict = "Stop"    // stop the active deployment and roll it back
	Deploy  Verdict = "Deploy"
)

// Decision is a verdict with its reason.
type Decision struct {
	Verdict Verdict
	// Reason for people, a whole sentence without its full stop.
	Reason string
	// Deployment that the decision is about; empty when it is about none.
	Deployment string
	// Until is when a Wait ends by itself; zero when it does not.
	Until time.Time
	// Wish that was decided on. It is the desired one, or the new base with the live images.
	Wish live.Wish

	// imagesHeld says that it is images that are held, those of the containers held or all when it names none, so that
	// the others and a new base may still go out without them.
	imagesHeld bool
	// gated says that a gate is closed.
	gated bool
	held  []string
	// asked is the operator's order that names the wish's image, and back that it is what an operator goes back to.
	asked string
	back  bool
	// unsettled says that a refusal may be due to a deployment that has only just begun or ended.
	unsettled bool
}

// row is one line of the table: what is observed, in the words of the design, and what is then decided.
type row struct {
	observed string
	decide   func(Desired, Observed) (Decision, bool)
}

// table is read from the top; the first row that applies decides, and when none does the wish is deployed.
var table = []row{
	{"no image matches yet", noImage},
	{"service, group or PRIMARY missing or draining", missing},
	{"desired equals what PRIMARY runs", current},
	{"suspended", suspended},
	{"pinned to another image, or the digest is blocked", imageHeldByHand},
	{"the wish is under way", wishUnderWay},
	{"the wish was tried", wishTried},
	{"the policy orders images, and desired sorts before live", olderThanLive},
	{"a burst of pushes has not settled", unsettled},
	{"a gate is closed", gateClosed},
	{"the group is unfit", unfit},
	{"a deployment only waits to terminate blue", waitsToTerminate},
	{"a deployment is active otherwise", active},
}

// Decide says what to do about what is desired, given what stands. It is pure and total: whatever it is given it
// answers with a verdict and a reason.
//
// When images are held but others, the base or the settings are new, the wish becomes those with the live images in
// place of the held ones, or with all live images, so that a changed variable does not wait for the next push.
func Decide(desired Desired, o Observed) Decision {
	decision := decide(desired, o)
	if !decision.imagesHeld {
		return decision
	}
	passes := [][]string{nil}
	if n := len(decision.held); n > 0 && n < len(desired.Wish.Images) {
		passes = [][]string{decision.held, nil}
	}
	for _, held := range passes {
		fallback, ok := withLiveImages(desired, o, held)
		if !ok {
			continue
		}
		switch other := decide(fallback, o); other.Verdict {
		case Wait, Current, Hold:
		default:
			what := "the new base goes with the live"
			if held != nil {
				what = "what is new goes with"
			}
			other.Reason = fmt.Sprintf("%s, so %s %s: %s", decision.Reason, what, names(fallback.Wish), other.Reason)
			return other
		}
	}
	return decision
}

func decide(desired Desired, o Observed) Decision {
	for _, r := range table {
		if d, applies := r.decide(desired, o); applies {
			d.Wish, d.asked, d.back = desired.Wish, desired.Asked, desired.back
			return d
		}
	}
	why := "was never tried and nothing stands in its way"
	switch {
	case desired.again():
		why = "is to be tried once more and nothing stands in its way"
	case desired.Asked != "":
		why = "is " + desired.Asked
	}
	return Decision{Verdict: Deploy, Wish: desired.Wish, asked: desired.Asked, back: desired.back,
		Reason: fmt.Sprintf("%s on base %s %s", names(desired.Wish), desired.base(), why) + thawed(desired, o) + excepted(desired, o)}
}

// withLiveImages is what is desired with the images that PRIMARY runs in the containers held, or in all when none is
// named.
func withLiveImages(desired Desired, o Observed, held []string) (Desired, bool) {
	images := make([]live.Image, 0, len(desired.Wish.Images))
	for _, want := range desired.Wish.Images {
		if held != nil && !slices.Contains(held, want.Container) {
			images = append(images, want)
			continue
		}
		i, ok := o.Primary.Image(want.Container)
		if !ok || i.Repository != want.Repository {
			return Desired{}, false
		}
		if images = append(images, i); want.Container == desired.Names.Container {
			desired.Asked, desired.back = "", false // an order named the image that is held
		}
	}
	desired.Wish.Images = images
	return desired, true
}
