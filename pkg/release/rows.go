package release

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

func noImage(desired Desired, o Observed) (Decision, bool) {
	switch {
	case !o.Repository && len(o.Absent) > 0:
		return Decision{Verdict: Wait, Reason: fmt.Sprintf("the repository %s does not exist yet", strings.Join(o.Absent, ", "))}, true
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
	if !o.fulfilled(desired) {
		return Decision{}, false
	}
	d := Decision{Verdict: Current, Reason: fmt.Sprintf("%s on base %s is live", names(desired.Wish), desired.base())}
	if a, ok := o.active(); ok {
		d.Deployment = aws.ToString(a.DeploymentId)
		d.Reason += "; deployment " + d.Deployment + " has not ended yet"
	}
	return d, true
}

// olderThanLive holds what comes before the live image in the policy's order, or was pushed before it where the order
// tells no difference. A live image that the policy does not take says nothing: then it was the policy that changed.
func olderThanLive(desired Desired, o Observed) (Decision, bool) {
	var held, texts []string
	for _, i := range desired.Wish.Images {
		if desired.Asked != "" && i.Container == desired.Names.Container {
			continue
		}
		if why := older(desired.policies[i.Container], i, o); why != "" {
			held, texts = append(held, i.Container), append(texts, why)
		}
	}
	if len(held) == 0 {
		return Decision{}, false
	}
	return Decision{Verdict: Hold, imagesHeld: true, held: held, Reason: strings.Join(texts, "; ")}, true
}

func older(p policy.Policy, i live.Image, o Observed) string {
	is, ok := o.Primary.Image(i.Container)
	if !ok {
		is, ok = o.Primary.Named(i.Container)
		ok = ok && is.Repository == i.Repository // a placeholder's tag says nothing
	}
	if !ok || p.Exact() || is.Digest == i.Digest {
		return ""
	}
	liveRank, why := p.Take(is.Tag)
	if why != "" {
		return ""
	}
	rank, _ := p.Take(i.Tag)
	switch c := rank.Compare(liveRank); {
	case c < 0:
		return fmt.Sprintf("%s comes before the live %s by %s, and a service goes only forward", i.Name(), is.Name(), p)
	case c == 0 && !is.Pushed.IsZero() && i.Pushed.Before(is.Pushed):
		return fmt.Sprintf("%s was pushed at %s, before the live %s, and a service goes only forward",
			i.Name(), stamp(i.Pushed), is.Name())
	}
	return ""
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
	soon, freezes := freezesSoon(desired, o)
	switch watched := o.At.Sub(o.Moved); {
	case w.TerminationWait != config.Finish:
		d.Reason = fmt.Sprintf("deployment %s waits to terminate blue and whenNewer.terminationWait is %q", d.Deployment, config.Wait)
	case o.Moved.IsZero():
		d.Reason = fmt.Sprintf("deployment %s has not moved production yet", d.Deployment)
	case desired.again():
		d.Reason = desired.askAgain(d.Deployment)
	case watched < least:
		d.Reason = fmt.Sprintf("deployment %s moved production %s ago and is observed for %s before its wait is ended",
			d.Deployment, watched.Round(time.Second), least)
	case freezes:
		d.Reason = fmt.Sprintf("deployment %s waits to terminate blue: %s", d.Deployment, soon)
	default:
		d.Verdict = Finish
		d.Reason = fmt.Sprintf("deployment %s has served for %s without an alarm; %s, so its wait for terminating blue ends now",
			d.Deployment, watched.Round(time.Second), desired.newer())
	}
	return d, true
}

// active never stops a rollback, nor what a person started: only Cutover's own deployments are superseded. One of
// the same images is waited for, too: its stop would count as theirs, and then they were held on the new base.
func active(desired Desired, o Observed) (Decision, bool) {
	a, ok := o.active()
	if !ok {
		return Decision{}, false
	}
	id := aws.ToString(a.DeploymentId)
	wish, ours := live.ParseDescription(aws.ToString(a.Description))
	switch {
	case rollback(a):
		return Decision{Verdict: Busy, Deployment: id, Reason: fmt.Sprintf("deployment %s is rolling back", id)}, true
	case desired.again():
		return Decision{Verdict: Busy, Deployment: id, Reason: desired.askAgain(id)}, true
	case desired.Service.WhenNewer.InProgress == config.Stop && ours && wish.Images() != desired.Wish.Hash().Images():
		if soon, freezes := freezesSoon(desired, o); freezes {
			return Decision{Verdict: Busy, Deployment: id, Reason: fmt.Sprintf("deployment %s is under way: %s", id, soon)}, true
		}
		return Decision{Verdict: Stop, Deployment: id, Reason: fmt.Sprintf(
			"%s, deployment %s is under way, and whenNewer.inProgress is %q", desired.newer(), id, config.Stop)}, true
	}
	return Decision{Verdict: Busy, Deployment: id, Reason: fmt.Sprintf("deployment %s is under way", id)}, true
}

// askAgain is why nothing makes room for one more try: the event that allows it is not there any more when the room is.
func (d Desired) askAgain(deployment string) string {
	return fmt.Sprintf("deployment %s is under way; ask for one more try of %s when it has ended", deployment, names(d.Wish))
}

func rollback(d cdtypes.DeploymentInfo) bool {
	return d.Creator == cdtypes.DeploymentCreatorCodeDeployRollback
}

// newer says why what is desired takes the place of what a deployment is releasing.
func (d Desired) newer() string {
	if d.Asked != "" {
		return names(d.Wish) + " is " + d.Asked
	}
	return names(d.Wish) + " is newer"
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
