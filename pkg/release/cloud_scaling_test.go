package release

import (
	"context"
	"maps"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// marked is what the service's tags really say of the loop's hold.
func (c *cloud) marked() (live.Hold, bool) { return live.ReadHold(c.hands.is) }

func (c *client) DescribeScalableTargets(context.Context, *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error) {
	return reply(c, "DescribeScalableTargets", func(bool) (*aas.DescribeScalableTargetsOutput, error) {
		return &aas.DescribeScalableTargetsOutput{ScalableTargets: []aas.ScalableTarget{{
			ResourceId: "service/cutover/Sample-Website", SuspendedState: stateOf(c.suspended)}}}, nil
	})
}

func (c *client) RegisterScalableTarget(_ context.Context, in *aas.RegisterScalableTargetInput) (*aas.RegisterScalableTargetOutput, error) {
	return reply(c, "RegisterScalableTarget", func(bool) (*aas.RegisterScalableTargetOutput, error) {
		c.writes++
		to := suspendedIn(&aas.ScalableTarget{SuspendedState: in.SuspendedState})
		mark, _ := c.marked()
		if lifted := c.suspended.Without(to).And(c.somebodys); lifted.Any() {
			if unseen := lifted.Without(c.inv.held); unseen.Any() {
				c.breaks("what somebody suspended is resumed: %s", unseen)
			}
			// The tags that this invocation was shown still had the mark that somebody had just taken away.
			c.counted["what somebody took over a moment ago is resumed"]++
			c.somebodys = c.somebodys.Without(lifted)
		}
		if bare := to.Without(c.suspended).Without(mark.Activities); bare.Any() && c.script.single {
			c.breaks("%s is suspended without a mark", bare)
		}
		c.say("  autoscaling, suspended: %s", to)
		c.suspended = to
		return &aas.RegisterScalableTargetOutput{}, nil
	})
}

func (c *client) TagResource(_ context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	return reply(c, "TagResource", func(bool) (*ecs.TagResourceOutput, error) {
		c.writes++
		tags := maps.Clone(c.hands.is)
		for _, t := range in.Tags {
			tags[*t.Key] = *t.Value
		}
		c.hands.set(tags, c.now)
		return &ecs.TagResourceOutput{}, nil
	})
}

func (c *client) UntagResource(_ context.Context, in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	return reply(c, "UntagResource", func(bool) (*ecs.UntagResourceOutput, error) {
		c.writes++
		tags := maps.Clone(c.hands.is)
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		c.hands.set(tags, c.now)
		return &ecs.UntagResourceOutput{}, nil
	})
}

// autoscale is a person who suspends or resumes. What is marked as the loop's a person leaves alone, as is what was
// marked a moment ago: nothing tells who suspends then.
func (c *cloud) autoscale(s step) {
	if c.now.Sub(c.hands.changed) <= lag || len(c.running) > 0 {
		return
	}
	mark, marked := c.marked()
	some := live.Activities{In: s.a%2 == 0, Out: s.a%4 < 2, Scheduled: s.a%8 < 4}.Without(mark.Activities)
	switch {
	case marked && s.b < 2:
		c.say("somebody takes the mark away and leaves autoscaling suspended: %s", c.suspended)
		c.order(live.TagHold, "")
		c.somebodys = c.suspended
	case s.b < 5:
		c.say("somebody suspends the autoscaling: %s", some)
		c.suspended, c.somebodys = c.suspended.Or(some), c.somebodys.Or(some)
	default:
		c.say("somebody resumes the autoscaling")
		c.suspended, c.somebodys = c.suspended.Without(c.somebodys), live.Activities{}
	}
}

// checkHeld is what holds when the loop has made a deployment: nothing scales.
func (c *cloud) checkHeld(d deployed) {
	if c.service.Service.Scaling != nil && c.suspended != live.AllActivities() && c.script.single {
		c.breaks("deployment %s is made while autoscaling goes on; suspended: %s", d.id, c.suspended)
	}
}

// checkReleased is what holds at rest: what is suspended is somebody's, and nothing is marked. Several writers may undo
// each other's marks between a tag and what it marks; then a hold is taken for somebody's.
func (c *cloud) checkReleased() {
	if c.service.Service.Scaling == nil {
		return
	}
	mark, marked := c.marked()
	switch {
	case c.suspended == c.somebodys && !marked:
		c.counted["at rest: autoscaling goes on, or is somebody's"]++
	case !c.script.single:
		c.counted["at rest: autoscaling is held still after two writers met"]++
	default:
		c.breaks("autoscaling is suspended at rest: %s, of which somebody's: %s; marked: %v %s", c.suspended, c.somebodys, marked, mark)
	}
}
