package release

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// wishUnderWay keeps the loop from stopping, finishing or refusing what it started itself.
func wishUnderWay(desired Desired, o Observed) (Decision, bool) {
	want := desired.Wish.Hash()
	for _, t := range o.tries() {
		if t.wish == want && t.underWay() {
			return Decision{Verdict: Busy, Deployment: t.id,
				Reason: fmt.Sprintf("deployment %s is releasing %s", t.id, names(desired.Wish))}, true
		}
	}
	return Decision{}, false
}

// wishTried holds a wish that was tried. tryRules are read from the top and the first that applies decides.
func wishTried(desired Desired, o Observed) (Decision, bool) {
	t := lookUp(desired.Wish, o.standing())
	t.imagesLive = o.runs(desired.Wish.Images)
	t.again, t.left = desired.again(), o.blocksPrimary()
	for _, r := range tryRules {
		if r.applies(t) {
			return r.decide(desired, t)
		}
	}
	return Decision{}, false
}

// again reports whether an operator allows the wish one more try.
func (d Desired) again() bool { return d.Retry != "" && d.Retry == d.Wish.Hash() }

// standing are the tries without those made by hand that put nothing live: they failed, or were stopped, and
// production does not run what they brought.
func (o Observed) standing() []try {
	primary, _ := live.Primary(o.Service)
	return slices.DeleteFunc(o.tries(), func(t try) bool {
		return !t.ours() && !t.underWay() && !t.succeeded() && t.id != aws.ToString(primary.ExternalId)
	})
}

// lookedUp is what the group's newest deployments tell about a wish.
type lookedUp struct {
	// newest deployment that is nobody's rollback; nil when there is none.
	newest *try
	// last deployment of this very wish, and last one of its images on whatever base; nil when never tried.
	last, lastOfImages *try
	// inARow is how often this wish failed at AWS, last and without another outcome between.
	inARow int
	// imagesLive says that production runs the wish's images already, on whatever base.
	imagesLive bool
	// again says that an operator allows the wish one more try; left that an operator blocked what is
	// live.
	again, left bool
}

func lookUp(w live.Wish, tries []try) lookedUp {
	var l lookedUp
	want := w.Hash()
	counting := true
	for i := range tries {
		t := &tries[i]
		if l.newest == nil {
			l.newest = t
		}
		if l.lastOfImages == nil && t.ours() && t.wish.Images() == want.Images() {
			l.lastOfImages = t
		}
		if t.wish != want {
			continue
		}
		if l.last == nil {
			l.last = t
		}
		counting = counting && t.failedAtAWS()
		if counting {
			l.inARow++
		}
	}
	return l
}

// runs reports whether PRIMARY runs these images.
func (o Observed) runs(images []live.Image) bool {
	for _, want := range images {
		if is, ok := o.Primary.Image(want.Container); !ok || is.Reference() != want.Reference() {
			return false
		}
	}
	return true
}

// tryRule is one rule of "each wish is tried once".
type tryRule struct {
	name    string
	applies func(lookedUp) bool
	decide  func(Desired, lookedUp) (Decision, bool)
}

var tryRules = []tryRule{
	{"nothing was tried yet", func(l lookedUp) bool { return l.newest == nil }, release},
	{"an operator allows one more try", func(l lookedUp) bool { return l.again }, release},
	{"(c) the newest was made by hand, and an operator goes back from it",
		func(l lookedUp) bool { return !l.newest.ours() && l.left }, release},
	{"(c) the newest was made by hand: what it put live stands until an image never tried arrives",
		func(l lookedUp) bool { return !l.newest.ours() && l.lastOfImages != nil }, standsByHand},
	{"(c) an image never tried has arrived", func(l lookedUp) bool { return !l.newest.ours() }, release},
	{"(e) the last outcome was AWS's own failure: one more try",
		func(l lookedUp) bool { return l.last != nil && l.last.failedAtAWS() && l.inARow == 1 }, release},
	{"(a) the newest carries the wish", func(l lookedUp) bool { return l.last != nil && l.last == l.newest }, holdTried},
	{"(a) the wish's last outcome was not Succeeded", func(l lookedUp) bool { return l.last != nil && !l.last.succeeded() }, holdTried},
	{"(b) the wish succeeded earlier: tag or stack was moved back on purpose", func(l lookedUp) bool { return l.last != nil }, release},
	{"(d) the images were tried on another base and did not succeed", imagesFailed, holdImages},
}

func imagesFailed(l lookedUp) bool {
	t := l.lastOfImages
	return t != nil && !l.imagesLive && !t.underWay() && !t.succeeded() && !t.failedAtAWS()
}

func release(Desired, lookedUp) (Decision, bool) { return Decision{}, false }

func standsByHand(desired Desired, l lookedUp) (Decision, bool) {
	return Decision{Verdict: Hold, Deployment: l.newest.id, Reason: fmt.Sprintf(
		"deployment %s was made by hand and what it put live stands: %s was tried before, by deployment %s",
		l.newest.id, names(desired.Wish), l.lastOfImages.id)}, true
}

func holdTried(desired Desired, l lookedUp) (Decision, bool) {
	return held(desired, l.last, "")
}

func holdImages(desired Desired, l lookedUp) (Decision, bool) {
	return held(desired, l.lastOfImages, " on another base")
}

func held(desired Desired, t *try, where string) (Decision, bool) {
	reason := fmt.Sprintf("%s was tried%s by deployment %s, which %s", names(desired.Wish), where, t.id, t.ended())
	if t.succeeded() {
		reason += "; something else is live now and the loop does not undo that"
	}
	return Decision{Verdict: Hold, Deployment: t.id, imagesHeld: !t.succeeded(), Reason: reason}, true
}

// RuleNames are the names of the table's rows and of the rules of "tried once", in their order, so that a report
// can tell which were reached.
func RuleNames() []string {
	names := make([]string, 0, len(table)+len(tryRules))
	for _, r := range table {
		names = append(names, r.observed)
	}
	for _, r := range tryRules {
		names = append(names, r.name)
	}
	return slices.Clip(names)
}
