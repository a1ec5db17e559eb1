package verify

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// beside is a world in which an earlier version serves.
func beside() *world {
	w := newWorld()
	w.blueImage, w.blueHealth = "111122223333.dkr.ecr.us-east-1.amazonaws.com/sample-website@sha256:bbbb", elbtypes.TargetHealthStateEnumHealthy
	w.production = map[string]int32{blueGroup: 1}
	return w
}

// after answers so much later, in a bubble's time.
func after(d time.Duration, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(d)
		answer(w, r)
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// everyNth answers one of so many requests otherwise.
func everyNth(n int64, rare, usual http.HandlerFunc) http.HandlerFunc {
	var count atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1)%n == 0 {
			rare(w, r)
		} else {
			usual(w, r)
		}
	}
}

func TestTheGateHoldsGreenAgainstBlue(t *testing.T) {
	ok, order := says(200, `{"id": 7}`), says(200, `{"id": "7"}`)
	const usual = `{}`
	for name, c := range map[string]struct {
		rules   string
		blue    http.HandlerFunc
		green   http.HandlerFunc
		change  func(*world)
		outcome Outcome
		reason  string
		is      compare.Outcome
	}{
		"as good":                        {usual, after(40*time.Millisecond, ok), after(40*time.Millisecond, ok), nil, Succeeded, "1 of 1 checks hold on green; green answers 1 of 1 routes as well as blue", compare.Pass},
		"slower":                         {usual, after(40*time.Millisecond, ok), after(52*time.Millisecond, ok), nil, Failed, "the comparison with blue failed: GET /: green is slower: by 12.0 ms (12.0 ms to 12.0 ms) at blue's median of 40.0 ms, tolerated 5.0 ms", compare.Fail},
		"slower, observed":               {`{"observe": true}`, after(40*time.Millisecond, ok), after(52*time.Millisecond, ok), nil, Succeeded, "the comparison with blue, which is only observed, failed: GET /: green is slower", compare.Fail},
		"errors":                         {usual, ok, everyNth(10, says(503, ""), ok), nil, Failed, "green errs more often", compare.Fail},
		"a status":                       {usual, ok, says(204, ""), nil, Failed, "green answers 200 in 0 of 300 good answers", compare.Fail},
		"a body":                         {usual, ok, order, nil, Failed, "id is a number in 300 of 300 of blue's answers and 0 of 300 of green's, where it is text in 300", compare.Fail},
		"a body that nobody looks at":    {`{"body": "ignore"}`, ok, order, nil, Succeeded, "as well as blue", compare.Pass},
		"cannot tell":                    {usual, everyNth(10, says(500, ""), ok), everyNth(10, says(500, ""), ok), nil, Failed, "the comparison with blue is inconclusive: GET /: green may err more often", compare.Inconclusive},
		"cannot tell, and that passes":   {`{"inconclusive": "pass"}`, everyNth(10, says(500, ""), ok), everyNth(10, says(500, ""), ok), nil, Succeeded, "; the comparison with blue is inconclusive", compare.Inconclusive},
		"cannot tell, observed":          {`{"observe": true}`, everyNth(10, says(500, ""), ok), everyNth(10, says(500, ""), ok), nil, Succeeded, "which is only observed, is inconclusive", compare.Inconclusive},
		"no time":                        {usual, after(4*time.Second, ok), after(4*time.Second, ok), nil, Failed, "is inconclusive: GET /: time ended after", compare.Inconclusive},
		"blue does not have the route":   {usual, says(404, ""), ok, nil, Failed, "no route could be compared", compare.Inconclusive},
		"the placeholder serves":         {usual, ok, order, func(w *world) { w.blueImage = "public.ecr.aws/docker/library/caddy:2-alpine" }, Succeeded, "not compared with blue: what serves, public.ecr.aws/docker/library/caddy:2-alpine, is no earlier version", compare.Skipped},
		"a tag serves":                   {usual, ok, ok, func(w *world) { w.blueImage = "127.0.0.1:4566/sample-website:v1" }, Succeeded, "as well as blue", compare.Pass},
		"blue is not well":               {usual, ok, ok, func(w *world) { w.blueHealth = elbtypes.TargetHealthStateEnumUnhealthy }, Succeeded, "not compared with blue: blue is not well itself: 0 of 1 targets of sample-website-tg-1 are healthy", compare.Skipped},
		"production is split":            {usual, ok, ok, func(w *world) { w.production = map[string]int32{blueGroup: 90, greenTG: 10} }, Failed, "the production listener also forwards to sample-website-tg-2, so an answer may not be blue's", compare.Inconclusive},
		"production is elsewhere":        {usual, ok, ok, func(w *world) { w.production = map[string]int32{greenTG: 1} }, Failed, "the production listener does not forward to blue's target group sample-website-tg-1", compare.Inconclusive},
		"production changed meanwhile":   {usual, func(http.ResponseWriter, *http.Request) {}, ok, nil, Failed, "production was changed during the comparison: the production listener does not forward", compare.Inconclusive},
		"elsewhere, and only observed":   {`{"observe": true}`, ok, ok, func(w *world) { w.production = map[string]int32{greenTG: 1} }, Succeeded, "only observed", compare.Inconclusive},
		"its first answers do not count": {usual, ok, afterFirst(20, after(time.Second, ok), ok), nil, Succeeded, "as well as blue", compare.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := beside()
				w.site, w.blue = c.green, c.blue
				if name == "production changed meanwhile" {
					w.blue = func(rw http.ResponseWriter, r *http.Request) {
						w.mu.Lock()
						w.production = map[string]int32{greenTG: 1}
						w.mu.Unlock()
						ok(rw, r)
					}
				}
				if c.change != nil {
					c.change(w)
				}
				v, err := w.gate(t, `{"compare": `+c.rules+`}`).Handle(t.Context(), []byte(hookCall))
				if err != nil || v.Outcome != c.outcome || !strings.Contains(v.Reason, c.reason) {
					t.Errorf("%s: %s, %v", v.Outcome, v.Reason, err)
				}
				if v.Comparison == nil || v.Comparison.Outcome != c.is {
					t.Errorf("the comparison is %+v", v.Comparison)
				}
				if len(w.told) != 1 {
					t.Errorf("told %v", w.told)
				}
			})
		})
	}
}

// afterFirst answers the first requests otherwise; the check before the comparison is one.
func afterFirst(n int64, first, then http.HandlerFunc) http.HandlerFunc {
	var count atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) <= n+1 {
			first(w, r)
		} else {
			then(w, r)
		}
	}
}

// order is a transport that notes what is asked and answers at once.
type order struct {
	mu    sync.Mutex
	asked []string
	at    []time.Time
}

func (o *order) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	o.asked, o.at = append(o.asked, r.URL.Host+r.URL.Path), append(o.at, time.Now())
	o.mu.Unlock()
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func TestRequestsAreInterleavedInAnOrderThatTheSeedGives(t *testing.T) {
	suite := suiteOf(t, `{"checks": [{"path": "/a"}, {"path": "/b"}, {"path": "/c"}], "compare": {"samples": 140, "warmUp": 10, "rate": 100}}`)
	ran := func(seed uint64) *order {
		o := &order{}
		synctest.Test(t, func(t *testing.T) {
			c, err := newContest(&http.Client{Transport: o}, [2]string{"http://blue", "http://green"}, suite, *suite.Compare)
			if err != nil {
				t.Fatal(err)
			}
			c.run(t.Context(), seed)
		})
		return o
	}
	first, again, other := ran(1), ran(1), ran(2)
	if !slices.Equal(first.asked, again.asked) || slices.Equal(first.asked, other.asked) {
		t.Error("a seed does not give its order")
	}
	if len(first.asked) != 6*150 {
		t.Fatalf("%d requests were made", len(first.asked))
	}
	led := 0
	for i := 0; i < len(first.asked); i += 6 {
		round := slices.Clone(first.asked[i : i+6])
		if strings.HasPrefix(round[0], "blue") {
			led++
		}
		slices.Sort(round)
		if got := strings.Join(round, " "); got != "blue/a blue/b blue/c green/a green/b green/c" {
			t.Fatalf("round %d is %s", i/6, got)
		}
	}
	if led < 50 || led > 100 {
		t.Errorf("blue led %d of 150 rounds", led)
	}
	for i, at := range first.at {
		if due := first.at[0].Add(time.Duration(i) * 10 * time.Millisecond); at.Before(due) {
			t.Fatalf("request %d came %s early", i, due.Sub(at))
		}
	}
}

func TestProductionIsAskedNoMoreThanAFewThingsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := beside()
		var now, peak atomic.Int64
		w.site = func(rw http.ResponseWriter, r *http.Request) {
			peak.Store(max(peak.Load(), now.Add(1)))
			time.Sleep(500 * time.Millisecond)
			now.Add(-1)
		}
		v, err := w.gate(t, `{"compare": {"rate": 1000}}`).Handle(t.Context(), []byte(hookCall))
		if err != nil || v.Outcome != Succeeded || peak.Load() != mostUnderWay {
			t.Errorf("%d at once: %s, %v", peak.Load(), v.Reason, err)
		}
	})
}

func TestMakingAConnectionIsNotTheVersionsLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		server := &http.Server{Handler: after(40*time.Millisecond, says(200, "{}"))}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(p) }()
		client := &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasPrefix(address, "green") {
					if err := pause(ctx, 60*time.Millisecond); err != nil {
						return nil, err
					}
				}
				return p.dial(ctx, network, address)
			},
		}}
		suite := suiteOf(t, `{"compare": {"samples": 150, "warmUp": 0}}`)
		v := Against(t.Context(), client, Verdict{Outcome: Succeeded, URL: "http://green"}, "http://blue", suite)
		p.Close()
		<-ended
		if v.Outcome != Succeeded || v.Comparison.Result.Routes[0].Green.MedianMS != 40 {
			t.Errorf("%s: %+v", v.Reason, v.Comparison.Result.Routes[0].Green)
		}
	})
}

func TestAVerdictThatFailedIsNotCompared(t *testing.T) {
	v := Against(t.Context(), http.DefaultClient, Verdict{Outcome: Failed, Reason: "broken"}, "http://blue", config.Suite{})
	if v.Comparison != nil || v.Reason != "broken" {
		t.Errorf("got %+v", v)
	}
}

func TestALogTellsTheComparisonWithoutItsDrawing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := beside()
		v, err := w.gate(t, `{"compare": {}}`).Handle(t.Context(), []byte(hookCall))
		if err != nil || v.Comparison.Result.Routes[0].Histogram == nil {
			t.Fatalf("%s, %v", v.Reason, err)
		}
		brief := v.Brief().Comparison
		if brief.Result.Routes[0].Histogram != nil || brief.Seed != v.Comparison.Seed || v.Comparison.Result.Routes[0].Histogram == nil {
			t.Error("the brief has the drawing, or the verdict lost it")
		}
	})
}

func BenchmarkComparison(b *testing.B) {
	o := &order{}
	suite := suiteOf(b, `{"compare": {"samples": 500, "warmUp": 0, "rate": 1000}}`)
	c, err := newContest(&http.Client{Transport: o}, [2]string{"http://blue", "http://green"}, suite, *suite.Compare)
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		a, _ := c.ask(b.Context(), c.routes[0], i%2)
		c.routes[0].sides[i%2].Add(a)
		i++
	}
	ours := b.Elapsed()
	b.StopTimer()
	// The floor: the same requests by the same client, and nothing made of the answers.
	start := time.Now()
	for range b.N {
		resp, err := (&http.Client{Transport: o}).Get("http://blue/")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	b.ReportMetric(float64(ours)/float64(time.Since(start)), "x_bare_requests")
}
