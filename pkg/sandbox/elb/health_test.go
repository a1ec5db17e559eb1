package elb

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
)

// pass lets time go by in a bubble.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestATargetIsCheckedOnceItsGroupIsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		blue, green := s.group("blue"), s.group("green")
		s.serve("10.0.0.1", says("ok"))
		s.register(green, "10.0.0.1")
		pass(time.Hour)
		if got := s.health(green, "10.0.0.1"); got != "unused Target.NotInUse" {
			t.Errorf("without a listener: %s", got)
		}
		changed := s.elb.Changed()
		l := s.listener(80, to(blue, 100, green, 0))
		synctest.Wait()
		if got := s.health(green, "10.0.0.1"); got != "healthy " {
			t.Errorf("at weight 0, after the first check: %s", got)
		}
		select {
		case <-changed:
		default:
			t.Error("nobody was told")
		}
		s.shift(l, to(blue, 1))
		if got := s.health(green, "10.0.0.1"); got != "unused Target.NotInUse" {
			t.Errorf("after the listener let go: %s", got)
		}
		if got := s.health(green, "10.0.0.9"); got != "unused Target.NotRegistered" {
			t.Errorf("a stranger: %s", got)
		}
	})
}

func TestHealthFollowsThresholdsAndSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		answer       http.HandlerFunc // nil: nobody listens
	}{
		{"a wrong status", "Target.ResponseCodeMismatch", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }},
		{"no answer in time", "Target.Timeout", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"no connection", "Target.FailedHealthChecks", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				g := s.group("web")
				s.listener(80, to(g, 1))
				var good atomic.Bool
				if c.answer != nil {
					s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
						if good.Load() {
							return
						}
						c.answer(w, r)
					})
				}
				s.register(g, "10.0.0.1")
				pass(10 * time.Second)
				if got := s.health(g, "10.0.0.1"); got != "initial Elb.InitialHealthChecking" {
					t.Errorf("after one failure: %s", got)
				}
				pass(35 * time.Second)
				if got := s.health(g, "10.0.0.1"); got != "unhealthy "+c.reason {
					t.Errorf("after two failures: %s", got)
				}
				good.Store(true)
				if c.answer == nil {
					s.serve("10.0.0.1", says("ok"))
				}
				pass(4 * 30 * time.Second)
				if got := s.health(g, "10.0.0.1"); got != "unhealthy "+c.reason {
					t.Errorf("after four passes: %s", got)
				}
				pass(35 * time.Second)
				if got := s.health(g, "10.0.0.1"); got != "healthy " {
					t.Errorf("after five passes: %s", got)
				}
			})
		})
	}
}

func TestAFastClockChecksOftenButNotWithoutPause(t *testing.T) {
	for factor, want := range map[float64]int{1: 3, 60: 121, 1e6: 1201} {
		t.Run(fmt.Sprint(factor), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, func(o *Options) { o.Clock = clock.New(factor) })
				g := s.group("web")
				s.listener(80, to(g, 1))
				var checks atomic.Int64
				s.serve("10.0.0.1", func(_ http.ResponseWriter, r *http.Request) {
					if r.Host != "10.0.0.1:80" || r.UserAgent() != "ELB-HealthChecker/2.0" || r.URL.Path != "/" {
						t.Errorf("unlike a health check: %s %s %s", r.Host, r.UserAgent(), r.URL)
					}
					checks.Add(1)
				})
				s.register(g, "10.0.0.1")
				pass(time.Minute)
				if got := checks.Load(); got != int64(want) {
					t.Errorf("%d checks in a real minute at factor %v, want %d", got, factor, want)
				}
			})
		})
	}
}

func TestAFastClockFindsATargetThatStartsAtOnceAndCountsNoFailureForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(o *Options) { o.Clock = clock.New(1e6) })
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.register(g, "10.0.0.1")
		s.register(g, "10.0.0.2")
		pass(9 * time.Millisecond)
		if got := s.health(g, "10.0.0.1"); got != "initial Elb.InitialHealthChecking" {
			t.Errorf("while it starts: %s", got)
		}
		s.serve("10.0.0.1", says("ok"))
		pass(6 * time.Millisecond)
		if got := s.health(g, "10.0.0.1"); got != "healthy " {
			t.Errorf("soon after it listens: %s", got)
		}
		pass(startFloor - 16*time.Millisecond)
		if got := s.health(g, "10.0.0.2"); got != "initial Elb.InitialHealthChecking" {
			t.Errorf("one that never listens, before the time of a start has passed: %s", got)
		}
		pass(2 * checkFloor)
		if got := s.health(g, "10.0.0.2"); got != "unhealthy Target.FailedHealthChecks" {
			t.Errorf("and after it: %s", got)
		}
	})
}

func TestAChangedCheckIsInForceAtTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/up" {
				w.WriteHeader(http.StatusNotFound)
			}
		})
		s.register(g, "10.0.0.1")
		pass(time.Minute)
		if got := s.health(g, "10.0.0.1"); got != "unhealthy Target.ResponseCodeMismatch" {
			t.Errorf("at /: %s", got)
		}
		call[elbv2.ModifyTargetGroupOutput](s, &elbv2.ModifyTargetGroupInput{
			TargetGroupArn: &g, HealthCheckPath: ptr("/up"), HealthyThresholdCount: ptr[int32](2)})
		pass(time.Minute)
		if got := s.health(g, "10.0.0.1"); got != "healthy " {
			t.Errorf("at /up: %s", got)
		}
	})
}

func TestHostCountsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		last := map[string]float64{}
		s := newStage(t, func(o *Options) {
			o.Observe = func(metric, lb, tg string, v float64) {
				mu.Lock()
				defer mu.Unlock()
				last[metric] = v
			}
		})
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.serve("10.0.0.1", says("ok"))
		s.register(g, "10.0.0.1")
		s.register(g, "10.0.0.2")
		pass(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if last["HealthyHostCount"] != 1 || last["UnHealthyHostCount"] != 1 {
			t.Errorf("got %v", last)
		}
	})
}
