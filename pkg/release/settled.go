package release

import (
	"fmt"
	"slices"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// burstsLast is how many settle times a burst may last before it is released though it goes on: without that, a
// repository that is pushed to all the time would never be.
const burstsLast = 10

// settled is when a wish's newest image has been the newest for the settle time, or when the burst of pushes that it
// belongs to has lasted too long. Of an exact tag the registry tells only the last push.
func settled(settle time.Duration, images []live.Image, pushes []time.Time) time.Time {
	if settle == 0 {
		return time.Time{}
	}
	var newest time.Time
	for _, i := range images {
		if i.Pushed.After(newest) {
			newest = i.Pushed
		}
	}
	slices.SortFunc(pushes, time.Time.Compare)
	first := newest
	for _, p := range slices.Backward(pushes) {
		if p.After(first) {
			continue
		}
		if first.Sub(p) >= settle {
			break
		}
		first = p
	}
	until := newest.Add(settle)
	if last := first.Add(burstsLast * settle); last.Before(until) {
		return last
	}
	return until
}

// unsettled waits for a burst of pushes to end. The images that are live have settled.
func unsettled(desired Desired, o Observed) (Decision, bool) {
	if !o.At.Before(desired.Until) || o.runs(desired.Wish.Images) {
		return Decision{}, false
	}
	return Decision{Verdict: Wait, Until: desired.Until, Reason: fmt.Sprintf(
		"%s may be one of several pushes: it is released at %s unless something newer comes before", names(desired.Wish), stamp(desired.Until))}, true
}

// wakes is how much settle time a push itself waits for. Lambda brings an event whose function failed back after one
// minute and again two minutes later (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html),
// so that a push that settles within two minutes is released by its own event; the schedule sees to a longer wait.
const wakes = 2 * time.Minute

// settlesSoon reports whether the event should come back for the wish that waits: it is the push that settles last,
// and it does so before the event comes for the last time. A push that was superseded does not come back, its
// successor does.
func settlesSoon(t Trigger, desired Desired, o Observed, d Decision) bool {
	if d.Verdict != Wait || d.Until.IsZero() || t.Digest == "" || d.Until.Sub(o.At) > wakes {
		return false
	}
	var last live.Image
	for _, i := range desired.Wish.Images {
		if last.Digest == "" || i.Pushed.After(last.Pushed) {
			last = i
		}
	}
	return last.Digest == t.Digest
}
