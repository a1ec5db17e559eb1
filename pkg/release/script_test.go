package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// script is what happens around the loop. The same script is the same story.
type script struct {
	shape  int  // of the service, one of shapes
	early  bool // the stack is not complete: no repository, no deployment group
	grown  bool // image 1 is live already
	single bool // the function has its reserved concurrency of 1
	order  int  // of the reads within a round
	steps  []step
}

// step is one thing that happens; a and b choose among the ways in which it can.
type step struct {
	do   verb
	a, b int
}

type verb int

const (
	nothing verb = iota // where a failure has shrunk a step away
	comes
	wait
	breakCall
	fails
	pause
	goOn
	retag
	stack
	loseEvent
	console
	stopByHand
	hand
	alarm
	finishByHand
	invoke
	remove
	scale
	tidy
	autoscale
	gate
)

// String is the script as Go, without the steps that do nothing.
func (s script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "script{shape: %d, early: %v, grown: %v, single: %v, order: %d, steps: []step{", s.shape, s.early, s.grown, s.single, s.order)
	for _, step := range s.steps {
		if step.do != nothing {
			fmt.Fprintf(&b, "{%d, %d, %d}, ", step.do, step.a, step.b)
		}
	}
	return strings.TrimSuffix(b.String(), ", ") + "}}"
}

// drawn is a generator of scripts for a shape.
func drawn(shape int) *rapid.Generator[script] {
	weights := map[verb]int{comes: 8, wait: 13, breakCall: 7, fails: 5, pause: 2, goOn: 3, retag: 4, stack: 3, loseEvent: 3,
		console: 1, stopByHand: 1, hand: 2, alarm: 2, finishByHand: 1, invoke: 2, remove: 1, scale: 1, tidy: 2, autoscale: 1, gate: 2}
	all := []verb{comes, wait, comes, wait}
	for round := range 13 { // rapid likes the first ones best: all are among them
		for v := range gate + 1 {
			if weights[v] > round && (v != autoscale || shapes()[shape].deployed.Service.Scaling != nil) && (v != gate || shapes()[shape].deployed.Service.Gates.Function != "") {
				all = append(all, v)
			}
		}
	}
	turn := shape * 3 // the same numbers tell each service another story
	all = slices.Concat([]verb{nothing}, all[turn:], all[:turn])
	verbs, small, any := rapid.SampledFrom(all), rapid.IntRange(0, 7), rapid.IntRange(0, 63)
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{verbs.Draw(t, "what"), any.Draw(t, "a"), small.Draw(t, "b")}
	}), 14, 60)
	coin := rapid.IntRange(0, 7)
	return rapid.Custom(func(t *rapid.T) script {
		age := coin.Draw(t, "early")
		return script{shape: shape, early: age == 7, grown: age > 0 && age < 6, single: coin.Draw(t, "several writers") < 6,
			order: coin.Draw(t, "order of reads"), steps: steps.Draw(t, "steps")}
	})
}

// play runs a script to its end and tells the first promise that was broken.
func play(s script, of shape, telling bool) *cloud {
	c := newCloud(s, of)
	c.telling = telling
	for _, step := range s.steps {
		c.step(step)
		c.check()
		if c.wrong != "" {
			break
		}
	}
	if c.wrong == "" {
		c.settle()
	}
	for len(c.running) > 0 {
		c.running[0].dead = true
		c.proceed(c.running[0])
	}
	return c
}

func (c *cloud) step(s step) {
	switch s.do {
	case nothing:
	case wait:
		d := []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 2 * time.Second, 3 * time.Minute, 15 * time.Minute, 45 * time.Minute, 30 * time.Second}[s.b]
		c.say("%s passes", d)
		c.pass(d)
	case breakCall:
		names := callNames()
		f := fault{names[s.a%len(names)], faultKind(s.b)}
		if s.a >= 56 {
			f.kind = denied
		}
		if f.kind != behind || slices.Contains([]string{"BatchGetDeployments", "ListDeployments", "DescribeServices", "DescribeImages"}, f.call) {
			c.faults = append(c.faults, f)
		}
	case pause:
		names := callNames()
		c.pauses = append(c.pauses, names[s.a%len(names)])
	case goOn:
		if len(c.running) > 0 {
			inv := c.running[s.a%len(c.running)]
			inv.quota = s.b*2 - 1 // 0: to its end
			c.say("%s goes on", inv.name)
			c.proceed(inv)
		}
	case loseEvent:
		c.fate = fate(s.b) % fates
	case invoke:
		if best, tag := c.wished(); tag != "" && s.b > 3 {
			wish := string(c.wishOf(c.service.Base, best.n).Hash())
			c.say("somebody allows %s one more try", wish)
			c.deliver(delivery{name: "a retry by hand", event: `{"service": "sample-website", "retry": "` + wish + `"}`, byHand: true, retry: live.Hash(wish)})
			return
		}
		c.say("somebody invokes the function")
		c.deliver(delivery{name: "an invocation by hand", event: byInvocation, byHand: true})
	case comes, retag, remove:
		c.epoch++
		c.registry(s)
	case stack:
		c.epoch++
		c.updateStack(s.a)
	case fails, alarm:
		c.trouble(s)
	default:
		c.epoch++
		c.person(s)
	}
}

// registry is what happens there.
func (c *cloud) registry(s step) {
	c.repository = true
	pictures := slices.Clone(c.pictures.is)
	tag := "latest"
	if !c.service.Service.Image.Exact() {
		tag = fmt.Sprintf("v%d", c.pushes+1)
	}
	if s.b == 5 {
		tag = "other"
	}
	at := -1
	switch {
	case s.do == comes:
		c.pushes++
		media := oci.ImageTypes[0]
		if s.b == 3 && s.a > 31 {
			media = "application/vnd.cncf.helm.config.v1+json"
		}
		pictures = append(pictures, picture{n: c.pushes, pushed: c.now, media: media})
		at = len(pictures) - 1
		c.ever = append(c.ever, pictures[at])
		c.scanned(c.pushes)
		c.say("image %d is pushed as %s", c.pushes, tag)
	case len(pictures) == 0 || s.do == remove && len(pictures) == 1 && s.a < 32:
		return
	case s.do == remove:
		gone := s.a % len(pictures)
		c.say("image %d is deleted", pictures[gone].n)
		c.pictures.set(slices.Delete(pictures, gone, gone+1), c.now)
		return
	default:
		at = s.a % len(pictures)
		c.say("image %d is tagged %s", pictures[at].n, tag)
	}
	for i := range pictures {
		pictures[i].tags = slices.DeleteFunc(slices.Clone(pictures[i].tags), func(t string) bool { return t == tag })
	}
	pictures[at].tags = append(pictures[at].tags, tag)
	c.pictures.set(pictures, c.now)
	c.emit("image "+itoa(pictures[at].n), fmt.Sprintf(`{"source": "aws.ecr", "detail-type": "ECR Image Action", "time": %q, "detail": {"action-type": "PUSH",
		"result": "SUCCESS", "repository-name": "sample-website", "image-digest": %q, "image-tag": %q, "manifest-media-type": %q}}`,
		c.now.Format(time.RFC3339), digestOf(pictures[at].n), tag, pictures[at].media))
}

// updateStack begins an update, or ends one: well, or by going back to what was before.
func (c *cloud) updateStack(a int) {
	newest := c.bases[len(c.bases)-1]
	status := "UPDATE_COMPLETE"
	switch {
	case !c.updating:
		c.updating = true
		c.service.Base = c.newBase().ARN()
		c.say("the stack is being updated: the function knows base %d", len(c.bases))
		if a%3 == 2 {
			return
		}
		newest = c.bases[len(c.bases)-1]
		fallthrough
	case a%3 == 0:
		for _, b := range c.bases {
			if b != newest {
				b.retire()
			}
		}
		c.repository, c.group = true, true
	default:
		status = "UPDATE_ROLLBACK_COMPLETE"
		newest.retire()
		for _, b := range slices.Backward(c.bases) {
			if b.Active() {
				c.service.Base = b.ARN()
				break
			}
		}
	}
	c.updating = false
	c.say("the stack's update ends: %s", status)
	c.emit("the stack", fmt.Sprintf(`{"source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change", "time": %q, "detail": {
		"stack-id": "arn:aws:cloudformation:us-east-1:111122223333:stack/%s/1", "status-details": {"status": %q}}}`,
		c.now.Format(time.RFC3339), c.service.Names().Stack, status))
}

// trouble befalls the deployment that is active.
func (c *cloud) trouble(s step) {
	if s.do == alarm {
		c.epoch++
		c.alarm = !c.alarm
		c.say("the alarm fires: %v", c.alarm)
		if c.alarm && s.b < 6 {
			c.at(4*time.Minute, func() {
				if c.alarm {
					c.trouble(s)
				}
			})
		}
	}
	d, busy := c.holds()
	switch {
	case s.do == alarm && !c.alarm:
		c.emit("the alarm", fmt.Sprintf(`{"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "time": %q, "detail": {
			"alarmName": %q, "state": {"value": "OK"}}}`, c.now.Format(time.RFC3339), c.service.Names().Alarms[0]))
	case !busy:
	case s.do == alarm && !d.rollback():
		c.fail(d.id, stopped, cdtypes.ErrorCodeAlarmActive)
	case s.do == fails && (!d.rollback() || s.a%8 == 5):
		c.later = []time.Duration{5 * time.Second, 40 * time.Second, 100 * time.Second}[s.a%3]
		code := []cdtypes.ErrorCode{cdtypes.ErrorCodeHookExecutionFailure, cdtypes.ErrorCodeInternalError, cdtypes.ErrorCodeThrottled, cdtypes.ErrorCodeTimeout}[s.b%4]
		if d.rollback() {
			c.epoch++ // what it leaves behind needs a person, whatever room was made
		}
		c.fail(d.id, failed, code)
	}
}

// person is what somebody does by hand. Nobody is as quick as a rollback that is due.
func (c *cloud) person(s step) {
	d, _ := c.holds()
	busy := c.taken()
	switch s.do {
	case console:
		if r := c.family[s.a%len(c.family)]; !busy && c.group && r.Active() {
			c.say("somebody deploys revision %s by hand", r.ARN()[strings.LastIndex(r.ARN(), ":")+1:])
			r.used = true
			_, _ = c.create(deployed{description: "hotfix", revision: r.ARN(), creator: cdtypes.DeploymentCreatorUser})
		}
	case stopByHand:
		if d.id != "" && !d.rollback() {
			c.say("somebody stops %s", d.id)
			_ = c.halt(d.id, s.b != 5)
			if s.a%4 > 0 {
				c.at(6*time.Minute, func() {
					if !c.taken() {
						c.tidy()
					}
				})
			}
		}
	case finishByHand:
		if d.id != "" {
			c.say("somebody ends the wait of %s", d.id)
			_ = c.finish(d.id)
		}
	case scale:
		c.count++
		c.say("somebody scales the service to %d", c.count)
	case tidy:
		if !busy {
			c.tidy()
		}
	case gate:
		c.shut = s.b < 4
		c.say("the gate is shut: %v", c.shut)
	case autoscale:
		c.autoscale(s)
	case hand:
		c.orders(s)
	}
}

// taken reports whether the group is, or is about to be by a rollback that is due.
func (c *cloud) taken() bool {
	return slices.ContainsFunc(c.history.is, func(d deployed) bool { return d.due || d.active() })
}

// tidy follows the advice that the loop gives.
func (c *cloud) tidy() {
	p, _ := c.primary()
	c.epoch++
	c.say("somebody deletes what is left over and points production at PRIMARY")
	c.serves = p.group
	c.changeSets(func(ts *set) bool { return ts.status != live.StatusActive })
}

// chosen is what the description leads to, in an order's words.
func (c *cloud) chosen() string {
	if best, tag := c.newest(); tag != "" {
		return digestOf(best.n)
	}
	return ""
}

func (c *cloud) orders(s step) {
	n := 1 + s.a%max(c.pushes, 1)
	until := ""
	if s.a%4 > 0 {
		c.ordered = c.now.Add(10 * time.Minute)
		until = " until " + c.ordered.Format(time.RFC3339)
	}
	orders := [][2]string{
		{live.TagSuspend, "by alice" + until}, {live.TagSuspend, ""}, {live.TagPin, digestOf(n) + until}, {live.TagPin, ""},
		{live.TagBlocked, digestOf(n)}, {live.TagBlocked, ""}, {live.TagBlocked, digestOf(max(c.liveImage(), 1)) + " to " + digestOf(n)},
		{live.TagDeploy, strings.TrimSpace(c.chosen() + " to " + digestOf(n) + until)},
	}
	o := orders[s.b]
	if s.b == 5 && s.a%2 > 0 {
		o = [2]string{live.TagDeploy, ""}
	}
	if s.b == 7 && c.service.Service.Gates.Freeze != nil {
		o = [2]string{live.TagThaw, "by alice" + until}
	}
	c.say("somebody sets %s to %q", o[0], o[1])
	c.order(o[0], o[1])
}
