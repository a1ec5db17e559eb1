package verify

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// pipes is a network without sockets, so that a real server and a real client live in a bubble's time.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() *pipes {
	p := &pipes{made: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.made <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close()
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// slow is a server with known delays on such a network, and when its requests arrived.
type slow struct {
	mu      sync.Mutex
	start   time.Time
	arrived []time.Duration
	open    int // connections made
	client  *http.Client
}

// serveSlowly answers after what delay says for the time since the start.
func serveSlowly(t *testing.T, delay func(since time.Duration) time.Duration, h http.HandlerFunc) *slow {
	s := &slow{start: time.Now()}
	network := newPipes()
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		since := time.Since(s.start)
		s.mu.Lock()
		s.arrived = append(s.arrived, since)
		s.mu.Unlock()
		pause(r.Context(), delay(since))
		if h != nil {
			h(w, r)
		}
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(network) }()
	s.client = NewClient()
	s.client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		s.mu.Lock()
		s.open++
		s.mu.Unlock()
		return network.dial(ctx, "", "")
	}
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return s
}

func (s *slow) loaded(t *testing.T, suite string) Verdict {
	t.Helper()
	return Judge(t.Context(), s.client, "http://green.example", suiteOf(t, `{"settle": "0s", "checks": [{"name": "warm"}], "load": `+suite+`}`), "")
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s is %.3f, expected %.3f ± %.3f", what, got, want, by)
	}
}

func TestTheArrivalRateIsKeptWhateverTheServerTakes(t *testing.T) {
	for _, takes := range []time.Duration{0, 30 * time.Millisecond, 190 * time.Millisecond} {
		t.Run(takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serveSlowly(t, func(time.Duration) time.Duration { return takes }, nil)
				v := s.loaded(t, `{"rate": 100, "duration": "10s", "warmUp": "1s", "ramp": "2s", "connections": 20}`)
				if v.Outcome != Succeeded || v.Load.Requests != 1000 || v.Load.Kept != 100 || v.Load.Busy != 0 {
					t.Fatalf("%s: %s: %+v", v.Outcome, v.Reason, v.Load)
				}
				for _, got := range []float64{v.Load.P50MS, v.Load.P99MS, v.Load.MaxMS} {
					near(t, "latency", got, milliseconds(takes), 0.3)
				}
				arrived := s.arrived[1:] // the check's own comes first
				if len(arrived) != 1200 {
					t.Fatalf("%d requests arrived", len(arrived))
				}
				begin := arrived[0]
				// Half of the ramp's hundred at its 1/√2, then one every 10 ms.
				near(t, "the middle of the ramp", (arrived[50] - begin).Seconds(), 2/math.Sqrt2, 0.001)
				for i := 100; i < 1200; i++ {
					near(t, fmt.Sprint("request ", i), (arrived[i] - begin).Seconds(), 2+float64(i-100)/100, 0.0005)
				}
				if s.open > 20+1 {
					t.Errorf("%d connections were made", s.open)
				}
			})
		})
	}
}

// A closed loop of 20 connections would have met the stall 20 times in 2,000, and told a p95 of 5 ms.
func TestAStallShowsInEveryRequestThatItHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveSlowly(t, func(since time.Duration) time.Duration {
			if since > 10*time.Second && since < 12*time.Second {
				return 12*time.Second - since
			}
			return 5 * time.Millisecond
		}, nil)
		v := s.loaded(t, `{"rate": 100, "duration": "20s", "warmUp": "0s", "connections": 20, "limits": {"p95": "250ms", "p99": "5s"}}`)
		l := v.Load
		if v.Outcome != Failed || l.Requests != 2000 || l.Errors != 0 {
			t.Fatalf("%s: %s: %+v", v.Outcome, v.Reason, l)
		}
		near(t, "p50", l.P50MS, 5, 0.1)
		// 200 of 2,000 were due in the stall, the first waited 2 s, the last nothing: half of them a second or more.
		near(t, "p95", l.P95MS, 1000, 50)
		near(t, "p99", l.P99MS, 1800, 50)
		near(t, "max", l.MaxMS, 2000, 20)
		if l.Busy < 150 || len(l.Problems) != 1 || !strings.Contains(v.Reason, "the load failed on http://green.example: p95 is ") {
			t.Errorf("%d found no connection; %q, %s", l.Busy, l.Problems, v.Reason)
		}
		near(t, "the moment of the stall", l.Moments[25].MaxMS, 2000, 20)
		near(t, "the moment before", l.Moments[24].MaxMS, 5, 0.1)
		var counted int64
		for _, b := range l.Bars {
			counted += b.Count
		}
		if counted != 2000 || len(l.Bars) > mostBars || l.Bars[len(l.Bars)-1].UpToMS < l.MaxMS {
			t.Errorf("%d of the latencies are in %d bars", counted, len(l.Bars))
		}
	})
}

func TestWarmUpAndRampAreLeftOutOfTheFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveSlowly(t, func(since time.Duration) time.Duration {
			if since < 3*time.Second {
				return 400 * time.Millisecond
			}
			return time.Millisecond
		}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-A", "b")
		})
		v := s.loaded(t, `{"rate": 50, "duration": "10s", "warmUp": "2s", "ramp": "2s", "limits": {"max": "100ms"}}`)
		if v.Outcome != Succeeded || v.Load.Requests != 500 || v.Load.MaxMS > 2 {
			t.Errorf("%s: %s: %+v", v.Outcome, v.Reason, v.Load)
		}
	})
}

func TestALoadOfWhichTooManyFailIsEndedAndToldWithTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := serveSlowly(t, func(time.Duration) time.Duration { return 0 }, func(w http.ResponseWriter, r *http.Request) {
			if n++; n > 1 && n%10 == 0 {
				w.WriteHeader(503)
			}
		})
		start := time.Now()
		v := s.loaded(t, `{"rate": 100, "duration": "60s", "warmUp": "0s", "connections": 1, "limits": {"errors": 0.01}}`)
		if v.Outcome != Failed || !strings.Contains(v.Reason, "61 of ") || !strings.Contains(v.Reason, "most often (61 times): status is 503, expected one below 400") {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		near(t, "seconds until it was ended", time.Since(start).Seconds(), 6.1, 0.2)
	})
}

func TestFewerErrorsThanAllowedAreCountedAndPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		n := 0
		s := serveSlowly(t, func(time.Duration) time.Duration { return 0 }, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if n++; n%100 == 0 {
				w.WriteHeader(503)
			}
		})
		v := s.loaded(t, `{"rate": 100, "duration": "10s", "warmUp": "0s", "limits": {"errors": 0.01}}`)
		if v.Outcome != Succeeded || v.Load.Errors != 10 || len(v.Load.Faults) != 1 || v.Load.Faults[0].Count != 10 {
			t.Errorf("%s: %s: %+v", v.Outcome, v.Reason, v.Load)
		}
	})
}

func TestALoadOnAGreenThatHangsEndsInTimeAndTellsWhatWasHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		s := serveSlowly(t, func(time.Duration) time.Duration {
			if first {
				first = false
				return 0
			}
			return time.Hour
		}, nil)
		start := time.Now()
		v := s.loaded(t, `{"rate": 100, "duration": "10s", "warmUp": "0s", "connections": 10, "limits": {"errors": 1, "p50": "1s"}}`)
		l := v.Load
		if v.Outcome != Failed || l.Requests != 1000 || l.Errors != 1000 || l.Busy < 900 || l.P50MS < 5000 {
			t.Errorf("%s: %s: %+v", v.Outcome, v.Reason, l)
		}
		if took := time.Since(start); took > 17*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestALoadThatTheSuitesTimeCutsShortIsNoSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveSlowly(t, func(time.Duration) time.Duration { return 0 }, nil)
		suite := suiteOf(t, `{"timeout": "30s", "settle": "0s", "checks": [{"name": "slow"}], "load": {"rate": 10, "duration": "20s", "warmUp": "0s"}}`)
		suite.Timeout = config.Duration(10*time.Second + 50*time.Millisecond) // between two requests
		v := Judge(t.Context(), s.client, "http://green.example", suite, "")
		if v.Outcome != Failed || !strings.Contains(v.Reason, "time ran out: the load failed on http://green.example: it was cut short before 99 of its requests were made") {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
	})
}

func TestALoadAsksInTurnWithWhatTheChecksCaptured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := map[string]int{}
		s := serveSlowly(t, func(time.Duration) time.Duration { return 0 }, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Token", "t0k3n-secret")
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s3cr3t-sid"})
			mu.Lock()
			defer mu.Unlock()
			body, _ := io.ReadAll(r.Body)
			asked[fmt.Sprintf("%s %s|%s|%s|%s", r.Method, r.URL, r.Header.Get("Authorization"), r.Header.Get("Cookie"), body)]++
			if r.Method == "POST" {
				fmt.Fprint(w, `{"ok": true, "token": "t0k3n-secret"}`)
			}
		})
		suite := suiteOf(t, `{"settle": "0s", "keepCookies": true, "checks": [
			{"name": "log in", "path": "/login", "capture": {"token": {"header": "X-Token"}}},
			{"name": "item", "path": "/item", "headers": {"Authorization": "Bearer ${token}"}}],
			"load": {"rate": 10, "duration": "6s", "warmUp": "0s", "checks": ["item"],
			 "requests": [{"name": "put", "method": "POST", "path": "/put", "json": {"t": "${token}"}, "expect": {"json": {"ok": true}}},
			  {"name": "wrong", "method": "POST", "path": "/wrong", "expect": {"contains": "elsewhere"}}], "limits": {"errors": 0.4}}}`)
		v := Judge(t.Context(), s.client, "http://green.example", suite, "")
		if v.Outcome != Succeeded {
			t.Fatalf("%s: %s", v.Outcome, v.Reason)
		}
		for want, n := range map[string]int{
			"GET /login|||": 1,
			"GET /item|Bearer t0k3n-secret|sid=s3cr3t-sid|":  1 + 20,
			`POST /put||sid=s3cr3t-sid|{"t":"t0k3n-secret"}`: 20, "POST /wrong||sid=s3cr3t-sid|": 20,
		} {
			if asked[want] != n {
				t.Errorf("%q was asked %d times, expected %d: %v", want, asked[want], n, asked)
			}
		}
		if r := v.Load.Routes; len(r) != 3 || r[0].Requests != 20 || r[2].Errors != 20 || r[1].Errors != 0 {
			t.Errorf("the routes are %+v", r)
		}
		if f := v.Load.Faults; len(f) != 1 || strings.Contains(f[0].Problem, "t0k3n") || !strings.Contains(f[0].Problem, secret.Hidden) {
			t.Errorf("the faults are %+v", f)
		}
	})
}
