package verify

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// schedule says when requests are due.
type schedule struct {
	rate               float64 // a second
	ramp, warm, length time.Duration
}

func scheduleOf(l config.LoadTest) schedule {
	return schedule{rate: float64(l.Rate), ramp: l.Ramp.Std(), warm: l.WarmUp.Std(), length: l.Duration.Std()}
}

// ramped is how many requests are made while the rate rises evenly from nothing: half of what the full rate makes.
func (s schedule) ramped() float64 { return s.rate * s.ramp.Seconds() / 2 }

// all is how many requests are due before the end.
func (s schedule) all() int {
	const rounding = 1e-6
	return int(math.Ceil(s.ramped() + s.rate*(s.warm+s.length).Seconds() - rounding))
}

// due is when the i-th request leaves, counted from the start. After t of a ramp R there have been rate·t²/2R.
func (s schedule) due(i int) time.Duration {
	n, ramped := float64(i), s.ramped()
	if n < ramped {
		return time.Duration(math.Sqrt(2*n*s.ramp.Seconds()/s.rate) * float64(time.Second))
	}
	return s.ramp + time.Duration((n-ramped)/s.rate*float64(time.Second))
}

// measured is when the measurement begins.
func (s schedule) measured() time.Duration { return s.ramp + s.warm }

// shot is one prepared request of a load: captured values and cookies are in it, so that sending costs little.
type shot struct {
	name    string
	request request
	expect  config.Expect
	proto   string // wanted; empty for any
	client  *http.Client
}

// generator sends a load. Each of its workers has one connection and takes the request that is due next: while all
// wait for answers, requests become due and are sent late, and that wait is in their latencies. So no queue grows,
// however slow green is.
type generator struct {
	schedule
	shots  []shot
	other  func(answer) string // the version that an answer shows when it is another's
	start  time.Time
	next   atomic.Int64
	cancel context.CancelFunc

	mu     sync.Mutex
	figure *figures
}

// load makes the suite's load and holds it against its limits. It ends with ctx, or once the slowest answer could
// have come to the last request.
func (s *runner) load(ctx context.Context) *LoadResult {
	l := *s.suite.Load
	shots, err := s.shots()
	if err != nil {
		return &LoadResult{Rate: l.Rate, Problems: []string{err.Error()}}
	}
	g := &generator{schedule: scheduleOf(l), shots: shots, start: time.Now(), other: func(a answer) string { return s.other("", a) }}
	g.figure = newFigures(l, shots, g.schedule)
	g.figure.version = s.version
	drain := time.Duration(0)
	for _, one := range shots {
		drain = max(drain, one.expect.Latency.Std())
	}
	own, cancel := context.WithDeadline(ctx, g.start.Add(l.Whole().Std()+drain+time.Second))
	defer cancel()
	g.cancel = cancel
	var workers sync.WaitGroup
	for range min(l.Connections, g.all()) {
		workers.Go(func() { g.work(ctx, own) })
	}
	workers.Wait()
	for _, one := range shots {
		one.client.CloseIdleConnections()
	}
	g.leftovers()
	return g.figure.result(&s.mask)
}

// shots prepares what is asked.
func (s *runner) shots() ([]shot, error) {
	clients := map[string]*http.Client{}
	var all []shot
	for _, c := range s.suite.Asked() {
		r, err := newRequest(s.base, c, s.suite, s.values, nil)
		if err != nil {
			return nil, fmt.Errorf("request %q of the load: %s", c.Name, s.mask.sentence(err.Error()))
		}
		if s.jar != nil {
			kept := map[string]string{}
			s.jar.give(r.url, kept)
			for name, value := range r.cookies {
				kept[name] = value
			}
			r.cookies = kept
		}
		s.mask.learnRequest(r)
		// Only what is looked at is kept: the answers under way share the function's memory.
		r.unread = c.Expect.Contains == "" && c.Expect.Matches == "" && len(c.Expect.JSON) == 0 && c.Expect.JSONSubset == nil
		if clients[c.HTTP] == nil {
			clients[c.HTTP] = clientFor(keepingAlive(s.client, s.suite.Load.Connections), s.suite.ServerName, c.HTTP)
		}
		all = append(all, shot{shownName(c.Name), r, s.values.with(c.Expect), protocols[c.HTTP], clients[c.HTTP]})
	}
	return all, nil
}

// keepingAlive is client with connections that are used again, as a load balancer's clients do, and no more than most.
func keepingAlive(client *http.Client, most int) *http.Client {
	t, ok := client.Transport.(*http.Transport)
	if !ok {
		return client
	}
	c := *client
	t = t.Clone()
	t.TLSNextProto = nil
	t.DisableKeepAlives = false
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = most, most, most
	c.Transport = t
	return &c
}

// punctual is how late a worker may come for a request that did not wait for it.
const punctual = time.Millisecond

// work sends what is due next until nothing is, or the suite's time or the load's own is over.
func (g *generator) work(suite, own context.Context) {
	for {
		i := int(g.next.Add(1)) - 1
		if i >= g.all() {
			return
		}
		due := g.start.Add(g.due(i))
		busy := time.Since(due) > punctual
		if pause(own, time.Until(due)) != nil {
			g.next.Add(-1) // it was not made; which one it was does not matter, they are alike
			return
		}
		g.send(suite, own, i, due, busy)
	}
}

// send makes the i-th request and counts what came of it.
func (g *generator) send(suite, own context.Context, i int, due time.Time, busy bool) {
	one := g.shots[i%len(g.shots)]
	sent := time.Now()
	a, err := ask(own, one.client, one.request, one.expect.Latency.Std()+time.Second)
	problem, other := "", ""
	if err == nil {
		other = g.other(a)
	}
	if err != nil {
		problem = err.Error()
	} else if found := problems(one.expect, a); len(found) > 0 {
		problem = found[0]
	} else if one.proto != "" && a.proto != one.proto {
		problem = fmt.Sprintf("the answer came over %s, expected %s", a.proto, one.proto)
	}
	o := outcome{shot: i % len(g.shots), due: due.Sub(g.start), sent: sent.Sub(g.start), latency: time.Since(due), busy: busy, problem: problem, other: other}
	g.mu.Lock()
	defer g.mu.Unlock()
	if suite.Err() != nil {
		g.figure.notMade++
		return
	}
	if g.figure.lost() {
		return // what was under way was cancelled with the load
	}
	if g.figure.add(o); g.figure.lost() {
		g.cancel()
	}
}

// leftovers counts the requests that were due and never left as failed after all the time that they had, and those
// that were not due yet when the load was cut short as not made.
func (g *generator) leftovers() {
	for i := int(g.next.Load()); i < g.all() && !g.figure.lost(); i++ {
		waited := time.Since(g.start.Add(g.due(i)))
		if waited < 0 {
			g.figure.notMade += g.all() - i
			return
		}
		g.figure.add(outcome{
			shot: i % len(g.shots), due: g.due(i), sent: -1, latency: waited, busy: true,
			problem: "no connection was free for it before the load's end",
		})
	}
}
