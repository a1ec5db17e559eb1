package release

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/config"
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

func noImage(desired Desired, o Observed) (Decision, bool) {
	switch {
	case !o.Repository:
		return Decision{Verdict: Wait, Reason: fmt.Sprintf("the repository %s does not exist yet", desired.Names.Repository)}, true
	case len(desired.Wish.Images) == 0:
		return Decision{Verdict: Wait, Reason: desired.Missing}, true
	}
	return Decision{}, false
}

func missing(desired Desired, o Observed) (Decision, bool) {
	n := desired.Names
	wait := func(format string, args ...any) (Decision, bool) {
		return Decision{Verdict: Wait, Reason: fmt.Sprintf(format, args...)}, true
	}
	if o.Service == nil || aws.ToString(o.Service.Status) == "INACTIVE" {
		return wait("the service %s does not exist in the cluster %s yet", n.Service, n.Cluster)
	}
	if status := aws.ToString(o.Service.Status); status == live.StatusDraining {
		return wait("the service %s is draining: it is being deleted", n.Service)
	}
	if o.Group == nil {
		return wait("the deployment group %s does not exist yet", n.DeploymentGroup)
	}
	if _, ok := live.Primary(o.Service); !ok || o.Primary == nil {
		return wait("the service %s has no PRIMARY task set yet", n.Service)
	}
	return Decision{}, false
}

func current(desired Desired, o Observed) (Decision, bool) {
	if !o.Primary.Fulfils(desired.Wish) {
		return Decision{}, false
	}
	d := Decision{Verdict: Current, Reason: fmt.Sprintf("%s on base %s is live", names(desired.Wish), desired.base())}
	if a, ok := o.active(); ok {
		d.Deployment = aws.ToString(a.DeploymentId)
		d.Reason += "; deployment " + d.Deployment + " has not ended yet"
	}
	return d, true
}

func olderThanLive(desired Desired, o Observed) (Decision, bool) {
	want := desired.Service.Image
	if want.Exact() {
		return Decision{}, false
	}
	for _, i := range desired.Wish.Images {
		is, ok := o.Primary.Image(i.Container)
		if !ok || is.Digest == i.Digest || is.Pushed.IsZero() || !want.Takes(is.Tag) || !i.Pushed.Before(is.Pushed) {
			continue
		}
		return Decision{Verdict: Hold, imagesHeld: true, Reason: fmt.Sprintf(
			"%s was pushed at %s, before the live %s, and a glob goes only forward",
			i.Name(), stamp(i.Pushed), is.Name())}, true
	}
	return Decision{}, false
}

func waitsToTerminate(desired Desired, o Observed) (Decision, bool) {
	a, ok := o.active()
	if !ok || !a.InstanceTerminationWaitTimeStarted || rollback(a) {
		return Decision{}, false
	}
	d := Decision{Verdict: Busy, Deployment: aws.ToString(a.DeploymentId)}
	w := desired.Service.WhenNewer
	least := time.Duration(0)
	if w.MinimumObservation != nil {
		least = w.MinimumObservation.Std()
	}
	switch watched := o.At.Sub(o.Moved); {
	case w.TerminationWait != config.Finish:
		d.Reason = fmt.Sprintf("deployment %s waits to terminate blue and whenNewer.terminationWait is %q", d.Deployment, config.Wait)
	case o.Moved.IsZero():
		d.Reason = fmt.Sprintf("deployment %s has not moved production yet", d.Deployment)
	case watched < least:
		d.Reason = fmt.Sprintf("deployment %s moved production %s ago and is observed for %s before its wait is ended",
			d.Deployment, watched.Round(time.Second), least)
	default:
		d.Verdict = Finish
		d.Reason = fmt.Sprintf("deployment %s has served for %s without an alarm; %s is newer, so its wait for terminating blue ends now",
			d.Deployment, watched.Round(time.Second), names(desired.Wish))
	}
	return d, true
}

// active never stops a rollback, nor what a person started: only Cutover's own deployments are superseded.
func active(desired Desired, o Observed) (Decision, bool) {
	a, ok := o.active()
	if !ok {
		return Decision{}, false
	}
	id := aws.ToString(a.DeploymentId)
	_, ours := live.ParseDescription(aws.ToString(a.Description))
	switch {
	case rollback(a):
		return Decision{Verdict: Busy, Deployment: id, Reason: fmt.Sprintf("deployment %s is rolling back", id)}, true
	case desired.Service.WhenNewer.InProgress == config.Stop && ours:
		return Decision{Verdict: Stop, Deployment: id, Reason: fmt.Sprintf(
			"%s is newer than deployment %s, and whenNewer.inProgress is %q", names(desired.Wish), id, config.Stop)}, true
	}
	return Decision{Verdict: Busy, Deployment: id, Reason: fmt.Sprintf("deployment %s is under way", id)}, true
}

func rollback(d cdtypes.DeploymentInfo) bool {
	return d.Creator == cdtypes.DeploymentCreatorCodeDeployRollback
}

// base is the base's revision number, for people.
func (d Desired) base() string { return d.Wish.Base[strings.LastIndex(d.Wish.Base, ":")+1:] }

func names(w live.Wish) string {
	all := make([]string, 0, len(w.Images))
	for _, i := range w.Images {
		all = append(all, i.Name())
	}
	return strings.Join(all, ", ")
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
