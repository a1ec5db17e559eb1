package elb

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

const (
	// connectTimeout is how long AWS lets a target take to accept a connection.
	connectTimeout = 10 * time.Second
	// keepAlive is shorter than the keep-alive of common servers (5 s in Node.js), so that a target does not hang
	// up just when the next request is sent: a POST could not be sent again.
	keepAlive = 4 * time.Second
)

// link is a way to t with the time-out of its load balancer.
func (s *Service) link(t *target, timeout time.Duration) *link {
	return &link{timeout: timeout, dial: func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		return s.opts.Dial(ctx, "tcp", t.addr)
	}}
}

// reverseProxy carries requests to t, streamed in both directions.
func (s *Service) reverseProxy(t *target) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", t.addr
			p.Out.URL.RawQuery = p.In.URL.RawQuery // ReverseProxy drops what it cannot parse; AWS passes it on
			mark(p)
		},
		Transport:  t.roundTrip(s),
		BufferPool: s.buffers,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil && !s.work.Ended() {
				return // the client has gone
			}
			status := http.StatusBadGateway
			if timedOut(err) {
				status = http.StatusGatewayTimeout
			}
			s.opts.Log.Debug("target did not answer", "targetGroup", t.group.name, "target", t.addr, "error", err)
			l := r.Context().Value(listenerKey{}).(*listener)
			l.seen.count(t.group, true)
			s.refuse(w, l.balancer.full, status)
		},
	}
}

// mark adds the headers by which a target knows where a request came from.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
func mark(p *httputil.ProxyRequest) {
	if prior := p.In.Header["X-Forwarded-For"]; len(prior) > 0 {
		p.Out.Header["X-Forwarded-For"] = prior
	}
	if ip, _, err := net.SplitHostPort(p.In.RemoteAddr); err == nil {
		if prior := p.Out.Header.Get("X-Forwarded-For"); prior != "" {
			ip = prior + ", " + ip
		}
		p.Out.Header["X-Forwarded-For"] = []string{ip}
	}
	l := p.In.Context().Value(listenerKey{}).(*listener)
	p.Out.Header["X-Forwarded-Proto"] = []string{l.scheme()}
	p.Out.Header["X-Forwarded-Port"] = []string{l.table.Load().port}
	if p.In.Header.Get("X-Amzn-Trace-Id") == "" {
		p.Out.Header["X-Amzn-Trace-Id"] = []string{traceID()}
	}
}

// traceID is "Root=1-<seconds, 8 hex>-<24 hex>".
func traceID() string {
	const digits = "0123456789abcdef"
	var raw [12]byte
	hi, lo := rand.Uint32(), rand.Uint64()
	for i := range 4 {
		raw[i] = byte(hi >> (8 * i))
	}
	for i := range 8 {
		raw[4+i] = byte(lo >> (8 * i))
	}
	id := make([]byte, 0, 40)
	id = append(id, "Root=1-"...)
	now := uint32(time.Now().Unix())
	for shift := 28; shift >= 0; shift -= 4 {
		id = append(id, digits[now>>shift&15])
	}
	id = append(id, '-')
	return string(hex.AppendEncode(id, raw[:]))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// roundTrip sends a request to t and counts the answer.
func (t *target) roundTrip(s *Service) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		start := time.Now()
		res, err := s.disturbed(r, t.group, t.addr, false, t.via.Load().RoundTrip)
		if err != nil {
			return nil, err
		}
		l := r.Context().Value(listenerKey{}).(*listener)
		l.seen.count(t.group, res.StatusCode >= 500)
		b, g := l.balancer.full, t.group.full
		s.opts.Observe("TargetResponseTime", b, g, time.Since(start).Seconds())
		if class := res.StatusCode / 100; class >= 2 && class <= 5 {
			s.opts.Observe([...]string{2: "HTTPCode_Target_2XX_Count", 3: "HTTPCode_Target_3XX_Count",
				4: "HTTPCode_Target_4XX_Count", 5: "HTTPCode_Target_5XX_Count"}[class], b, g, 1)
		}
		return res, nil
	})
}

// buffers lends what bodies are copied with.
type buffers struct{ pool sync.Pool }

const bufferSize = 16 << 10

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { return new([bufferSize]byte) }}}
}

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte { return b.pool.Get().(*[bufferSize]byte)[:] }

// Put implements httputil.BufferPool.
func (b *buffers) Put(buf []byte) {
	if len(buf) == bufferSize {
		b.pool.Put((*[bufferSize]byte)(buf))
	}
}
