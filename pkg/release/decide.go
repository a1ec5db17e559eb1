package release

import (
	"fmt"

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
	// Wish that was decided on. It is the desired one, or the new base with the live images.
	Wish live.Wish

	// imagesHeld says that it is the images that are held, so that a new base may still go out without them.
	imagesHeld bool
	// unsettled says that a refusal may be due to a deployment that has only just ended.
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
	{"the group is unfit", unfit},
	{"a deployment only waits to terminate blue", waitsToTerminate},
	{"a deployment is active otherwise", active},
}

// Decide says what to do about what is desired, given what stands. It is pure and total: whatever it is given it
// answers with a verdict and a reason.
//
// When the images are held but the base or the settings are new, the wish becomes the new base with the live
// images, so that a changed variable does not wait for the next push.
func Decide(desired Desired, o Observed) Decision {
	decision := decide(desired, o)
	if !decision.imagesHeld {
		return decision
	}
	fallback, ok := withLiveImages(desired, o)
	if !ok {
		return decision
	}
	switch other := decide(fallback, o); other.Verdict {
	case Wait, Current, Hold:
		return decision
	default:
		other.Reason = fmt.Sprintf("%s, so the new base goes with the live %s: %s", decision.Reason, names(fallback.Wish), other.Reason)
		return other
	}
}

func decide(desired Desired, o Observed) Decision {
	for _, r := range table {
		if d, applies := r.decide(desired, o); applies {
			d.Wish = desired.Wish
			return d
		}
	}
	return Decision{
		Verdict: Deploy, Wish: desired.Wish,
		Reason: fmt.Sprintf("%s on base %s was never tried and nothing stands in its way", names(desired.Wish), desired.base()),
	}
}

// withLiveImages is the desired base and settings with the images that PRIMARY runs.
func withLiveImages(desired Desired, o Observed) (Desired, bool) {
	images := make([]live.Image, 0, len(desired.Wish.Images))
	for _, want := range desired.Wish.Images {
		i, ok := o.Primary.Image(want.Container)
		if !ok || i.Repository != want.Repository {
			return Desired{}, false
		}
		images = append(images, i)
	}
	desired.Wish.Images = images
	return desired, true
}
