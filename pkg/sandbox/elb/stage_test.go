package elb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// wires is a network of net.Pipe, which works in synctest bubbles.
type wires struct {
	mu    sync.Mutex
	ports map[string]*pipeListener
}

type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (w *wires) listen(addr string) net.Listener {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ports == nil {
		w.ports = map[string]*pipeListener{}
	}
	w.ports[addr] = l
	return l
}

func (w *wires) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	w.mu.Lock()
	l := w.ports[addr]
	w.mu.Unlock()
	if l == nil {
		return nil, errors.New("connection refused")
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return nil, errors.New("connection refused")
}

// stage is a service with one load balancer, driven by typed calls.
type stage struct {
	t   testing.TB
	net *wires
	srv *wire.Server
	elb *Service
	lb  string // its ARN
}

func newStage(t testing.TB, change ...func(*Options)) *stage {
	s := &stage{t: t, net: &wires{}, srv: wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})}
	opts := Options{
		Clock: clock.New(1), Dial: s.net.dial, Account: "111122223333", Region: "us-east-1",
		Listen: func(lb string, port int) (net.Listener, error) {
			return s.net.listen(fmt.Sprintf("%s:%d", lb, port)), nil
		},
	}
	for _, c := range change {
		c(&opts)
	}
	s.elb = New(opts)
	s.elb.Register(s.srv)
	t.Cleanup(s.elb.Close)
	s.lb = *call[elbv2.CreateLoadBalancerOutput](s, &elbv2.CreateLoadBalancerInput{Name: ptr("web")}).LoadBalancers[0].LoadBalancerArn
	return s
}

func call[Out any](s *stage, in any) *Out {
	s.t.Helper()
	out, err := wire.Call[Out](s.t.Context(), s.srv, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// group creates a target group of type ip on port 80.
func (s *stage) group(name string) string {
	s.t.Helper()
	return *call[elbv2.CreateTargetGroupOutput](s, &elbv2.CreateTargetGroupInput{
		Name: &name, Port: ptr[int32](80), Protocol: types.ProtocolEnumHttp, TargetType: types.TargetTypeEnumIp, VpcId: ptr("vpc-1"),
	}).TargetGroups[0].TargetGroupArn
}

// to is a forward action: pairs of group and weight.
func to(pairs ...any) []types.Action {
	cfg := &types.ForwardActionConfig{}
	for i := 0; i < len(pairs); i += 2 {
		cfg.TargetGroups = append(cfg.TargetGroups, types.TargetGroupTuple{TargetGroupArn: ptr(pairs[i].(string)), Weight: ptr(int32(pairs[i+1].(int)))})
	}
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: cfg}}
}

func (s *stage) listener(port int, actions []types.Action) string {
	s.t.Helper()
	return *call[elbv2.CreateListenerOutput](s, &elbv2.CreateListenerInput{
		LoadBalancerArn: &s.lb, Port: ptr(int32(port)), Protocol: types.ProtocolEnumHttp, DefaultActions: actions,
	}).Listeners[0].ListenerArn
}

func (s *stage) shift(listener string, actions []types.Action) {
	s.t.Helper()
	call[elbv2.ModifyListenerOutput](s, &elbv2.ModifyListenerInput{ListenerArn: &listener, DefaultActions: actions})
}

func (s *stage) register(group, ip string) {
	s.t.Helper()
	if err := s.elb.RegisterTarget(group, ip, 80); err != nil {
		s.t.Fatal(err)
	}
}

// serve lets a target at ip:80 answer with h until the test ends.
func (s *stage) serve(ip string, h http.HandlerFunc) {
	l := s.net.listen(ip + ":80")
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	s.t.Cleanup(func() { _ = server.Close(); <-done })
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// health is "state reason".
func (s *stage) health(group, ip string) string {
	state, reason, _ := s.elb.TargetHealth(group, ip, 80)
	return state + " " + reason
}

// client talks to the listeners of s, by "http://web:<port>/".
func (s *stage) client() *http.Client {
	tr := &http.Transport{DialContext: s.net.dial, DisableCompression: true}
	s.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// get returns status and body.
func get(t testing.TB, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
