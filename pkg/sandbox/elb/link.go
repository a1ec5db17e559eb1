package elb

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// link is the way to one target: the connections that wait for their next request, at most mostIdle of them. It
// carries a request on the goroutine that asks, where http.Transport hands it to two goroutines of the connection
// and back: half the processor time of a request through a listener, measured on the same targets.
type link struct {
	dial    func(context.Context) (net.Conn, error)
	timeout time.Duration // from the end of a request to the end of its answer's headers

	mu     sync.Mutex
	closed bool // keeps no connection for another request
	idle   []*conn
	sweep  *time.Timer // set while a connection is idle
}

const mostIdle = 512

// conn is a connection to a target. It is used by one request at a time.
type conn struct {
	net.Conn
	in    *bufio.Reader
	out   *bufio.Writer
	head  int // bytes that the headers of the answer may still have; not counted when negative
	heard bool
	since time.Time // it is idle
}

var errLargeHeader = errors.New("the headers of the answer are too large")

// Read counts the bytes of headers, so that a target cannot fill the memory with them.
func (c *conn) Read(p []byte) (int, error) {
	if c.head == 0 {
		return 0, errLargeHeader
	}
	if c.head > 0 && len(p) > c.head {
		p = p[:c.head]
	}
	n, err := c.Conn.Read(p)
	if c.head > 0 {
		c.head -= n
	}
	c.heard = c.heard || n > 0
	return n, err
}

// RoundTrip implements http.RoundTripper. A request without a body that asks only, and meets a connection that the
// target has just closed, is sent once more on another: nobody has seen it.
func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		c, used, err := l.connection(r.Context())
		if err != nil {
			return nil, err
		}
		res, err := l.exchange(c, r)
		if err == nil {
			return res, nil
		}
		c.Close()
		asks := r.Body == nil && (r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions)
		if !used || c.heard || !asks || r.Context().Err() != nil || timedOut(err) {
			return nil, err
		}
	}
}

// connection that is ready for a request, and whether it has carried one before.
func (l *link) connection(ctx context.Context) (c *conn, used bool, err error) {
	for c := l.take(); c != nil; c = l.take() {
		if alive(c.Conn) {
			return c, true, nil
		}
		c.Close()
	}
	raw, err := l.dial(ctx)
	if err != nil {
		return nil, false, err
	}
	c = &conn{Conn: raw}
	c.in, c.out = bufio.NewReaderSize(c, 8<<10), bufio.NewWriterSize(raw, 8<<10)
	return c, false, nil
}

// take the connection that was used last; nil when none is idle.
func (l *link) take() *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.idle)
	if n == 0 {
		return nil
	}
	c := l.idle[n-1]
	l.idle[n-1], l.idle = nil, l.idle[:n-1]
	return c
}

// keep a connection for the next request.
func (l *link) keep(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.idle) >= mostIdle {
		c.Close()
		return
	}
	c.since, c.heard = time.Now(), false
	l.idle = append(l.idle, c)
	if l.sweep == nil {
		l.sweep = time.AfterFunc(keepAlive, l.expire)
	}
}

// expire closes the connections that were not used for keepAlive. The oldest stand first.
func (l *link) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep = nil
	now := time.Now()
	for len(l.idle) > 0 {
		if left := keepAlive - now.Sub(l.idle[0].since); left > 0 {
			l.sweep = time.AfterFunc(left, l.expire)
			return
		}
		l.idle[0].Close()
		l.idle = l.idle[1:]
	}
	l.idle = nil
}

// CloseIdleConnections ends the link: requests under way finish, and no connection is kept any more.
func (l *link) CloseIdleConnections() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.sweep != nil {
		l.sweep.Stop()
		l.sweep = nil
	}
	for _, c := range l.idle {
		c.Close()
	}
	l.idle = nil
}
