package release

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

func itoa(n int) string { return strconv.Itoa(n) }

// function is the release function with its queue, and the bus before it.
type function struct {
	fate    fate // of the next event
	deaf    bool // no event is delivered any more
	queue   []delivery
	running []*invocation // those that are paused among their calls; with a single writer at most one
	pauses  []string      // calls before which the next invocation that comes there waits
	invoked int
	verdict Verdict // the last outcome's
	writes  int
}

type delivery struct {
	name, event string
	attempt     int
	disturbed   bool // by a fault, in any attempt
	byHand      bool // invoked and waited for: nobody tries again
	retry       live.Hash
}

type fate int

const (
	prompt fate = iota
	lostEvent
	doubled
	late
	veryLate
	fates
)

func (f fate) String() string {
	return [...]string{"arrives", "is lost", "comes twice", "is four minutes late", "is half an hour late"}[f]
}

// invocation is one run of the loop and what it was shown.
type invocation struct {
	delivery
	name       string
	deployed   config.Deployed
	next       func() (waits bool)
	yield      func(struct{}) bool
	quota      int // calls until it waits again; negative: no limit
	dead       bool
	outcome    Outcome
	err        error
	epoch      int // when it began
	knew       int // deployments that it was shown when it looked
	busy       bool
	primary    *revision
	putLive    string // the deployment that made PRIMARY
	hand       live.Hand
	held       live.Activities // what the tags that it was shown say that the loop holds
	baseActive bool
	alarm      bool
	looked     time.Time          // at
	gates      map[live.Hash]bool // the answers of the gate function
	madeRoom   bool               // it stopped or finished a deployment that went on
}

// runs is the revision that PRIMARY was seen to run.
func (inv *invocation) runs() string {
	if inv.primary == nil {
		return ""
	}
	return inv.primary.ARN()
}

// emit hands an event to the bus, which loses, doubles or delays it.
func (c *cloud) emit(name, event string) {
	f := c.fate
	if c.fate = prompt; f != prompt {
		c.say("  the event of %s %s", name, f)
		c.counted["event "+f.String()]++
	}
	arrive := func() {
		if !c.deaf {
			c.deliver(delivery{name: name, event: event})
		}
	}
	switch f {
	case lostEvent:
	case late:
		c.at(4*time.Minute, arrive)
	case veryLate:
		c.at(30*time.Minute, arrive)
	case doubled:
		c.at(time.Second, arrive)
		c.at(2*time.Second, arrive)
	default:
		c.at(time.Second, arrive)
	}
}

// tick is the schedule.
func (c *cloud) tick() {
	c.at(5*time.Minute, c.tick)
	c.deliver(delivery{name: "the schedule", event: `{"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"}`})
}

// deliver starts the function, or queues the event while the single writer is at work.
func (c *cloud) deliver(d delivery) {
	if c.script.single && len(c.running) > 0 {
		c.queue = append(c.queue, d)
		return
	}
	c.invoked++
	inv := &invocation{delivery: d, name: "invocation " + itoa(c.invoked), deployed: c.service, quota: -1, epoch: c.epoch, looked: c.now, gates: map[live.Hash]bool{}}
	to := &client{c, inv}
	loop := New(inv.deployed, AWS{Images: to, Services: to, Revisions: to, Deployments: to, Listeners: to, Alarms: to, Scaling: to, Marks: to, Scans: to, Gate: to}, slog.New(slog.DiscardHandler))
	loop.now = func() time.Time { return c.now }
	loop.sideBySide = c.inSomeOrder
	handle := func() { inv.outcome, inv.err = loop.Handle(context.Background(), json.RawMessage(d.event)) }
	inv.next = func() bool { handle(); return false }
	if len(c.pauses) > 0 {
		next, _ := iter.Pull(func(yield func(struct{}) bool) { inv.yield = yield; handle() })
		inv.next = func() bool { _, waits := next(); return waits }
		c.at(releaseTimeout, func() { c.kill(inv) })
	}
	c.proceed(inv)
}

// releaseTimeout is the function's.
const releaseTimeout = time.Minute

// inSomeOrder makes the reads of a round one after the other, in an order that the script chooses. Nothing else
// can be told of reads that are made at the same time.
func (c *cloud) inSomeOrder(ctx context.Context, reads ...func(context.Context) error) error {
	step := 1
	if c.script.order%2 == 1 {
		step = len(reads) - 1 // backwards
	}
	for i := range reads {
		if err := reads[(i*step+c.script.order)%len(reads)](ctx); err != nil {
			return err
		}
	}
	return nil
}

// enter is where an invocation waits before a call, when it is to.
func (c *cloud) enter(inv *invocation, call string) {
	i := slices.Index(c.pauses, call)
	if inv.dead || i < 0 && inv.quota != 0 {
		inv.quota--
		return
	}
	if i >= 0 {
		c.pauses = slices.Delete(c.pauses, i, i+1)
	}
	c.counted["pause before "+call]++
	c.say("  %s waits before %s", inv.name, call)
	inv.quota = -1
	inv.yield(struct{}{})
	inv.quota--
}

// proceed lets an invocation go on until it waits or ends.
func (c *cloud) proceed(inv *invocation) {
	c.running = slices.DeleteFunc(c.running, func(r *invocation) bool { return r == inv })
	if inv.next() {
		c.running = append(c.running, inv)
		return
	}
	c.over(inv)
	if len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		c.deliver(next)
	}
}

// kill ends an invocation whose time is up.
func (c *cloud) kill(inv *invocation) {
	if slices.Contains(c.running, inv) {
		c.counted["function timed out"]++
		c.say("  %s is killed: its time is up", inv.name)
		inv.dead, inv.disturbed = true, true
		c.proceed(inv)
	}
}

// over is an invocation's end: Lambda tries an error again, twice.
func (c *cloud) over(inv *invocation) {
	if inv.dead && inv.err == nil {
		inv.err = errCrashed
	}
	if inv.err == nil {
		c.verdict = inv.outcome.Decision
		c.counted["outcome "+string(c.verdict)]++
		c.say("  %s at %s: %s: %s", inv.name, inv.delivery.name, c.verdict, inv.outcome.Reason)
		c.checkOutcome(inv)
		return
	}
	c.verdict = ""
	c.counted["outcome error"]++
	c.say("  %s at %s fails: %v", inv.name, inv.delivery.name, inv.err)
	d := inv.delivery
	switch d.attempt++; {
	case d.byHand || c.deaf && inv.delivery.name != "the schedule":
	case d.attempt > 2:
		c.counted["dead letter"]++
		if !d.disturbed {
			c.counted["dead letter though every call was answered"]++
		}
	default:
		c.at(time.Duration(d.attempt)*time.Minute, func() { c.deliver(d) })
	}
}
