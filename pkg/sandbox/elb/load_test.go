package elb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
)

// sockets makes a stage listen and dial on the loopback; targets are reached by the addresses in its map.
type sockets struct {
	mu sync.Mutex
	at map[string]string
}

func (n *sockets) options(o *Options) {
	o.Listen = func(string, int) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.mu.Lock()
		real, ok := n.at[addr]
		n.mu.Unlock()
		if !ok {
			return nil, fmt.Errorf("dial %s: connection refused", addr)
		}
		return new(net.Dialer).DialContext(ctx, network, real)
	}
}

// start runs a target at ip:80.
func (n *sockets) start(ip string, h http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(h)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at == nil {
		n.at = map[string]string{}
	}
	n.at[ip+":80"] = strings.TrimPrefix(server.URL, "http://")
	return server
}

// awaitHealthy waits for a target's health without polling.
func (s *stage) awaitHealthy(group, ip string) {
	s.t.Helper()
	for {
		changed := s.elb.Changed()
		if s.health(group, ip) == "healthy " {
			return
		}
		select {
		case <-changed:
		case <-s.t.Context().Done():
			s.t.Fatal("never healthy")
		}
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, _ = w.Write(body)
}

// Users ask and post without pause while weights are flipped and, again and again, all traffic moves to a new target
// and the old one is drained and killed.
func TestWeightFlipsAndWholeShiftsLoseNoRequest(t *testing.T) {
	const shifts, flips = 12, 25
	n := &sockets{}
	s := newStage(t, n.options, func(o *Options) { o.Clock = clock.New(1000) })
	blue, green := s.group("blue"), s.group("green")
	for _, g := range []string{blue, green} {
		call[elbv2.ModifyTargetGroupAttributesOutput](s, &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &g,
			Attributes: []types.TargetGroupAttribute{{Key: ptr("deregistration_delay.timeout_seconds"), Value: ptr("20")}}})
	}
	l := s.listener(80, to(blue, 100, green, 0))
	live := n.start("10.0.0.0", echo)
	s.register(blue, "10.0.0.0")
	s.awaitHealthy(blue, "10.0.0.0")

	ctx, stop := context.WithCancel(t.Context())
	var users sync.WaitGroup
	var sent, lost atomic.Int64
	tick := make(chan struct{}) // a request has ended
	for i := range 8 {
		users.Go(func() { use(ctx, t, s.elb.URL(l), i, &sent, &lost, tick) })
	}
	from, to2 := blue, green
	for i := 1; i <= shifts; i++ {
		ip := fmt.Sprintf("10.0.0.%d", i)
		next := n.start(ip, echo)
		s.register(to2, ip)
		s.awaitHealthy(to2, ip)
		for f := range flips {
			s.shift(l, to(from, 100-f*4, to2, f*4))
			<-tick
		}
		s.shift(l, to(to2, 100, from, 0))
		drained, err := s.elb.DeregisterTarget(from, fmt.Sprintf("10.0.0.%d", i-1), 80)
		if err != nil {
			t.Fatal(err)
		}
		<-drained
		live.CloseClientConnections()
		live.Close()
		live, from, to2 = next, to2, from
	}
	stop()
	users.Wait()
	live.Close()
	t.Logf("%d requests over %d flips and %d shifts", sent.Load(), shifts*flips, shifts)
	if lost.Load() > 0 || sent.Load() < shifts*flips {
		t.Errorf("%d of %d requests lost", lost.Load(), sent.Load())
	}
}

// use posts a body and reads it back, then gets, until ctx ends.
func use(ctx context.Context, t *testing.T, url string, id int, sent, lost *atomic.Int64, tick chan<- struct{}) {
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	for i := 0; ctx.Err() == nil; i++ {
		method, body := "GET", []byte(nil)
		if i%2 == 0 {
			method, body = "POST", bytes.Repeat([]byte{byte('a' + id)}, 1000)
		}
		// Not rewindable, so that nobody sends it twice.
		req, _ := http.NewRequest(method, url, struct{ io.Reader }{bytes.NewReader(body)})
		req.ContentLength = int64(len(body))
		sent.Add(1)
		select {
		case tick <- struct{}{}:
		default:
		}
		res, err := c.Do(req)
		if err != nil {
			lost.Add(1)
			t.Error(err)
			continue
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != 200 || !bytes.Equal(got, body) {
			lost.Add(1)
			t.Errorf("%s: %d, %d bytes, %v", method, res.StatusCode, len(got), err)
		}
	}
}

func TestTheURLIsWhereAListenerReallyListens(t *testing.T) {
	n := &sockets{}
	s := newStage(t, n.options)
	g := s.group("web")
	l := s.listener(80, to(g, 1))
	defer n.start("10.0.0.1", says("here")).Close()
	s.register(g, "10.0.0.1")
	s.awaitHealthy(g, "10.0.0.1")
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if code, body := get(t, c, s.elb.URL(l)); code != 200 || body != "here" {
		t.Errorf("%s: %d %s", s.elb.URL(l), code, body)
	}
	first := s.elb.URL(l)
	call[elbv2.ModifyListenerOutput](s, &elbv2.ModifyListenerInput{ListenerArn: &l, Port: ptr[int32](81)})
	if code, body := get(t, c, s.elb.URL(l)); first == s.elb.URL(l) || code != 200 || body != "here" {
		t.Errorf("on another port: %s: %d %s", s.elb.URL(l), code, body)
	}
}

func TestAPortInUseIsSaidSo(t *testing.T) {
	s := newStage(t, func(o *Options) {
		o.Listen = func(string, int) (net.Listener, error) { return nil, fmt.Errorf("address already in use") }
	})
	g := s.group("web")
	err := ask[elbv2.CreateListenerOutput](&elbv2.CreateListenerInput{LoadBalancerArn: &s.lb, Port: ptr[int32](80), Protocol: "HTTP", DefaultActions: to(g, 1)})(t.Context(), s.srv)
	if err == nil || err.Error() != "listen on port 80 of load balancer web: address already in use" {
		t.Error(err)
	}
}

func TestARequestBetweenTwoTablesFollowsTheNewOne(t *testing.T) {
	s := newStage(t)
	blue, green := s.group("blue"), s.group("green")
	l := s.listener(80, to(blue, 1))
	s.serve("10.0.0.2", says("green"))
	s.register(green, "10.0.0.2")
	one, err := s.elb.listener(l)
	if err != nil {
		t.Fatal(err)
	}
	old := one.table.Load() // a request has been routed, and has not looked at blue yet
	s.shift(l, to(green, 1))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(context.WithValue(r.Context(), listenerKey{}, one))
	old.route(r).ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != "green" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
