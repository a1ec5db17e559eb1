package elb

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// change is a table and when each node of the load balancer hears of it.
type change struct {
	*table
	heard [nodes]time.Time
}

// spreadWait is the name of the wait for the last node; skipped, all nodes have heard.
const spreadWait = "listener-spread"

// publish makes what the listener's rules say now its table. Requests are routed by it as the nodes hear of it, each at
// a moment of its own within the spread. The caller holds s.mu.
func (s *Service) publish(l *listener) {
	c := change{table: s.compile(l)}
	l.table.Store(c.table)
	old := l.history.Load()
	if old == nil || s.opts.Spread == 0 || s.work.Ended() {
		l.history.Store(&[]change{c})
		return
	}
	now, spread := time.Now(), max(s.opts.Clock.Scale(s.opts.Spread), 1)
	for i := range c.heard {
		c.heard[i] = now.Add(rand.N(spread))
	}
	c.heard[rand.N(nodes)] = now.Add(spread) // the last one hears at the very end
	history := append((*old)[:len(*old):len(*old)], c)
	l.history.Store(&history)
	s.work.Go(func() {
		if s.opts.Clock.Wait(s.work.Context(), spreadWait, s.opts.Spread) == nil {
			s.settle(l, c.table)
		}
	})
}

// settle forgets what came before a table of which all nodes have heard.
func (s *Service) settle(l *listener, t *table) {
	s.mu.Lock()
	defer s.mu.Unlock()
	history := *l.history.Load()
	for i, c := range history {
		if c.table == t {
			history = history[i:]
			break
		}
	}
	l.history.Store(&history)
	s.changed.Raise()
}

// known is the table of the node that the request's connection leads to.
func (l *listener) known(r *http.Request) *table {
	history := *l.history.Load()
	if len(history) == 1 {
		return history[0].table
	}
	now, node := time.Now(), nodeOf(r)
	for i := len(history) - 1; i > 0; i-- {
		if !now.Before(history[i].heard[node]) {
			return history[i].table
		}
	}
	return history[0].table
}

type nodeKey struct{}

// toNode leads a new connection to one of the nodes.
func toNode(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, nodeKey{}, rand.N(nodes))
}

var nodeSeed = maphash.MakeSeed()

// nodeOf the request's connection; one that came through the proxy is told by its address.
func nodeOf(r *http.Request) int {
	if n, ok := r.Context().Value(nodeKey{}).(int); ok {
		return n
	}
	return int(maphash.String(nodeSeed, r.RemoteAddr) % nodes)
}
