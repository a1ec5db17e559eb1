package release

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// GateRequest is what the operator's gate function is asked. Its JSON form is a promise, told in docs/gates.md.
type GateRequest struct {
	// Version of the form: 1. What is added to it later leaves the rest as it is.
	Version int    `json:"version"`
	Service string `json:"service"`
	Cluster string `json:"cluster"`
	// Wish identifies what is to be released; it is in the deployment's description too.
	Wish live.Hash `json:"wish"`
	// Base is the ARN of the task definition that the images are put into.
	Base   string      `json:"base"`
	Images []GateImage `json:"images"`
	// Order is an operator's that names the image, with who, until when and why; empty when none does.
	Order string `json:"order,omitempty"`
	// Event that the loop looks at.
	Event string `json:"event"`
}

// GateImage is one container's image.
type GateImage struct {
	Container string `json:"container"`
	// Reference is the image by digest, as it would be pulled.
	Reference string `json:"reference"`
	Tag       string `json:"tag,omitempty"`
	// Pushed is when the registry got it.
	Pushed time.Time `json:"pushed,omitzero"`
	// Live is what production runs in that container, by digest; empty when that cannot be told.
	Live string `json:"live,omitempty"`
}

// GateAnswer is what the gate function answers. Without open it is no answer, and the gate is closed.
type GateAnswer struct {
	Open *bool `json:"open"`
	// Reason is why it is closed, for people.
	Reason string `json:"reason"`
}

// mostGate bounds the wait for a gate's answer: what is left of the function's minute is for the rest of the look.
const mostGate = 10 * time.Second

// mostAnswer bounds what is read of an answer, mostReason what is told of its reason.
const (
	mostAnswer = 64 << 10
	mostReason = 500
)

// gateClosed holds a release while it is frozen, while its images' scans do not speak for them, or while the operator's
// gate function says no. What an operator goes back to is let through: it served before.
func gateClosed(desired Desired, o Observed) (Decision, bool) {
	if desired.back {
		return Decision{}, false
	}
	if freeze, until, frozen := desired.Service.Gates.Frozen(o.At); frozen && o.hand().Thaw == nil {
		return Decision{Verdict: Hold, gated: true, Until: until, Reason: fmt.Sprintf(
			"releases are frozen until %s (%s); what is newest then goes out, and cutover thaw releases now", stamp(until), freeze)}, true
	}
	if d, holds := scanHolds(desired, o); holds {
		return d, true
	}
	if answer, told := o.Gate[desired.Wish.Hash()]; told && !aws.ToBool(answer.Open) {
		return Decision{Verdict: Hold, gated: true, Reason: fmt.Sprintf("the gate function holds %s: %s", names(desired.Wish), answer.Reason)}, true
	}
	return Decision{}, false
}

// timeToRelease is within which what room is made for must have been released: a deployment that is stopped rolls back
// first, and an event of its end may be lost.
const timeToRelease = 15 * time.Minute

// freezesSoon tells why nothing makes room for what is desired any more: a freeze would begin before it can be released.
func freezesSoon(desired Desired, o Observed) (string, bool) {
	if desired.back || len(desired.Service.Gates.Freeze) == 0 {
		return "", false
	}
	for at := o.At; !at.After(o.At.Add(timeToRelease)); at = at.Add(time.Minute) {
		freeze, _, frozen := desired.Service.Gates.Frozen(at)
		if frozen && live.ReadHand(live.Tags(o.Service.Tags), at).Thaw == nil {
			return fmt.Sprintf("releases are about to be frozen (%s), and %s might not go out before", freeze, names(desired.Wish)), true
		}
	}
	return "", false
}

// thawed tells by whose order a release goes out in a freeze; empty when none is.
func thawed(desired Desired, o Observed) string {
	freeze, _, frozen := desired.Service.Gates.Frozen(o.At)
	if !frozen || desired.back || o.Service == nil || o.hand().Thaw == nil {
		return ""
	}
	return byHand(fmt.Sprintf(", though releases are frozen (%s)", freeze), o.hand().Thaw)
}

// gate decides again with what the images' labels say and the gate function answers; and when a gate holds what came after an image from which an
// operator goes back, what is gone back to goes out meanwhile.
func (l *Loop) gate(ctx context.Context, t Trigger, desired Desired, o *Observed, d Decision) (Desired, Decision, error) {
	d, err := l.labelled(ctx, desired, o, d)
	if err != nil {
		return desired, d, err
	}
	if d, err = l.labelled(ctx, desired, o, l.ask(ctx, t, desired, o, d)); err != nil {
		return desired, d, err
	}
	if back, ok := goingBack(desired, *o); ok && d.gated {
		other, err := l.labelled(ctx, back, o, Decide(back, *o))
		other.Reason = d.Reason + "; meanwhile: " + other.Reason
		return back, other, err
	}
	return desired, d, nil
}

// ask reads the scans of what would be released and asks the gate function about it, and decides again with what they
// say. It asks at most twice: a second time about what goes out in the place of images that are held.
func (l *Loop) ask(ctx context.Context, t Trigger, desired Desired, o *Observed, d Decision) Decision {
	for range 2 {
		if d.back || !acts(d.Verdict) {
			break
		}
		if l.scan(ctx, desired, o, d.Wish) {
			d = Decide(desired, *o)
		}
		if _, told := o.Gate[d.Wish.Hash()]; desired.Service.Gates.Function == "" || !acts(d.Verdict) || d.back || told {
			break
		}
		if o.Gate == nil {
			o.Gate = map[live.Hash]GateAnswer{}
		}
		o.Gate[d.Wish.Hash()] = l.answer(ctx, t, desired, *o, d)
		d = Decide(desired, *o)
	}
	return d
}

// answer is the gate function's; closed, with what went wrong, when it gives none.
func (l *Loop) answer(ctx context.Context, t Trigger, desired Desired, o Observed, d Decision) GateAnswer {
	closed := func(format string, args ...any) GateAnswer { return GateAnswer{Reason: fmt.Sprintf(format, args...)} }
	request, err := json.Marshal(l.request(t, o, d))
	if err != nil {
		return closed("it could not be asked: %v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, mostGate)
	defer cancel()
	out, err := l.aws.Gate.Invoke(ctx, &lambda.InvokeInput{FunctionName: desired.Service.Gates.Function, Payload: request})
	switch {
	case err != nil && l.permitted("the gate function", err):
		return GateAnswer{Open: aws.Bool(true)}
	case err != nil:
		return closed("it could not be asked: %v", err)
	case out.FunctionError != "":
		return closed("it failed: %s", said(string(out.Payload)))
	case len(out.Payload) > mostAnswer:
		return closed("its answer has %d bytes; at most %d are read", len(out.Payload), mostAnswer)
	}
	var answer GateAnswer
	if err := json.Unmarshal(out.Payload, &answer); err != nil || answer.Open == nil {
		return closed(`its answer is not {"open": true} or {"open": false, "reason": "…"}: %s`, said(string(out.Payload)))
	}
	if answer.Reason = said(answer.Reason); answer.Reason == "" {
		answer.Reason = "it gives no reason"
	}
	return answer
}

func (l *Loop) request(t Trigger, o Observed, d Decision) GateRequest {
	r := GateRequest{Version: 1, Service: l.deployed.Service.Name, Cluster: l.names.Cluster, Wish: d.Wish.Hash(), Base: d.Wish.Base,
		Order: d.asked, Event: t.Event}
	for _, i := range d.Wish.Images {
		image := GateImage{Container: i.Container, Reference: i.Reference(), Tag: i.Tag, Pushed: i.Pushed}
		if is, ok := o.Primary.Image(i.Container); ok {
			image.Live = is.Reference()
		}
		r.Images = append(r.Images, image)
	}
	return r
}

// said is what a function said, in one line and not too long.
func said(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > mostReason {
		return string(runes[:mostReason]) + "…"
	}
	return text
}
