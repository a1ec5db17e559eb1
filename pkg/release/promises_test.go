package release

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// room is what a deployment was stopped or finished for.
type room struct {
	wish  live.Hash
	epoch int
	made  time.Time
}

// check is what holds at every moment.
func (c *cloud) check() {
	active := 0
	for _, d := range c.history.is {
		if d.active() {
			active++
		}
	}
	if active > 1 {
		c.breaks("%d deployments are active", active)
	}
}

// checkRevision: everything that was in the base is in every revision, and none is made twice.
func (c *cloud) checkRevision(inv *invocation, in *ecs.RegisterTaskDefinitionInput) {
	c.writes++
	r := live.Revision{Tags: in.Tags, Definition: &ecstypes.TaskDefinition{ContainerDefinitions: in.ContainerDefinitions}}
	wish, _ := r.Wish()
	base := c.found(inv.deployed.Base).Definition
	for i, was := range base.ContainerDefinitions {
		is := in.ContainerDefinitions[i]
		is.Image = was.Image
		if !slices.Equal(is.Environment, was.Environment) || !slices.Equal(is.Secrets, was.Secrets) || !slices.Equal(is.PortMappings, was.PortMappings) ||
			aws.ToString(is.Name) != aws.ToString(was.Name) {
			c.breaks("container %d of the base is not in the revision as it was", i)
		}
	}
	if aws.ToString(in.Cpu) != aws.ToString(base.Cpu) || live.Tags(in.Tags)["Name"] != "Sample Website" {
		c.breaks("the base's size or tags are not in the revision")
	}
	if i, ok := r.Image("sample-website"); !ok || c.wishOf(inv.deployed.Base, number(i.Digest)).Hash() != wish {
		c.breaks("the revision is of another wish than its tag says")
	}
	// A spare one is found as the family's newest. One that another was registered after is not looked for.
	if c.latest().wish == wish && c.script.single {
		c.breaks("a second revision of the wish %s is registered", wish)
	}
	if slices.ContainsFunc(c.family, func(other *revision) bool { return other.wish == wish && !other.used }) {
		c.counted["a spare revision is registered again, behind another"]++
	}
}

// checkDeregistered: only what is of no use is taken out of use.
func (c *cloud) checkDeregistered(r *revision) {
	c.writes++
	c.counted["a revision is deregistered"]++
	switch name := r.ARN(); {
	case r.wish == "":
		c.breaks("%s, which is not the loop's, is deregistered", name)
	case r.stayed:
		c.breaks("%s, which went live and stayed, is deregistered", name)
	case r == c.latest():
		c.breaks("%s, the newest, is deregistered", name)
	case slices.ContainsFunc(c.sets.is, func(s set) bool { return s.revision == name }):
		c.breaks("%s, which a task set uses, is deregistered", name)
	case slices.ContainsFunc(c.history.is, func(d deployed) bool { return d.revision == name && d.active() }):
		c.breaks("%s, which is being deployed, is deregistered", name)
	}
}

// checkLeft: at rest at most as many revisions that never went live are left as are to be kept, and one to be reused.
// What was registered before somebody deployed by hand is left alone.
func (c *cloud) checkLeft() {
	var tried, spare int
	for _, r := range c.family {
		byHand := func(d deployed) bool {
			return d.wish == "" && !d.rollback() && !d.created.Before(*r.Definition.RegisteredAt)
		}
		if !r.Active() || r.wish == "" || r.stayed || r == c.latest() || slices.ContainsFunc(c.history.is, byHand) ||
			slices.ContainsFunc(c.sets.is, func(s set) bool { return s.revision == r.ARN() }) {
			continue
		}
		if r.used {
			tried++
		} else {
			spare++
		}
	}
	if keep := *c.service.Service.Revisions.Keep; tried > keep || spare > 0 {
		c.breaks("%d revisions whose deployments failed and %d without one are left", tried, spare)
	}
}

func number(digest string) int {
	n := 0
	for _, r := range strings.TrimPrefix(digest, "sha256:") {
		n = n*16 + strings.IndexRune("0123456789abcdef", r)
	}
	return n
}

// checkDeployment is what holds when the loop has created one.
func (c *cloud) checkDeployment(inv *invocation, d deployed, before int) {
	c.writes++
	r := c.found(d.revision)
	if r == nil || r.wish != d.wish || d.wish == "" {
		c.breaks("deployment %s is of another wish than its revision", d.id)
		return
	}
	r.used = true
	if c.room.wish == d.wish || !c.script.single { // another writer, which had looked before, may take the room
		c.room = room{}
	}
	for _, other := range c.history.is[:min(inv.knew, before)] {
		if other.due && !slices.ContainsFunc(c.history.is, func(u deployed) bool { return u.undoes == other.id }) && c.now.Sub(other.ended) > lag {
			c.breaks("deployment %s is created before the rollback of %s", d.id, other.id)
		}
	}
	// With several writers the lock alone stands between two that looked at the same time, so that a promise is
	// only about what this one saw.
	image, _ := r.Image("sample-website")
	n := number(image.Digest)
	if why := c.heldBy(c.wishOf(inv.deployed.Base, n), c.history.is[:min(inv.knew, before)], inv.primary, inv.putLive); why != "" && inv.retry != d.wish &&
		!(strings.Contains(why, "by hand") && left(inv.hand, inv.primary)) {
		c.breaks("deployment %s is created though %s", d.id, why)
	}
	if inv.hand.Suspend != nil || inv.hand.Pin != nil && !inv.hand.Pin.Names(image) || inv.hand.Blocked.Names(image) {
		c.breaks("deployment %s is created against an operator's order", d.id)
	}
	was, ok := inv.primary.Image("sample-website")
	if !c.service.Service.Image.Exact() && ok && c.takes(was.Tag) && c.pushedAt(n).Before(c.pushedAt(number(was.Digest))) && !asksFor(inv.hand, image) {
		c.breaks("deployment %s goes back to an older image than %s", d.id, was.Name())
	}
	if inv.alarm {
		c.breaks("deployment %s is created while the alarm fires", d.id)
	}
	c.checkHeld(d)
	c.checkGates(inv, d, image)
}

// asksFor reports whether an operator's order names the image.
func asksFor(hand live.Hand, image live.Image) bool {
	return hand.Pin.Names(image) || hand.Blocked != nil && hand.Blocked.To == image.Digest || hand.Deploy != nil && hand.Deploy.To == image.Digest
}

// pushedAt is when an image came, even if it is gone.
func (c *cloud) pushedAt(n int) time.Time {
	for _, p := range c.ever {
		if p.n == n {
			return p.pushed
		}
	}
	return time.Time{}
}

// checkRoom is what holds when the loop stops or finishes another deployment.
func (c *cloud) checkRoom(inv *invocation, what string, d deployed) {
	c.writes++
	inv.madeRoom = d.active() && !d.ending && c.now.After(d.created) // else it was ending by itself, or had not begun
	if !inv.baseActive {
		c.breaks("%s is %s for the sake of a base that is not ACTIVE", d.id, what)
	}
	if inv.hand.Suspend != nil || inv.alarm {
		c.breaks("%s is %s while releases are suspended or the alarm fires", d.id, what)
	}
	if d.rollback() || what == "stopped" && d.wish == "" {
		c.breaks("%s is %s though it is a rollback or somebody's", d.id, what)
	}
	if least := c.service.Service.WhenNewer.MinimumObservation.Std(); what == "finished" && d.active() && c.now.Sub(d.moved) < least {
		c.breaks("%s is finished %s after production moved", d.id, c.now.Sub(d.moved))
	}
}

// checkOutcome: nothing is stopped or finished for the sake of an image that is then refused.
func (c *cloud) checkOutcome(inv *invocation) {
	o := inv.outcome
	switch o.Decision {
	case Finish, Stop:
		if inv.madeRoom {
			c.room = room{o.Wish, inv.epoch, inv.looked} // what a person did since it looked is that person's
		}
	case Refuse, Hold, Wait:
		if c.room.wish == "" || c.room.wish != o.Wish || c.room.epoch != c.epoch {
			break
		}
		if c.ranOut(c.room.made) {
			c.counted["room was made for an order whose time ran out then"]++
			break
		}
		c.breaks("room was made for %s, and then: %s", o.Wish, o.Reason)
	}
	if o.Reason == "" {
		c.breaks("%s gives no reason", o.Decision)
	}
}

// ranOut reports whether the time of an operator's order has run out since then: its end is that person's word as well.
func (c *cloud) ranOut(since time.Time) bool {
	then, now := live.ReadHand(c.hands.is, since), live.ReadHand(c.hands.is, c.now)
	return (then.Pin == nil) != (now.Pin == nil) || (then.Deploy == nil) != (now.Deploy == nil) || (then.Suspend == nil) != (now.Suspend == nil)
}

// heldBy is why a wish is not to be tried, by the stated rules and what really happened; empty when it may be.
func (c *cloud) heldBy(w live.Wish, history []deployed, primary *revision, putLive string) string {
	history = history[max(0, len(history)-newestDeployments):]
	var newest, last, lastOfImages *deployed
	row, counting := 0, true
	for i := len(history) - 1; i >= 0; i-- {
		d := &history[i]
		if d.rollback() || d.wish == "" && (d.status == failed || d.status == stopped) && d.id != putLive {
			continue // it undid another, or was somebody's and came to nothing
		}
		if newest == nil {
			newest = d
		}
		if lastOfImages == nil && d.wish.Images() == w.Hash().Images() && d.wish != "" {
			lastOfImages = d
		}
		if d.wish == w.Hash() {
			if last == nil {
				last = d
			}
			if counting = counting && awsFailed(d); counting {
				row++
			}
		}
	}
	live, _ := primary.Image("sample-website")
	switch {
	case newest == nil:
		return ""
	case newest.wish == "" && lastOfImages != nil:
		return newest.id + " was made by hand, and the image was tried before"
	case newest.wish == "", row == 1:
		return ""
	case last != nil && (last == newest || last.status != succeeded):
		return "the wish was tried by " + last.id
	case last == nil && lastOfImages != nil && live.Digest != w.Images[0].Digest &&
		!lastOfImages.active() && lastOfImages.status != succeeded && !awsFailed(lastOfImages):
		return "the image was tried on another base by " + lastOfImages.id
	}
	return ""
}

func awsFailed(d *deployed) bool {
	return d.status == failed && (d.code == cdtypes.ErrorCodeInternalError || d.code == cdtypes.ErrorCodeThrottled)
}

// settle lets events stop and only the schedule run, until nothing moves; then the newest allowed image is live, or
// it was tried and what served before serves.
func (c *cloud) settle() {
	c.say("from here on only the schedule runs, and nothing more goes wrong")
	c.deaf, c.faults, c.pauses, c.alarm, c.group, c.shut = true, nil, nil, false, true, false
	for len(c.running) > 0 {
		c.proceed(c.running[0])
	}
	c.queue = nil
	if c.updating {
		c.updateStack(0)
	}
	for quiet, i := 0, 0; quiet < 2; i++ {
		before := c.writes + c.epoch
		c.pass(5 * time.Minute)
		c.check()
		if c.wrong != "" {
			return
		}
		if i > 60 {
			c.breaks("the world does not come to rest")
			return
		}
		quiet++
		if _, busy := c.holds(); busy || c.frozen(c.now) || c.writes+c.epoch > before || c.now.Before(c.ordered.Add(5*time.Minute)) || c.verdict == "" || len(c.history.is) > 0 && c.now.Sub(c.history.is[len(c.history.is)-1].ended) < settling {
			quiet = 0
		}
	}
	c.atRest()
}

func (c *cloud) atRest() {
	c.checkLeft()
	c.checkReleased()
	best, tag := c.wished()
	if tag == "" || !c.repository || c.leftover() {
		c.counted["at rest: nothing to release, or a person must help"]++
		return
	}
	p, runs := c.primary()
	wish := c.wishOf(c.service.Base, best.n)
	order := live.ReadHand(c.hands.is, c.now)
	switch {
	case runs.wish == wish.Hash():
		c.counted["at rest: the newest is live"]++
		return
	case order.Suspend != nil:
		c.counted["at rest: suspended"]++
		return
	}
	image := wish.Images[0]
	image.Tag = tag
	why, held := "", true
	if order.Pin != nil && !order.Pin.Names(image) || order.Blocked.Names(image) {
		why = "it is pinned or blocked"
	} else if order.Pin == nil && tag != "asked" && c.passedOver(order, image) && best.n != c.liveImage() {
		why = "another was asked for"
	} else if c.service.Service.Gates.Scan != nil && bad(best.n) && best.n != c.liveImage() && (tag != "asked" || order.Pin != nil) {
		why = "its scan found something"
	} else if why = c.heldBy(wish, c.history.is, runs, p.by); why == "" || strings.Contains(why, "by hand") && left(order, runs) {
		if why = ""; tag != "asked" {
			why, held = c.backwards(best)
		}
	} else if strings.Contains(why, "by hand") || c.history.is[len(c.history.is)-1].wish == wish.Hash() && c.history.is[len(c.history.is)-1].status == succeeded {
		held = false
	}
	if why == "" {
		c.breaks("image %d is not live though nothing holds it back; the loop says %s", best.n, c.verdict)
		return
	}
	c.counted["at rest: held"]++
	if n := c.liveImage(); held && n != 0 {
		fallback := c.wishOf(c.service.Base, n)
		if fallback.Hash() != runs.wish && c.heldBy(fallback, c.history.is, runs, p.by) == "" && !order.Blocked.Names(fallback.Images[0]) &&
			(order.Pin == nil || order.Pin.Names(fallback.Images[0])) {
			c.breaks("the new base is not live with the image %d that was; the newest is held because %s", n, why)
		}
	}
}

// backwards is why a glob does not go back to an older image.
func (c *cloud) backwards(best picture) (string, bool) {
	_, r := c.primary()
	is, ok := r.Image("sample-website")
	if !c.service.Service.Image.Exact() && ok && c.takes(is.Tag+"-") && best.pushed.Before(is.Pushed) && is.Digest != digestOf(best.n) {
		return "a newer one is live", true
	}
	return "", false
}
