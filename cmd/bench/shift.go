package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	wholeShifts   = 10
	weightFlips   = 300
	usersRequests = 1000 // a second, half of them GET, half POST
)

// shifts counts the requests that fail while weights are flipped and all traffic moves, again and again, from a
// target that is drained and killed to a new one, under requests at a constant rate.
func shifts(context.Context, *yard) (race, error) {
	return race{rounds: 1, lanes: []lane{{"shifts", shift}}, figures: []figure{
		{name: "failed requests over 300 weight flips and 10 whole shifts at 1,000 a second, GET and POST", of: "shifts", quantity: lost},
	}}, nil
}

func shift(ctx context.Context) (reading, error) {
	s := newStage(func(string, int) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") })
	defer s.elb.Close()
	var groups [2]string
	for i, name := range []string{"blue", "green"} {
		var err error
		if groups[i], err = s.group(ctx, name); err != nil {
			return nil, err
		}
		if _, err := wire.Call[elbv2.ModifyTargetGroupAttributesOutput](ctx, s.wire, &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &groups[i],
			Attributes: []types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("15")}}}); err != nil {
			return nil, err
		}
	}
	arn, err := s.listener(ctx, weights(groups, 0))
	if err != nil {
		return nil, err
	}
	live, err := s.live(ctx, groups[0])
	if err != nil {
		return nil, err
	}
	users := people(hostOf(s.elb.URL(arn)), usersRequests)
	for n := range wholeShifts {
		from, to := n%2, 1-n%2
		next, err := s.live(ctx, groups[to])
		if err != nil {
			return nil, err
		}
		for f := range weightFlips / wholeShifts {
			share := int32((f*37 + 10) % 100)
			if err := s.weigh(ctx, arn, weights(groups, share)); err != nil {
				return nil, err
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := s.weigh(ctx, arn, weights(groups, int32(100*to))); err != nil {
			return nil, err
		}
		at := netip.MustParseAddrPort(live.Addr)
		drained, err := s.elb.DeregisterTarget(groups[from], at.Addr().String(), int(at.Port()))
		if err != nil {
			return nil, err
		}
		<-drained
		_ = live.Close()
		live = next
	}
	sent, failed, why := users()
	_ = live.Close()
	if sent < wholeShifts*usersRequests/10 {
		return nil, fmt.Errorf("only %d requests were sent", sent)
	}
	if failed > 0 {
		fmt.Println("one of the failed requests:", why)
	}
	return reading{lost: float64(failed)}, nil
}

// weights give green so many of 100.
func weights(groups [2]string, green int32) []types.Action {
	actions := forward(groups[0], groups[1])
	actions[0].ForwardConfig.TargetGroups[0].Weight = aws.Int32(100 - green)
	actions[0].ForwardConfig.TargetGroups[1].Weight = aws.Int32(green)
	return actions
}

func (s *stage) weigh(ctx context.Context, listener string, actions []types.Action) error {
	_, err := wire.Call[elbv2.ModifyListenerOutput](ctx, s.wire, &elbv2.ModifyListenerInput{ListenerArn: &listener, DefaultActions: actions})
	return err
}

// live starts a target in a group and waits until it is healthy.
func (s *stage) live(ctx context.Context, group string) (*http.Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Addr: l.Addr().String(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})}
	go func() { _ = server.Serve(l) }()
	if err := s.register(group, server.Addr); err != nil {
		return nil, err
	}
	at := netip.MustParseAddrPort(server.Addr)
	for {
		changed := s.elb.Changed()
		if state, _, _ := s.elb.TargetHealth(group, at.Addr().String(), int(at.Port())); state == string(types.TargetHealthStateEnumHealthy) {
			return server, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// people send requests at a constant rate, late ones at once, until they are told to stop; then they tell how many
// were sent, how many failed, and one reason.
func people(address string, perSecond int) (stop func() (sent, failed int64, why error)) {
	const many = 20
	var sent, failed atomic.Int64
	var why atomic.Pointer[error]
	var all sync.WaitGroup
	done := make(chan struct{})
	for i := range many {
		all.Go(func() {
			c := &http.Client{Transport: &http.Transport{}}
			defer c.CloseIdleConnections()
			tick := time.NewTicker(time.Second * many / time.Duration(perSecond))
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				case <-tick.C:
				}
				sent.Add(1)
				if err := request(c, "http://"+address+"/", (n+i)%2 == 0); err != nil {
					failed.Add(1)
					why.Store(&err)
				}
			}
		})
	}
	return func() (int64, int64, error) {
		close(done)
		all.Wait()
		if err := why.Load(); err != nil {
			return sent.Load(), failed.Load(), *err
		}
		return sent.Load(), failed.Load(), nil
	}
}

func request(c *http.Client, url string, post bool) error {
	method, body := http.MethodGet, ""
	if post {
		method, body = http.MethodPost, "what a user wrote"
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	res, err := c.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(bufio.NewReader(res.Body))
	if err == nil && (res.StatusCode != http.StatusOK || string(got) != body) {
		err = fmt.Errorf("%s %s: %q", method, res.Status, got)
	}
	return err
}
