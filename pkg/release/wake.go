package release

import (
	"github.com/aws/aws-sdk-go-v2/aws"
)

// early is a retryable error when the reads cannot be trusted yet, though an event says that something happened
// or a deployment has only just begun or ended. Deciding on them would be wrong, and nothing might wake the loop again;
// an error brings the same event back. Each reason ends by itself within minutes, so that no event is retried
// into a dead-letter queue for ever.
func early(t Trigger, desired Desired, o Observed, d Decision) error {
	young := !t.Time.IsZero() && o.At.Sub(t.Time) < settling
	switch {
	case young && t.Ended != "" && t.Ended == d.Deployment && makesRoom(d.Verdict):
		return again("deployment %s has ended but is still shown as active", t.Ended)
	case young && t.Tag != "" && !shows(t, o):
		return again("the registry does not show %s at %s yet", t.Tag, t.Digest)
	case settlesSoon(t, desired, o, d):
		return again("%s", d.Reason)
	case (d.Verdict == Deploy || d.Verdict == Refuse) && o.rollbackDue():
		return again("the rollback of deployment %s is due", aws.ToString(o.Deployments[0].DeploymentId))
	case d.Verdict == Refuse && d.unsettled && o.justEnded():
		return torn{again("deployment %s has only just ended, and not everything shows it yet", aws.ToString(o.Deployments[0].DeploymentId))}
	case d.Verdict == Refuse && d.unsettled && o.justBegun():
		return torn{again("a task set is younger than the deployments that are shown")}
	case acts(d.Verdict) && !o.Base.Active() && !desired.Service.Adopted(): // what serves may have been deregistered
		return again("base %s is not ACTIVE: the stack is being updated", desired.Wish.Base)
	}
	return nil
}

// makesRoom reports whether the decision takes another deployment for active.
func makesRoom(v Verdict) bool { return v == Busy || v == Finish || v == Stop }

// acts reports whether the decision changes anything. What makes room for a base must be able to deploy it then.
func acts(v Verdict) bool { return v == Deploy || v == Finish || v == Stop }

// shows reports whether the registry shows the pushed image, or one that came later under the same tag. An event's
// time has whole seconds, so one of the same second counts as later.
func shows(t Trigger, o Observed) bool {
	for _, i := range o.Images {
		if name := i.RepositoryName; name != "" && name != t.Repository {
			continue
		}
		for _, tag := range i.ImageTags {
			if tag == t.Tag && (i.ImageDigest == t.Digest || !i.ImagePushedAt.Before(t.Time)) {
				return true
			}
		}
	}
	return false
}
