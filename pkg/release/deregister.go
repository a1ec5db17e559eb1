package release

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

const (
	// lately is how long after the group's newest deployment, or the newest revision for one, the schedule looks for
	// revisions to deregister, so that a service that rests costs no calls, and a look that failed is made up for.
	lately = time.Hour
	// remembered is how many of the newest deployments a revision may be kept for. It is fewer than are looked at, so
	// that none is forgotten before it is deregistered.
	remembered = newestDeployments / 2
	// mostListed is a page of ECS's list, the newest: what is older was looked at when it was newer.
	mostListed = 100
	// mostLooked bounds one look; the next one goes on.
	mostLooked = 25
)

// deregister takes revisions out of use that never went live, once their deployments have settled, and tells which.
// Whatever goes wrong is told and holds nothing back: the schedule brings it again.
func (l *Loop) deregister(ctx context.Context, o Observed) string {
	if r := l.deployed.Service.Revisions; !*r.Deregister || !o.changedLately() {
		return ""
	}
	list, err := l.aws.Revisions.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: &l.names.Family, Sort: ecstypes.SortOrderDesc, Status: ecstypes.TaskDefinitionStatusActive, MaxResults: aws.Int32(mostListed),
	})
	if err != nil {
		return fmt.Sprintf("nothing: list revisions of %s: %v", l.names.Family, err)
	}
	var done, problems []string
	found := spent(o, *l.deployed.Service.Revisions.Keep, list.TaskDefinitionArns)
	for _, r := range found[:min(len(found), mostLooked)] {
		name := r.arn[strings.LastIndex(r.arn, "/")+1:]
		never, err := l.neverLive(ctx, o, r)
		if err == nil && never {
			_, err = l.aws.Revisions.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &r.arn})
		}
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("not %s: %v", name, err))
		case never:
			done = append(done, name)
		}
	}
	return strings.Join(append(done, problems...), ", ")
}

// changedLately reports whether there may be something new to deregister. A revision may also have come without a
// deployment, when two writers registered one each and both creations failed.
func (o Observed) changedLately() bool {
	if o.Latest != nil {
		if _, ours := o.Latest.Wish(); ours && o.At.Sub(aws.ToTime(o.Latest.Definition.RegisteredAt)) < lately {
			return true
		}
	}
	if len(o.Deployments) == 0 {
		return false
	}
	newest := o.Deployments[0]
	return underWay(newest.Status) || o.At.Sub(endOf(newest)) < lately
}

// spentRevision is one that, as far as the history tells, never went live.
type spentRevision struct {
	arn string
	// deployments that it was brought by, newest first; none when it was never deployed.
	deployments []cdtypes.DeploymentInfo
}

// spent finds those of a family's active revisions that may be deregistered, newest first: what no task set uses, is
// older than the newest, which the loop would reuse, and was brought by deployments alone that ended otherwise than
// well, or by none though later than something that is remembered. The newest keep of the former are left.
//
// Deployments made by hand do not tell what they brought. What was registered before one is left alone.
func spent(o Observed, keep int, active []string) []spentRevision {
	if o.Service == nil || o.Latest == nil {
		return nil
	}
	h := historyOf(o)
	_, latest := live.Numbered(o.Latest.ARN())
	var found []spentRevision
	for _, arn := range active {
		_, n := live.Numbered(arn)
		at := h.brought[n]
		switch {
		case n >= latest || n <= h.first && len(at) == 0 || h.used[arn]:
			continue
		case len(at) > 0 && (h.byHand < at[len(at)-1] || !settledBadly(o, at)):
			continue
		case len(at) > 0 && at[0] < remembered && keep > 0:
			keep--
			continue
		}
		r := spentRevision{arn: arn}
		for _, i := range at {
			r.deployments = append(r.deployments, o.Deployments[i])
		}
		found = append(found, r)
	}
	return found
}

// history is what the group's newest deployments tell of revisions.
type history struct {
	brought map[int][]int   // the deployments that brought a revision, by its number, newest first
	used    map[string]bool // ARNs that task sets use
	first   int             // above it are the numbers whose deployments would be remembered
	byHand  int             // the newest deployment made by hand
}

func historyOf(o Observed) history {
	h := history{brought: map[int][]int{}, used: map[string]bool{}, byHand: len(o.Deployments)}
	for _, ts := range o.Service.TaskSets {
		h.used[aws.ToString(ts.TaskDefinition)] = true
	}
	first := math.MaxInt
	for i, d := range o.Deployments {
		if rollback(d) {
			continue
		}
		text := aws.ToString(d.Description)
		if n, ok := live.DescribedRevision(text); ok {
			h.brought[n] = append(h.brought[n], i)
			first = min(first, n)
		} else if _, ours := live.ParseDescription(text); !ours {
			h.byHand = min(h.byHand, i)
		}
	}
	if len(o.Deployments) == newestDeployments {
		h.first = first
	}
	return h
}

// settledBadly reports whether all these deployments ended otherwise than well, and long enough ago.
func settledBadly(o Observed, deployments []int) bool {
	return !slices.ContainsFunc(deployments, func(i int) bool {
		d := o.Deployments[i]
		return underWay(d.Status) || d.Status == cdtypes.DeploymentStatusSucceeded || o.At.Sub(endOf(d)) < settling
	})
}

// neverLive makes sure: the revision is Cutover's own, and production never moved to it, or moved back. One without a
// deployment must have been registered when each deployment since is remembered, and not just now by another writer.
func (l *Loop) neverLive(ctx context.Context, o Observed, r spentRevision) (bool, error) {
	described, err := l.revision(ctx, r.arn)
	if err != nil {
		return false, err
	}
	if _, ours := described.Wish(); !ours {
		return false, nil
	}
	for _, d := range r.deployments {
		if o.undone(d) {
			continue
		}
		if moved, err := l.moved(ctx, aws.ToString(d.DeploymentId)); err != nil || !moved.IsZero() {
			return false, err
		}
	}
	return len(r.deployments) > 0 || o.remembersSince(aws.ToTime(described.Definition.RegisteredAt)), nil
}

// undone reports whether a deployment was rolled back.
func (o Observed) undone(d cdtypes.DeploymentInfo) bool {
	if d.RollbackInfo == nil {
		return false
	}
	id := aws.ToString(d.RollbackInfo.RollbackDeploymentId)
	return id != "" && slices.ContainsFunc(o.Deployments, func(by cdtypes.DeploymentInfo) bool {
		return aws.ToString(by.DeploymentId) == id && by.Status == cdtypes.DeploymentStatusSucceeded
	})
}

// remembersSince reports whether all deployments of the service after a time are known, none of them made by hand, and
// the time is not so near that one may just be being made.
func (o Observed) remembersSince(t time.Time) bool {
	if t.IsZero() || t.Before(aws.ToTime(o.Service.CreatedAt)) || o.At.Sub(t) < settling {
		return false
	}
	whole := len(o.Deployments) < newestDeployments
	for _, d := range o.Deployments {
		created := aws.ToTime(d.CreateTime)
		if created.Before(t) {
			whole = true
			continue
		}
		if _, ours := live.ParseDescription(aws.ToString(d.Description)); !ours && !rollback(d) {
			return false
		}
	}
	return whole
}
