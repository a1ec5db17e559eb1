package codedeploy

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// scalingGrace is how long traffic goes on shifting while the service scales:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-bluegreen.html
const scalingGrace = 5 * time.Minute

// watchScaling fails the deployment when the service begins to scale while traffic shifts and is not steady again
// within the grace. It looks whenever something changed until ctx ends; then the channel is closed.
func (r *run) watchScaling(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	grace := r.s.opts.Clock.Deadline(scalingGrace, shortest)
	go func() {
		defer close(ended)
		var since time.Time
		for ctx.Err() == nil {
			changed := r.s.opts.Changed()
			switch scaling := r.scaling(ctx); {
			case !scaling:
				since = time.Time{}
			case since.IsZero():
				since = time.Now()
			case time.Since(since) >= grace:
				r.s.interrupt(r.d, failed(types.ErrorCode(r.s.assumes.ScalingCode), scalingText))
				return
			}
			look := grace // nothing is to be missed: a change wakes
			if !since.IsZero() {
				look = time.Until(since.Add(grace))
			}
			pause(ctx, changed, look)
		}
	}()
	return ended
}

// scaling says whether the desired count is another than at the start and a task set of the deployment is not
// steady. What cannot be read is not scaling.
func (r *run) scaling(ctx context.Context) bool {
	service, err := r.s.ecsService(ctx, r.d)
	if err != nil {
		return false
	}
	found := r.standing()
	return service.DesiredCount != found.desired && slices.ContainsFunc(service.TaskSets, func(t ecstypes.TaskSet) bool {
		return (of(t.Id) == found.blue.id || of(t.Id) == found.green.id) && t.StabilityStatus == ecstypes.StabilityStatusStabilizing
	})
}
