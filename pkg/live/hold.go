package live

import (
	"slices"
	"strings"
	"time"
)

// TagHold marks what Cutover holds still of a service's autoscaling:
//
//	cutover:scaling-held   in out scheduled since 2026-12-01T08:00:00Z
//
// It stands on the ECS service and not on the scalable target, because DescribeServices answers it with the tags that
// are read anyway, because a scalable target that is registered already takes no tags with its other settings, and
// because it outlives a scalable target that the stack replaces.
//
// What is suspended and not named there is somebody's own, and stays. AWS does not tell who suspended, so what a person
// suspends while it is named there counts as Cutover's; who takes the tag away takes the hold over.
const TagHold = "cutover:scaling-held"

// Activities are the kinds of scaling that Application Auto Scaling suspends one by one.
type Activities struct{ In, Out, Scheduled bool }

// AllActivities is every kind.
func AllActivities() Activities { return Activities{In: true, Out: true, Scheduled: true} }

// Any reports whether there is one.
func (a Activities) Any() bool { return a != Activities{} }

// And are the activities in both.
func (a Activities) And(b Activities) Activities {
	return Activities{a.In && b.In, a.Out && b.Out, a.Scheduled && b.Scheduled}
}

// Or are the activities in either.
func (a Activities) Or(b Activities) Activities {
	return Activities{a.In || b.In, a.Out || b.Out, a.Scheduled || b.Scheduled}
}

// Without are the activities that are not in the other.
func (a Activities) Without(b Activities) Activities {
	return Activities{a.In && !b.In, a.Out && !b.Out, a.Scheduled && !b.Scheduled}
}

// String names them as a sentence does: "in, out, scheduled".
func (a Activities) String() string { return strings.Join(a.words(), ", ") }

func (a Activities) words() []string {
	var words []string
	for _, w := range []struct {
		is   bool
		word string
	}{{a.In, "in"}, {a.Out, "out"}, {a.Scheduled, "scheduled"}} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return words
}

// Hold is what Cutover holds still, and since when.
type Hold struct {
	Activities
	Since time.Time
}

// ReadHold reads the mark among a service's tags; false when there is none. A mark that cannot be read holds nothing.
func ReadHold(tags map[string]string) (Hold, bool) {
	value, ok := tags[TagHold]
	words := strings.Fields(value)
	var h Hold
	if i := slices.Index(words, "since"); i >= 0 {
		if i+1 < len(words) {
			h.Since, _ = time.Parse(time.RFC3339, words[i+1])
		}
		words = words[:i]
	}
	h.In, h.Out, h.Scheduled = slices.Contains(words, "in"), slices.Contains(words, "out"), slices.Contains(words, "scheduled")
	return h, ok
}

// Value is the hold as the mark's value; ReadHold reads it back.
func (h Hold) Value() string {
	return strings.Join(append(h.words(), "since", h.Since.UTC().Format(time.RFC3339)), " ")
}
