package elb

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestATargetsAnswersAreDisturbedApartFromItsHealthChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var requests, checks Disturbance
		befall := func(r, c Disturbance) {
			mu.Lock()
			defer mu.Unlock()
			requests, checks = r, c
		}
		counted := map[string]float64{}
		s := newStage(t, func(o *Options) {
			o.Disturb = func(group, addr string, check bool) Disturbance {
				mu.Lock()
				defer mu.Unlock()
				if group != "web" || addr != "10.0.0.1:80" {
					t.Errorf("%s at %s", addr, group)
				}
				if check {
					return checks
				}
				return requests
			}
			o.Observe = func(metric, _, _ string, value float64) { mu.Lock(); defer mu.Unlock(); counted[metric] += value }
		})
		g, c := s.group("web"), s.client()
		s.listener(8080, to(g, 1))
		s.serve("10.0.0.1", says("hello"))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		if status, body := get(t, c, "http://web:8080/"); status != 200 || body != "hello" {
			t.Errorf("%d %s", status, body)
		}
		befall(Disturbance{Status: 503, Delay: 3 * time.Second}, Disturbance{})
		start := time.Now()
		if status, _ := get(t, c, "http://web:8080/"); status != 503 || time.Since(start) != 3*time.Second {
			t.Errorf("%d after %v", status, time.Since(start))
		}
		mu.Lock()
		if counted["HTTPCode_Target_5XX_Count"] != 1 || counted["TargetResponseTime"] != 3 {
			t.Errorf("counted: %v", counted)
		}
		mu.Unlock()
		if got := s.health(g, "10.0.0.1"); got != "healthy " {
			t.Error(got)
		}
		befall(Disturbance{}, Disturbance{Status: 500})
		time.Sleep(2 * time.Minute) // of the bubble's time
		if got := s.health(g, "10.0.0.1"); got != "unhealthy Target.ResponseCodeMismatch" {
			t.Error(got)
		}
		befall(Disturbance{}, Disturbance{Delay: time.Minute})
		time.Sleep(5 * time.Minute)
		if got := s.health(g, "10.0.0.1"); got != "unhealthy Target.Timeout" {
			t.Error(got)
		}
	})
}
