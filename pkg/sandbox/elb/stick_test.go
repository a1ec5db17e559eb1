package elb

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// browser is a client that keeps cookies.
func (s *stage) browser() *http.Client {
	c := s.client()
	c.Jar, _ = cookiejar.New(nil) // without options it cannot fail
	return c
}

// shown is the page that production shows to a client.
func (s *stage) shown(c *http.Client) string {
	s.t.Helper()
	_, body := get(s.t, c, "http://web:80/")
	return body
}

// sticking is a forward action whose clients stick to a group for so many seconds.
func sticking(seconds int32, pairs ...any) []types.Action {
	actions := to(pairs...)
	actions[0].ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: ptr(true), DurationSeconds: &seconds}
	return actions
}

// halves is a stage with two groups of equal weight whose clients stick for an hour.
func halves(t *testing.T) (s *stage, listener, blue, green string) {
	s = newStage(t)
	blue, green = s.group("blue"), s.group("green")
	listener = s.listener(80, sticking(3600, blue, 50, green, 50))
	s.serve("10.0.0.1", says("blue"))
	s.serve("10.0.0.2", says("green"))
	s.register(blue, "10.0.0.1")
	s.register(green, "10.0.0.2")
	synctest.Wait()
	return s, listener, blue, green
}

func TestAClientSticksToTheTargetGroupThatItWasSentToFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, listener, blue, green := halves(t)
		first := map[string]int{}
		for range 40 {
			c := s.browser()
			group := s.shown(c)
			first[group]++
			for range 10 {
				if got := s.shown(c); got != group {
					t.Fatalf("a client of %s was sent to %s", group, got)
				}
			}
		}
		if first["blue"] == 0 || first["green"] == 0 {
			t.Errorf("new clients were sent to %v", first)
		}

		// A canary's weights are for new clients only.
		old := s.browser()
		for s.shown(old) != "blue" {
			old = s.browser()
		}
		s.shift(listener, sticking(3600, blue, 1, green, 99))
		for range 20 {
			if got := s.shown(old); got != "blue" {
				t.Fatalf("after the shift a client of blue was sent to %s", got)
			}
		}
		// A group without a share has no clients, cookies or not, and they stick where they are sent.
		s.shift(listener, sticking(3600, blue, 0, green, 100))
		if got := s.shown(old); got != "green" {
			t.Errorf("blue has no share and yet %s answers", got)
		}
		s.shift(listener, sticking(3600, blue, 99, green, 1))
		if got := s.shown(old); got != "green" {
			t.Errorf("the client's new cookie was forgotten: %s", got)
		}
	})
}

func TestTheStickyCookieIsOpaqueEndsAndComesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, _ := halves(t)
		res, err := s.client().Get("http://web:80/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		var names []string
		for _, c := range res.Cookies() {
			names = append(names, c.Name)
			if c.Path != "/" || strings.Contains(c.Value, "targetgroup") || time.Until(c.Expires) < 59*time.Minute {
				t.Errorf("%+v", c)
			}
			if cors := c.Name == "AWSALBTGCORS"; cors != (c.SameSite == http.SameSiteNoneMode) {
				t.Errorf("%+v", c)
			}
		}
		if slices.Sort(names); !slices.Equal(names, []string{"AWSALBTG", "AWSALBTGCORS"}) {
			t.Error(names)
		}

		// What was tampered with, or is over, counts for nothing: such clients are sent by weight.
		for name, value := range map[string]string{"forged": "AAAA" + res.Cookies()[0].Value[4:], "nonsense": "x", "over": res.Cookies()[0].Value} {
			if name == "over" {
				time.Sleep(2 * time.Hour)
			}
			seen := map[string]bool{}
			for range 60 {
				req, _ := http.NewRequest("GET", "http://web:80/", nil)
				req.AddCookie(&http.Cookie{Name: "AWSALBTG", Value: value})
				res, err := s.client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(res.Body)
				res.Body.Close()
				seen[string(body)] = true
			}
			if len(seen) != 2 {
				t.Errorf("with a cookie that is %s only %v answered", name, seen)
			}
		}
	})
}

func TestAClientSticksToATargetWhileItIsHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		for i := range 3 {
			ip := fmt.Sprint("10.0.0.", i+1)
			s.serve(ip, says(ip))
			s.register(g, ip)
		}
		synctest.Wait()
		call[elbv2.ModifyTargetGroupAttributesOutput](s, &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &g, Attributes: []types.TargetGroupAttribute{
			{Key: ptr("stickiness.enabled"), Value: ptr("true")}, {Key: ptr("stickiness.lb_cookie.duration_seconds"), Value: ptr("60")},
		}})
		c := s.browser()
		target := s.shown(c)
		for range 10 {
			if got := s.shown(c); got != target {
				t.Fatalf("a client of %s was sent to %s", target, got)
			}
		}
		call[elbv2.DeregisterTargetsOutput](s, &elbv2.DeregisterTargetsInput{TargetGroupArn: &g, Targets: []types.TargetDescription{{Id: &target, Port: ptr[int32](80)}}})
		next := s.shown(c)
		if next == target {
			t.Errorf("%s drains and yet answers", target)
		}
		for range 10 {
			if got := s.shown(c); got != next {
				t.Fatalf("a client of %s was sent to %s", next, got)
			}
		}
		other := map[string]bool{}
		for range 10 {
			other[s.shown(s.browser())] = true
		}
		if len(other) != 2 {
			t.Errorf("new clients see %v", other)
		}
	})
}

func TestStickinessNeedsADuration(t *testing.T) {
	s := newStage(t)
	g := s.group("web")
	for _, seconds := range []int32{0, -1, 604801} {
		_, err := wire.Call[elbv2.CreateListenerOutput](t.Context(), s.srv, &elbv2.CreateListenerInput{
			LoadBalancerArn: &s.lb, Port: ptr[int32](80), Protocol: types.ProtocolEnumHttp, DefaultActions: sticking(seconds, g, 1)})
		if err == nil || !strings.Contains(err.Error(), "between 1 and 604800") {
			t.Errorf("%d: %v", seconds, err)
		}
	}
}
