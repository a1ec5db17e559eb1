// Package fault disturbs a sandbox on purpose: calls that fail, wait or happen although they are answered with an
// error, events that are lost, doubled, late or out of order, functions that crash, time out or find no concurrency,
// tasks that do not start, die, turn slow or answer 5xx, a listener changed behind CodeDeploy's back, a permission
// revoked, a wait skipped, calls that come too often for the buckets that AWS publishes.
//
// A Plan holds what is to befall the sandbox. Each fault draws from its own source of random numbers, seeded by the
// plan's seed and its place in the plan: it strikes the same ones of the occasions that it matches, whatever other
// faults do and however goroutines interleave. Each strike is seen in the trail.
package fault

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Fault is one of API, Deny, Event, Function, Listener, Scan, Target, Task, Throttle and Wait. In all of them an empty pattern means
// any, and * and ? in a pattern are those of path.Match, save that * matches a slash too.
type Fault interface {
	// Kind is the fault's name: "api", "deny", "event", "function", "listener", "scan", "target",
	// "task", "throttle" or "wait".
	Kind() string
	// check refuses a fault that means nothing.
	check() error
	when() when
}

// when says which of the occasions that a fault matches it strikes.
type when struct {
	skip, times int
	chance      float64
}

func (w when) check() error {
	if w.skip < 0 || w.times < 0 || w.chance < 0 || w.chance > 1 {
		return fmt.Errorf("skip and times are 0 or more, and chance lies between 0 and 1")
	}
	return nil
}

// Options of a Plan. All but Seed come from the sandbox that it disturbs.
type Options struct {
	// Seed of every draw.
	Seed uint64
	// Clock of events' and tasks' delays.
	Clock *clock.Clock
	// Server whose listeners are changed, and whose trail tells of faults.
	Server func() *wire.Server
	// Crash kills the running processes of a function.
	Crash func(function string) int
}

// Plan is what is to befall a sandbox. Use New; a Plan is safe for concurrent use.
type Plan struct {
	opts  Options
	count atomic.Int32 // entries, so that an empty plan costs nothing

	mu      sync.Mutex
	last    int
	entries []*entry
	tasks   map[*disturbedTask]struct{} // that run
	origins map[string]origin           // by address
}

type entry struct {
	id         int
	fault      Fault
	random     *rand.Rand
	seen, hits int
	limits     map[string]*rate.Limiter // of a Throttle, by bucket
}

// Planned is a fault of a plan.
type Planned struct {
	ID    int
	Fault Fault
	// Matched occasions so far, and how many of them it has struck.
	Matched, Struck int
}

// New returns an empty plan.
func New(opts Options) *Plan {
	if opts.Clock == nil {
		opts.Clock = clock.New(1)
	}
	return &Plan{opts: opts, tasks: map[*disturbedTask]struct{}{}, origins: map[string]origin{}}
}

// Seed of the plan's draws.
func (p *Plan) Seed() uint64 { return p.opts.Seed }

// Add plans a fault. What has no occasion of its own, a listener changed at once, happens before Add returns.
// The error is for a fault that means nothing.
func (p *Plan) Add(f Fault) (id int, err error) {
	if err := f.check(); err != nil {
		return 0, fmt.Errorf("fault %s: %w", f.Kind(), err)
	}
	if err := f.when().check(); err != nil {
		return 0, fmt.Errorf("fault %s: %w", f.Kind(), err)
	}
	p.mu.Lock()
	p.last++
	e := &entry{id: p.last, fault: f, random: rand.New(rand.NewPCG(p.opts.Seed, uint64(p.last)))}
	p.entries = append(p.entries, e)
	p.count.Store(int32(len(p.entries)))
	p.mu.Unlock()
	if now, ok := f.(interface{ atOnce(p *Plan) error }); ok {
		if err := now.atOnce(p); err != nil {
			p.Remove(e.id)
			return 0, fmt.Errorf("fault %s: %w", f.Kind(), err)
		}
	}
	return e.id, nil
}

// Remove takes a fault out of the plan and says whether it was there. What it has done stays done.
func (p *Plan) Remove(id int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range p.entries {
		if e.id == id {
			p.entries = append(p.entries[:i:i], p.entries[i+1:]...)
			p.count.Store(int32(len(p.entries)))
			return true
		}
	}
	return false
}

// Clear takes out every fault and says how many there were.
func (p *Plan) Clear() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.entries)
	p.entries = nil
	p.count.Store(0)
	return n
}

// List is the plan, in the order in which it was made.
func (p *Plan) List() []Planned {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := []Planned{}
	for _, e := range p.entries {
		all = append(all, Planned{ID: e.id, Fault: e.fault, Matched: e.seen, Struck: e.hits})
	}
	return all
}

// strike returns the faults of one kind that strike an occasion which they match, in the plan's order.
func strike[F Fault](p *Plan, matches func(F) bool) []F {
	if p.count.Load() == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []F
	for _, e := range p.entries {
		if f, ok := e.fault.(F); ok && matches(f) && e.strikes() {
			all = append(all, f)
		}
	}
	return all
}

// strikes counts an occasion. A number is drawn for each, so that times and skip do not shift the draws.
func (e *entry) strikes() bool {
	w := e.fault.when()
	e.seen++
	drawn := w.chance == 0 || e.random.Float64() < w.chance
	if e.seen <= w.skip || !drawn || w.times > 0 && e.hits >= w.times {
		return false
	}
	e.hits++
	return true
}

// draw is a number in [0, 1) of the fault's own.
func (p *Plan) draw(f Fault) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if e.fault == f {
			return e.random.Float64()
		}
	}
	return 0
}

// tell puts a strike that is no call into the trail.
func (p *Plan) tell(service, action, principal, format string, args ...any) {
	if p.opts.Server == nil {
		return
	}
	p.opts.Server().Record(wire.Entry{
		Time: time.Now(), Caller: wire.Caller{ARN: principal}, Service: service, Action: action, Fault: fmt.Sprintf(format, args...),
	})
}

// like says whether text matches a pattern; the empty pattern is like anything.
func like(pattern, text string) bool {
	if pattern == "" || pattern == "*" || pattern == text {
		return true
	}
	const slash = "\x00"
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", slash), strings.ReplaceAll(text, "/", slash))
	return ok && err == nil
}

// checkPattern refuses what path.Match cannot read.
func checkPattern(patterns ...string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", p, err)
		}
	}
	return nil
}

// The doors through which a sandbox is disturbed have the form of its services' options.
var (
	_ func(events.Event) []time.Duration         = (*Plan)(nil).Event
	_ func(string) lambda.Disturbance            = (*Plan)(nil).Execution
	_ func(string) bool                          = (*Plan)(nil).Throttled
	_ func(string, string, bool) elb.Disturbance = (*Plan)(nil).Target
)
