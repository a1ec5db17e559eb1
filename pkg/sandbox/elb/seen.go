package elb

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

// Seen is what one listener has answered so far out of one target group. AWS has no such figure: its metrics know load
// balancers and target groups, not listeners.
type Seen struct {
	Listener    string // ARN
	TargetGroup string // name; empty when the listener had none to send to
	Answered    int64  // requests whose answer has begun, failed ones among them
	Failed      int64  // those that were answered by 500 or above, by the target or in its stead
}

// Seen is what the listeners have answered since they were created, in an order that stays.
func (s *Service) Seen() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Seen
	for _, l := range s.listeners {
		first := len(all)
		l.seen.groups.Range(func(key, c any) bool {
			n, one := c.(*counted), Seen{Listener: l.arn}
			if g := key.(*group); g != nil {
				one.TargetGroup = g.name
			}
			one.Failed = n.failed.Load() // before the sum, which is never less
			one.Answered = n.answered.Load()
			all = append(all, one)
			return true
		})
		slices.SortFunc(all[first:], func(a, b Seen) int { return cmp.Compare(a.TargetGroup, b.TargetGroup) })
	}
	return all
}

// seen counts answers by *group; requests count without a lock.
type seen struct{ groups sync.Map }

type counted struct{ answered, failed atomic.Int64 }

// count takes an answer out of g, which is nil when there was none.
func (s *seen) count(g *group, failed bool) {
	c, ok := s.groups.Load(g)
	if !ok {
		c, _ = s.groups.LoadOrStore(g, &counted{})
	}
	n := c.(*counted)
	n.answered.Add(1)
	if failed {
		n.failed.Add(1)
	}
}
