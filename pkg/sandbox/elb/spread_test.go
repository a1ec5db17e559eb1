package elb

import (
	"testing"
	"testing/synctest"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
)

// answers counts who answers so many clients, each on a connection of its own.
func answers(s *stage, n int) map[string]int {
	s.t.Helper()
	seen := map[string]int{}
	for range n {
		c := s.client()
		seen[s.shown(c)]++
		c.CloseIdleConnections()
	}
	return seen
}

func TestAChangeReachesTheNodesOneAfterTheOtherWithinItsSpread(t *testing.T) {
	for _, factor := range []float64{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, func(o *Options) { o.Spread, o.Clock = 4*time.Second, clock.New(factor) })
			blue, green := s.group("blue"), s.group("green")
			l := s.listener(80, to(blue, 100, green, 0))
			s.serve("10.0.0.1", says("blue"))
			s.serve("10.0.0.2", says("green"))
			s.register(blue, "10.0.0.1")
			s.register(green, "10.0.0.2")
			synctest.Wait()
			second := time.Duration(float64(time.Second) / factor)

			s.shift(l, to(blue, 0, green, 100))
			told := call[elbv2.DescribeListenersOutput](s, &elbv2.DescribeListenersInput{ListenerArns: []string{l}}).Listeners[0]
			if got := *told.DefaultActions[0].ForwardConfig.TargetGroups[1].Weight; got != 100 {
				t.Errorf("described as %d", got) // the API knows at once
			}
			before := answers(s, 40)
			if before["blue"] == 0 {
				t.Errorf("at once every node had heard: %v", before)
			}
			time.Sleep(4*second - time.Nanosecond)
			if late := answers(s, 60); late["blue"] == 0 {
				t.Errorf("just before the end: %v", late)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if after := answers(s, 40); after["blue"] > 0 {
				t.Errorf("after the spread: %v", after)
			}

			// Changes in a row: nothing but the last counts in the end, and nothing is remembered of the others.
			for range 5 {
				s.shift(l, to(blue, 100, green, 0))
				s.shift(l, to(blue, 0, green, 100))
			}
			time.Sleep(4 * second)
			synctest.Wait()
			if after := answers(s, 40); after["blue"] > 0 {
				t.Errorf("after changes in a row: %v", after)
			}
			if n := len(*s.elb.listeners[0].history.Load()); n != 1 {
				t.Errorf("%d tables are remembered", n)
			}

			// A skipped wait lets all nodes hear, and the change is told.
			changed := s.elb.Changed()
			s.shift(l, to(blue, 100, green, 0))
			<-changed
			changed = s.elb.Changed()
			synctest.Wait()
			if n := s.elb.opts.Clock.Skip("listener-spread"); n != 1 {
				t.Errorf("%d waits were skipped", n)
			}
			<-changed
			if got := answers(s, 40); got["green"] > 0 {
				t.Errorf("after the skip: %v", got)
			}
		})
	}
}

func TestANodeThatHasNotHeardSendsNobodyToAGroupWithoutTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(o *Options) { o.Spread = 4 * time.Second })
		blue, green := s.group("blue"), s.group("green")
		l := s.listener(80, to(blue, 100, green, 0))
		s.serve("10.0.0.2", says("green"))
		s.register(green, "10.0.0.2")
		synctest.Wait()
		s.shift(l, to(blue, 0, green, 100)) // blue has no target
		if got := answers(s, 40); got["green"] != 40 {
			t.Error(got)
		}
	})
}
