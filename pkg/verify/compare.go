package verify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// mostUnderWay is how many requests of a comparison may wait for their answers at once.
const mostUnderWay = 8

// The sides of a contest.
const (
	blue = iota
	green
)

// contest makes the same requests to blue and green.
type contest struct {
	rules  config.Comparison
	routes []contender
	// header shows green's version, where a suite proves it so; both are empty otherwise.
	header, version string

	mu            sync.Mutex
	others, asked int // answers at green that showed another version, of all of green's after the warm-up
}

// contender is one route: its request to either side and what came back.
type contender struct {
	check    config.Check
	client   *http.Client
	requests [2]request
	sides    [2]*compare.Side
}

// Against adds to a verdict on green (scheme and host, as the suite was run against it) the comparison with what
// answers at blue, by the suite's own rules or, when it has none, by the defaults. It takes what the checks left of the
// suite's timeout. A verdict that is not Succeeded stays as it is: what fails its checks needs no comparison.
func Against(ctx context.Context, client *http.Client, v Verdict, blue string, suite config.Suite) Verdict {
	if v.Outcome != Succeeded {
		return v
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, suite.Timeout.Std()-time.Duration(v.Seconds*float64(time.Second)))
	defer cancel()
	v.Comparison = contend(ctx, client, blue, v.URL, suite, v.Version)
	v.take(*v.Comparison)
	v.Seconds += time.Since(start).Seconds()
	return v
}

// contend asks both sides and judges what they answered. It ends early enough before ctx to be told.
func contend(ctx context.Context, client *http.Client, blueURL, greenURL string, suite config.Suite, proof *Proof) *Comparison {
	rules := suite.Compare.Filled()
	told := &Comparison{
		Blue: blueURL, Green: greenURL, Samples: rules.Samples, WarmUp: *rules.WarmUp, Rate: rules.Rate, Level: rules.Level,
		Seed: rand.Uint64() >> 11, Observed: rules.Observe, Lenient: rules.Inconclusive == config.InconclusivePasses,
	}
	c, err := newContest(client, [2]string{blueURL, greenURL}, suite, rules)
	if err != nil {
		told.Outcome, told.Reason = compare.Inconclusive, err.Error()
		return told
	}
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-min(3*time.Second, time.Until(end)/10)))
		defer cancel()
	}
	if proof != nil && suite.Version != nil {
		c.header, c.version = suite.Version.Header, proof.Want
	}
	start := time.Now()
	c.run(ctx, told.Seed)
	told.Seconds, told.Others = time.Since(start).Seconds(), c.others
	told.judged(c.judge())
	if float64(c.others) > mostOthers*float64(c.asked) {
		told.Outcome, told.Reason = compare.Inconclusive, fmt.Sprintf(
			"%d of %d answers at green showed another version than %q, allowed is a share of %v: see what else the test listener shows", c.others, c.asked, c.version, mostOthers)
	}
	return told
}

func newContest(client *http.Client, bases [2]string, suite config.Suite, rules config.Comparison) (*contest, error) {
	c := &contest{rules: rules}
	for _, check := range suite.Compared(rules) {
		one := contender{check: check, client: clientFor(client, suite.ServerName, check.HTTP), sides: [2]*compare.Side{{}, {}}}
		for side, base := range bases {
			var err error
			if one.requests[side], err = newRequest(base, check, suite, values{}, nil); err != nil {
				return nil, fmt.Errorf("route %q: %w", shownName(check.Name), err)
			}
		}
		c.routes = append(c.routes, one)
	}
	return c, nil
}

// run makes the requests in rounds. A round has every route once on each side, in an order of its own, so that what
// changes with time changes both sides alike, however far the rounds get.
func (c *contest) run(ctx context.Context, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	interval := time.Second / time.Duration(c.rules.Rate)
	slots := make(chan struct{}, mostUnderWay)
	var under sync.WaitGroup
	defer under.Wait()
	next := time.Now()
	for round := range *c.rules.WarmUp + c.rules.Samples {
		for _, i := range random.Perm(2 * len(c.routes)) {
			if pause(ctx, time.Until(next)) != nil {
				return
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			if next = next.Add(interval); next.Before(time.Now()) {
				next = time.Now() // who waited for a slot does not catch up
			}
			under.Go(func() {
				defer func() { <-slots }()
				a, others := c.own(ctx, c.routes[i/2], i%2)
				if round >= *c.rules.WarmUp && ctx.Err() == nil {
					c.mu.Lock()
					defer c.mu.Unlock()
					if i%2 == green {
						c.asked, c.others = c.asked+1+others, c.others+others
					}
					c.routes[i/2].sides[i%2].Add(a)
				}
			})
		}
	}
}

// own asks until the answer is the side's own, a few times at most, and counts those that were not: a sample that is left
// out would leave too few to tell by.
func (c *contest) own(ctx context.Context, one contender, side int) (a compare.Answer, others int) {
	for {
		var other bool
		if a, other = c.ask(ctx, one, side); !other || others == mostAgain || ctx.Err() != nil {
			return a, others
		}
		others++
	}
}

// mostAgain is how often a request of a comparison is made again because another version answered it. Where even that is
// not enough, the share of such answers is far beyond what is allowed.
const mostAgain = 5

// ask makes one request on a connection of its own, so that every node of a load balancer gets its share, and leaves
// out of the latency how long that connection took: it is not the version's doing, and would hide what is. An answer at
// green in which another version shows is none of green's.
func (c *contest) ask(ctx context.Context, one contender, side int) (answer compare.Answer, other bool) {
	var since time.Time
	var connecting time.Duration
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { since = time.Now() },
		GotConn: func(httptrace.GotConnInfo) { connecting += time.Since(since) },
	})
	a, err := ask(traced, one.client, one.requests[side], one.check.Expect.Latency.Std()+time.Second)
	answer = compare.Answer{
		Latency: a.latency - connecting, Status: a.status, Type: a.header.Get("Content-Type"),
		Failed: err != nil || !expected(one.check.Expect, a.status),
	}
	if c.rules.Body != config.BodyIgnore && !a.truncated {
		answer.Body = a.body
	}
	return answer, c.showsOther(a, side)
}

// showsOther reports whether an answer at green shows another version. One that shows none may be anybody's; and blue,
// whose listener nobody moves meanwhile, may be of green's very version, where only the task around it changes.
func (c *contest) showsOther(a answer, side int) bool {
	return side == green && c.header != "" && c.version != "" && otherIn(a, c.header, c.version) != ""
}

// expected reports whether a status is what the check asks for.
func expected(e config.Expect, status int) bool {
	if len(e.Status) == 0 {
		return status < http.StatusBadRequest
	}
	return e.Status.Has(status)
}

func (c *contest) judge() compare.Result {
	var routes []compare.Route
	for _, one := range c.routes {
		routes = append(routes, compare.Route{Name: shownName(one.check.Name), Blue: one.sides[blue], Green: one.sides[green]})
	}
	return compare.Judge(routes, compare.Rules{
		Level: c.rules.Level, Samples: c.rules.Samples, Least: config.LeastSamples, SlowerPercent: c.rules.Slower.Percent,
		SlowerMS: milliseconds(c.rules.Slower.By.Std()), Errors: c.rules.Errors, Body: compare.Body(c.rules.Body), Ignore: c.rules.Ignore,
	})
}
