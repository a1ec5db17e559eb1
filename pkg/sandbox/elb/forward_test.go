package elb

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
)

func TestATargetSeesWhereARequestCameFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(8080, to(g, 1))
		seen := make(chan *http.Request, 1)
		s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				seen <- r
			}
		})
		s.register(g, "10.0.0.1")
		synctest.Wait()
		req, _ := http.NewRequest("GET", "http://web:8080/a%2Fb?x=1;y=2", nil)
		req.Host = "shop.example"
		req.Header.Set("X-Forwarded-For", "203.0.113.7")
		if _, err := s.client().Do(req); err != nil {
			t.Fatal(err)
		}
		r := <-seen
		got := []string{r.Host, r.RequestURI, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Port")}
		if d := cmp.Diff([]string{"shop.example", "/a%2Fb?x=1;y=2", "203.0.113.7", "http", "8080"}, got); d != "" {
			t.Error(d)
		}
		if id := r.Header.Get("X-Amzn-Trace-Id"); !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(id) {
			t.Error(id)
		}
	})
}

func TestRequestsFollowWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		blue, green := s.group("blue"), s.group("green")
		l := s.listener(80, to(blue, 100, green, 0))
		s.serve("10.0.0.1", says("blue"))
		s.serve("10.0.0.2", says("green"))
		s.register(blue, "10.0.0.1")
		s.register(green, "10.0.0.2")
		synctest.Wait()
		c := s.client()
		for _, step := range []struct{ green, low, high int }{{0, 0, 0}, {10, 12, 80}, {50, 140, 260}, {100, 400, 400}} {
			s.shift(l, to(blue, 100-step.green, green, step.green))
			n := 0
			for range 400 {
				if _, body := get(t, c, "http://web:80/"); body == "green" {
					n++
				}
			}
			if n < step.low || n > step.high {
				t.Errorf("at %d %%: %d of 400 on green", step.green, n)
			}
		}
		s.shift(l, to(blue, 0, green, 0))
		if code, _ := get(t, c, "http://web:80/"); code != 503 {
			t.Errorf("all weights 0: %d", code)
		}
	})
}

func TestRequestsTakeTurnsOverHealthyTargetsAndFailOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		for i := 1; i <= 3; i++ {
			s.serve(fmt.Sprintf("10.0.0.%d", i), func(w http.ResponseWriter, r *http.Request) {
				if i == 3 && r.UserAgent() == "ELB-HealthChecker/2.0" {
					w.WriteHeader(500)
					return
				}
				fmt.Fprint(w, i)
			})
			s.register(g, fmt.Sprintf("10.0.0.%d", i))
		}
		pass(time.Minute)
		c, count := s.client(), map[string]int{}
		for range 100 {
			_, body := get(t, c, "http://web:80/")
			count[body]++
		}
		if d := cmp.Diff(map[string]int{"1": 50, "2": 50}, count); d != "" {
			t.Error("healthy targets:", d)
		}
		for _, ip := range []string{"10.0.0.1", "10.0.0.2"} {
			if _, err := s.elb.DeregisterTarget(g, ip, 80); err != nil {
				t.Fatal(err)
			}
		}
		if code, body := get(t, c, "http://web:80/"); code != 200 || body != "3" {
			t.Errorf("only an unhealthy target: %d %s", code, body)
		}
	})
}

func TestTheBalancerAnswersWhenNoTargetDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]float64{}
		s := newStage(t, func(o *Options) {
			o.Observe = func(metric, lb, tg string, v float64) {
				if !strings.HasPrefix(lb, "app/web/") || tg != "" && !strings.HasPrefix(tg, "targetgroup/web/") {
					t.Errorf("%s of %s, %s", metric, lb, tg)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[metric] += v
			}
		})
		g := s.group("web")
		s.listener(80, to(g, 1))
		c := s.client()
		if code, body := get(t, c, "http://web:80/"); code != 503 || !strings.Contains(body, "503 Service Temporarily Unavailable") {
			t.Errorf("empty group: %d %s", code, body)
		}
		s.register(g, "10.0.0.1")
		if code, _ := get(t, c, "http://web:80/"); code != 502 {
			t.Errorf("nobody listens: %d", code)
		}
		s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/hang":
				<-r.Context().Done()
			case "/die":
				panic(http.ErrAbortHandler)
			case "/broken":
				w.WriteHeader(500)
			case "/missing":
				w.WriteHeader(404)
			}
		})
		for path, want := range map[string]int{"/die": 502, "/hang": 504, "/broken": 500, "/missing": 404, "/fine": 200} {
			if code, _ := get(t, c, "http://web:80"+path); code != want {
				t.Errorf("%s: %d, want %d", path, code, want)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for metric, want := range map[string]float64{
			"RequestCount": 6, "HTTPCode_ELB_5XX_Count": 4, "HTTPCode_ELB_503_Count": 1, "HTTPCode_ELB_502_Count": 2, "HTTPCode_ELB_504_Count": 1,
			"HTTPCode_Target_2XX_Count": 1, "HTTPCode_Target_4XX_Count": 1, "HTTPCode_Target_5XX_Count": 1,
		} {
			if seen[metric] != want {
				t.Errorf("%s: %v, want %v", metric, seen[metric], want)
			}
		}
	})
}

func TestBodiesAreStreamedBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		uploaded, more := make(chan string), make(chan struct{})
		s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/up":
				lines := bufio.NewScanner(r.Body)
				for lines.Scan() {
					uploaded <- lines.Text()
				}
			case "/down":
				fmt.Fprintln(w, "first")
				_ = http.NewResponseController(w).Flush()
				<-more
				fmt.Fprintln(w, "second")
			}
		})
		s.register(g, "10.0.0.1")
		synctest.Wait()
		c := s.client()
		from, body := io.Pipe()
		answered := make(chan error)
		go func() {
			res, err := c.Post("http://web:80/up", "text/plain", from)
			if err == nil {
				_ = res.Body.Close()
			}
			answered <- err
		}()
		for _, line := range []string{"one", "two"} {
			_, _ = io.WriteString(body, line+"\n")
			if got := <-uploaded; got != line {
				t.Errorf("uploaded %q, want %q", got, line)
			}
		}
		_ = body.Close()
		if err := <-answered; err != nil {
			t.Error(err)
		}
		res, err := c.Get("http://web:80/down")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		if !lines.Scan() || lines.Text() != "first" {
			t.Errorf("got %q before the answer had ended", lines.Text())
		}
		close(more)
		if !lines.Scan() || lines.Text() != "second" {
			t.Errorf("then %q", lines.Text())
		}
	})
}

func TestRulesAndOtherActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.serve("10.0.0.1", says("forwarded"))
		s.register(g, "10.0.0.1")
		l := s.listener(80, []types.Action{{Type: types.ActionTypeEnumFixedResponse,
			FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: ptr("404"), ContentType: ptr("text/plain"), MessageBody: ptr("nothing here")}}})
		rule := func(priority int32, actions []types.Action, conditions ...types.RuleCondition) {
			call[elbv2.CreateRuleOutput](s, &elbv2.CreateRuleInput{ListenerArn: &l, Priority: &priority, Actions: actions, Conditions: conditions})
		}
		rule(1, []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{StatusCode: "HTTP_301", Port: ptr("8443"), Path: ptr("/new/#{path}")}}},
			types.RuleCondition{Field: ptr("path-pattern"), Values: []string{"/old/*"}})
		rule(2, to(g, 1), types.RuleCondition{Field: ptr("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: []string{"*.Shop.example"}}},
			types.RuleCondition{Field: ptr("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"POST", "PUT"}}})
		rule(3, to(g, 1), types.RuleCondition{Field: ptr("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: ptr("X-Canary"), Values: []string{"y?s"}}})
		rule(4, to(g, 1), types.RuleCondition{Field: ptr("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: ptr("v"), Value: ptr("2*")}}}})
		synctest.Wait()
		c := s.client()
		for _, q := range []struct{ method, host, path, header, want string }{
			{"GET", "web", "/", "", "404 nothing here"},
			{"GET", "web", "/old/a?b=1", "", "301 http://web:8443/new/old/a?b=1"},
			{"POST", "a.shop.example", "/", "", "200 forwarded"},
			{"GET", "a.shop.example", "/", "", "404 nothing here"},
			{"GET", "web", "/", "YES", "200 forwarded"},
			{"GET", "web", "/", "no", "404 nothing here"},
			{"GET", "web", "/?v=2.1", "", "200 forwarded"},
			{"GET", "web", "/?v=1", "", "404 nothing here"},
		} {
			req, _ := http.NewRequest(q.method, "http://web:80"+q.path, nil)
			req.Host = q.host
			if q.header != "" {
				req.Header.Set("X-Canary", q.header)
			}
			res, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"), string(body)); got != q.want {
				t.Errorf("%s %s%s: %s, want %s", q.method, q.host, q.path, got, q.want)
			}
		}
	})
}

func TestAnotherIdleTimeoutIsInForceForTheNextRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.serve("10.0.0.1", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		s.register(g, "10.0.0.1")
		call[elbv2.ModifyLoadBalancerAttributesOutput](s, &elbv2.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &s.lb,
			Attributes: []types.LoadBalancerAttribute{{Key: ptr("idle_timeout.timeout_seconds"), Value: ptr("7")}}})
		start := time.Now()
		if code, _ := get(t, s.client(), "http://web:80/"); code != 504 || time.Since(start) != 7*time.Second {
			t.Errorf("%d after %v", code, time.Since(start))
		}
	})
}

func TestWildcards(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"/img/*", "/img/", true}, {"/img/*", "/img/a/b", true}, {"/img/*", "/im", false}, {"*", "", true}, {"?", "", false},
		{"/a?c", "/abc", true}, {"*.jpg", "/x.jpg.jpg", true}, {"*a*b", "xxaxxbxxb", true}, {"*a*b", "ba", false}, {"", "", true},
	} {
		if got := wild(c.pattern, c.s); got != c.want {
			t.Errorf("%q against %q: %v", c.pattern, c.s, got)
		}
	}
}
