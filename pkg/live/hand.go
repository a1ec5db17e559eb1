package live

import (
	"strings"
	"time"
)

// Tags of the ECS service by which an operator holds releases back. Their values are words:
//
//	cutover:suspend   by alice until 2026-12-01T08:00:00Z because of the sale
//	cutover:pin       v7 by alice until 2026-12-01T08:00:00Z because v8 is slow
//	cutover:blocked   sha256:0123… by alice because of a leak
//
// Who, until when and why may each be left out. A value that cannot be read as that is obeyed all the same and
// without end: a hold that someone asked for must not be lost to a slip of the pen.
const (
	TagSuspend = "cutover:suspend"
	TagPin     = "cutover:pin"
	TagBlocked = "cutover:blocked"
)

// Order is what an operator asked for with one tag.
type Order struct {
	// Subjects are the words before "by", "until" and "because": a pin's tag or digest, the blocked digests.
	Subjects []string
	// Text is the value as it stands, for people.
	Text string
	// Until is when the order ends; zero: when its tag is taken away.
	Until time.Time
}

// Hand is what an operator asked for with tags; a nil order was not given or has ended.
type Hand struct {
	Suspend, Pin, Blocked *Order
}

// ReadHand reads the operator's orders among a service's tags, as they are at that time.
func ReadHand(tags map[string]string, at time.Time) Hand {
	read := func(key string) *Order {
		value, ok := tags[key]
		if !ok {
			return nil
		}
		o := parseOrder(value)
		if !o.Until.IsZero() && !at.Before(o.Until) {
			return nil
		}
		return &o
	}
	return Hand{Suspend: read(TagSuspend), Pin: read(TagPin), Blocked: read(TagBlocked)}
}

func parseOrder(value string) Order {
	o := Order{Text: strings.TrimSpace(value)}
	words := strings.Fields(value)
	for i, w := range words {
		if w == "until" && i+1 < len(words) {
			if t, err := time.Parse(time.RFC3339, words[i+1]); err == nil {
				o.Until = t
			}
		}
		if w == "because" {
			break
		}
	}
	for _, w := range words {
		if w == "by" || w == "until" || w == "because" {
			break
		}
		o.Subjects = append(o.Subjects, w)
	}
	return o
}

// Names reports whether the order names this image, by tag, by digest, or by a digest's first digits (twelve or
// more).
func (o *Order) Names(i Image) bool {
	if o == nil {
		return false
	}
	for _, s := range o.Subjects {
		if s == i.Tag && s != "" || s == i.Digest {
			return true
		}
		if len(s) >= len("sha256:")+12 && strings.HasPrefix(s, "sha256:") && strings.HasPrefix(i.Digest, s) {
			return true
		}
	}
	return false
}
