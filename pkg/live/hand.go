package live

import (
	"slices"
	"strings"
	"time"
)

// Tags of the ECS service by which an operator holds releases back, or asks for one. Their values are words:
//
//	cutover:suspend   by alice until 2026-12-01T08:00:00Z because of the sale
//	cutover:pin       v7@sha256:0123… by alice until 2026-12-01T08:00:00Z because v8 is slow
//	cutover:thaw      by alice until 2026-12-01T08:00:00Z because of a hotfix
//	cutover:blocked   sha256:4567… to v7@sha256:0123… by alice because of a leak
//	cutover:deploy    sha256:4567… to v6@sha256:89ab… by alice because v7 is slow
//
// Who, until when and why may each be left out; an image is named by its tag, its digest, or both. A pin's image is
// what is wished for, whatever else is pushed. Blocked images are released no more; while what would be wished for
// is one of them, the image after "to" is wished for in its place, so that a newer push still goes out. Such an image
// may also be asked for without blocking what it takes the place of: that is what "deploy" says, and where it names
// none before "to", the image is wished for as long as the policy takes none.
//
// A thaw releases although the configuration freezes releases.
//
// A value that cannot be read as that is obeyed all the same and without end: a hold that someone asked for must
// not be lost to a slip of the pen.
const (
	TagSuspend = "cutover:suspend"
	TagPin     = "cutover:pin"
	TagBlocked = "cutover:blocked"
	TagThaw    = "cutover:thaw"
	TagDeploy  = "cutover:deploy"
)

// Order is what an operator asked for with one tag.
type Order struct {
	// Subjects are the words before "to", "by", "until" and "because": a pin's image, the blocked ones, what is passed over.
	Subjects []string
	// To is the image that a blocked one is rolled back to, or that is asked for in the place of what is passed over.
	To string
	// By is who gave the order; Because is why.
	By, Because string
	// Text is the value as it stands, for people.
	Text string
	// Until is when the order ends; zero: when its tag is taken away.
	Until time.Time
}

// Hand is what an operator asked for with tags; a nil order was not given or has ended.
type Hand struct {
	Suspend, Pin, Blocked, Thaw, Deploy *Order
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
	return Hand{Suspend: read(TagSuspend), Pin: read(TagPin), Blocked: read(TagBlocked), Thaw: read(TagThaw), Deploy: read(TagDeploy)}
}

func parseOrder(value string) Order {
	o := Order{Text: strings.TrimSpace(value)}
	words := strings.Fields(value)
	next := func(i int) string {
		if i+1 < len(words) {
			return words[i+1]
		}
		return ""
	}
	subjects := true
	for i, w := range words {
		switch w {
		case "to":
			if o.To == "" {
				o.To = next(i)
			}
		case "by":
			if o.By == "" {
				o.By = next(i)
			}
		case "until":
			if t, err := time.Parse(time.RFC3339, next(i)); err == nil {
				o.Until = t
			}
		case "because":
			o.Because = strings.Join(words[i+1:], " ")
			return o
		default:
			if subjects {
				o.Subjects = append(o.Subjects, w)
			}
			continue
		}
		subjects = false
	}
	return o
}

// Names reports whether the order names this image, by tag, by digest, or by a digest's first digits (twelve or
// more). A subject with both is of the digest.
func (o *Order) Names(i Image) bool {
	return o != nil && slices.ContainsFunc(o.Subjects, func(s string) bool {
		tag, digest := Subject(s)
		if digest == "" {
			return tag == i.Tag && tag != ""
		}
		return digest == i.Digest || len(digest) >= len("sha256:")+12 && strings.HasPrefix(i.Digest, digest)
	})
}

// Subject splits how an order names an image into tag and digest, of which one may be missing.
func Subject(s string) (tag, digest string) {
	if tag, digest, ok := strings.Cut(s, "@"); ok {
		return tag, digest
	}
	if strings.HasPrefix(s, "sha256:") {
		return "", s
	}
	return s, ""
}
