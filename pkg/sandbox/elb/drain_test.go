package elb

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
)

func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// slow answers a health check at once and everything else when let go.
func slow(gate <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			<-gate
			_, _ = io.WriteString(w, "done")
		}
	}
}

func TestADrainingTargetFinishesItsRequestsAndGetsNoNewOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		gate := make(chan struct{})
		s.serve("10.0.0.1", slow(gate))
		s.serve("10.0.0.2", says("second"))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		client, answer := s.client(), make(chan string)
		go func() { _, body := get(t, client, "http://web:80/slow"); answer <- body }()
		synctest.Wait()
		drained, err := s.elb.DeregisterTarget(g, "10.0.0.1", 80)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.health(g, "10.0.0.1"); got != "draining Target.DeregistrationInProgress" {
			t.Errorf("after deregistration: %s", got)
		}
		if code, _ := get(t, client, "http://web:80/x"); code != 503 {
			t.Errorf("with only a draining target: %d", code)
		}
		s.register(g, "10.0.0.2")
		if _, body := get(t, client, "http://web:80/x"); body != "second" {
			t.Errorf("a new request went to %q", body)
		}
		again, err := s.elb.DeregisterTarget(g, "10.0.0.1", 80)
		if err != nil || again != drained {
			t.Errorf("asked twice: %v, another drain: %v", err, again != drained)
		}
		close(gate)
		if got := <-answer; got != "done" {
			t.Errorf("the request under way got %q", got)
		}
		pass(299 * time.Second)
		if ended(drained) {
			t.Error("left before the deregistration delay was over")
		}
		pass(2 * time.Second)
		if !ended(drained) {
			t.Error("still there after the deregistration delay")
		}
		if got := s.health(g, "10.0.0.1"); got != "unused Target.NotRegistered" {
			t.Errorf("in the end: %s", got)
		}
	})
}

func TestAFastClockDoesNotCutRequestsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(o *Options) { o.Clock = clock.New(1000) })
		g := s.group("web")
		s.listener(80, to(g, 1))
		gate := make(chan struct{})
		s.serve("10.0.0.1", slow(gate))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		answer := make(chan string)
		client := s.client()
		go func() { _, body := get(t, client, "http://web:80/slow"); answer <- body }()
		synctest.Wait()
		drained, _ := s.elb.DeregisterTarget(g, "10.0.0.1", 80)
		pass(20 * time.Second)
		if ended(drained) {
			t.Error("left with a request under way")
		}
		close(gate)
		if got := <-answer; got != "done" {
			t.Errorf("got %q", got)
		}
		synctest.Wait()
		if !ended(drained) {
			t.Error("still there after its last request")
		}
	})
}

func TestARequestWithoutEndHoldsADrainForAMinuteAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(o *Options) { o.Clock = clock.New(1000) })
		g := s.group("web")
		s.listener(80, to(g, 1))
		gate := make(chan struct{})
		defer close(gate)
		s.serve("10.0.0.1", slow(gate))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		client := s.client()
		go func() {
			if res, err := client.Get("http://web:80/slow"); err == nil {
				_ = res.Body.Close()
			}
		}()
		synctest.Wait()
		drained, _ := s.elb.DeregisterTarget(g, "10.0.0.1", 80)
		pass(59 * time.Second)
		if ended(drained) {
			t.Error("left too early")
		}
		pass(2 * time.Second)
		if !ended(drained) {
			t.Error("still there after a minute")
		}
	})
}

func TestWhatNobodyUsesLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.register(g, "10.0.0.1")
		for _, ip := range []string{"10.0.0.1", "10.0.0.2"} {
			drained, err := s.elb.DeregisterTarget(g, ip, 80)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if !ended(drained) {
				t.Errorf("%s has not left", ip)
			}
		}
	})
}

func TestADrainingTargetThatIsRegisteredAgainStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.serve("10.0.0.1", says("ok"))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		drained, _ := s.elb.DeregisterTarget(g, "10.0.0.1", 80)
		s.register(g, "10.0.0.1")
		pass(301 * time.Second)
		if got := s.health(g, "10.0.0.1"); got != "healthy " || !ended(drained) {
			t.Errorf("after the old one's delay: %s, drained %v", got, ended(drained))
		}
	})
}

func TestTheDelayIsTheGroupsAttributeAndCanBeSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.New(1)
		s := newStage(t, func(o *Options) { o.Clock = c })
		g := s.group("web")
		s.listener(80, to(g, 1))
		call[elbv2.ModifyTargetGroupAttributesOutput](s, &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &g,
			Attributes: []types.TargetGroupAttribute{{Key: ptr("deregistration_delay.timeout_seconds"), Value: ptr("5")}}})
		s.register(g, "10.0.0.1")
		s.register(g, "10.0.0.2")
		first, _ := s.elb.DeregisterTarget(g, "10.0.0.1", 80)
		pass(6 * time.Second)
		if !ended(first) {
			t.Error("still there after five seconds")
		}
		second, _ := s.elb.DeregisterTarget(g, "10.0.0.2", 80)
		synctest.Wait()
		if n := c.Skip("deregistration-delay"); n != 1 {
			t.Errorf("skipped %d waits", n)
		}
		synctest.Wait()
		if !ended(second) {
			t.Error("still there after the wait was skipped")
		}
	})
}
