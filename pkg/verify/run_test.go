package verify

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

func site(t *testing.T) string {
	t.Helper()
	var tries atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", "v2")
		fmt.Fprintf(w, "Sample Website for %s at %s", r.Header.Get("X-User"), r.Host)
	})
	mux.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"method": %q, "echo": %q, "items": [{"n": 1}, {"n": 2}], "none": null}`, r.Method, body)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
	})
	mux.HandleFunc("/third", func(w http.ResponseWriter, _ *http.Request) {
		if tries.Add(1) < 2 {
			w.WriteHeader(503)
		}
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb())
	})
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "not a hundred")
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Huge", strings.Repeat("x", 80<<10)) })
	mux.HandleFunc("/reset", func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestAnAnswerIsHeldAgainstEveryExpectation(t *testing.T) {
	url := site(t)
	for name, c := range map[string]struct {
		check config.Check
		want  string // empty: it holds
	}{
		"below 400":                  {config.Check{Path: "/"}, ""},
		"status":                     {config.Check{Path: "/", Expect: config.Expect{Status: config.Codes{"200"}}}, ""},
		"another status":             {config.Check{Path: "/", Expect: config.Expect{Status: config.Codes{"201"}}}, "status is 200, expected 201"},
		"an error status expected":   {config.Check{Path: "/third-not", Expect: config.Expect{Status: config.Codes{"200"}}}, ""},
		"headers out and in":         {config.Check{Path: "/", Headers: map[string]string{"X-User": "ann", "host": "shop.example"}, Expect: config.Expect{Contains: "for ann at shop.example", Headers: map[string]string{"x-version": "v2"}}}, ""},
		"another header":             {config.Check{Path: "/", Expect: config.Expect{Headers: map[string]string{"X-Version": "v3"}}}, `header X-Version is "v2", expected "v3"`},
		"text":                       {config.Check{Path: "/", Expect: config.Expect{Contains: "Shop"}}, `does not contain "Shop"; it begins "Sample Website`},
		"method and body":            {config.Check{Method: "POST", Path: "/api", Body: "hello", Expect: config.Expect{JSON: map[string]any{"method": "POST", "echo": "hello"}}}, ""},
		"numbers and lists":          {config.Check{Path: "/api", Expect: config.Expect{JSON: map[string]any{"length(items)": 2.0, "items[*].n": []any{1.0, 2.0}}}}, ""},
		"another value":              {config.Check{Path: "/api", Expect: config.Expect{JSON: map[string]any{"items[0].n": 2.0}}}, "items[0].n is 1, expected 2"},
		"not JSON":                   {config.Check{Path: "/", Expect: config.Expect{JSON: map[string]any{"a": 1.0}}}, "the body is not JSON"},
		"a redirect is not followed": {config.Check{Path: "/away", Expect: config.Expect{Status: config.Codes{"302"}, Headers: map[string]string{"Location": "http://elsewhere.invalid/"}}}, ""},
		"retried within its window":  {config.Check{Path: "/third", Within: config.Duration(10 * time.Second)}, ""},
		"an endless body":            {config.Check{Path: "/endless", Expect: config.Expect{JSON: map[string]any{"a": 1.0}}}, "larger than 1048576 bytes"},
		"a compressed bomb":          {config.Check{Path: "/bomb", Expect: config.Expect{Contains: "x"}}, "does not contain"},
		"silence":                    {config.Check{Path: "/silent", Expect: config.Expect{Latency: config.Duration(10 * time.Millisecond)}}, "no whole answer within"},
		"a wrong length":             {config.Check{Path: "/short"}, "broke off after 13 bytes"},
		"huge headers":               {config.Check{Path: "/headers"}, "server response headers exceeded"},
		"a reset":                    {config.Check{Path: "/reset"}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.check.Method == "" {
				c.check.Method = "GET"
			}
			if c.check.Expect.Latency == 0 {
				c.check.Expect.Latency = config.Duration(5 * time.Second)
			}
			r := Run(t.Context(), NewClient(), url, config.Suite{Checks: []config.Check{c.check}})[0]
			if c.want == "" && !r.Holds() || c.want != "" && (r.Holds() || !strings.Contains(r.Problems[0], c.want)) {
				t.Errorf("problems %q, want %q", r.Problems, c.want)
			}
		})
	}
}

func TestASlowAnswerIsToldWithItsTime(t *testing.T) {
	got := problems(config.Expect{Latency: config.Duration(100 * time.Millisecond)}, answer{status: 200, latency: 250 * time.Millisecond})
	if len(got) != 1 || got[0] != "the answer took 250 ms, allowed are 100 ms" {
		t.Errorf("got %q", got)
	}
}

func TestTheFirstBrokenCheckEndsTheSuite(t *testing.T) {
	url := site(t)
	checks := []config.Check{
		{Name: "one", Method: "GET", Path: "/", Expect: config.Expect{Latency: config.Duration(time.Second)}},
		{Name: "two", Method: "GET", Path: "/", Expect: config.Expect{Status: config.Codes{"404"}, Latency: config.Duration(time.Second)}},
		{Name: "three", Method: "GET", Path: "/", Expect: config.Expect{Latency: config.Duration(time.Second)}},
	}
	all := Run(t.Context(), NewClient(), url, config.Suite{Checks: checks})
	if len(all) != 2 || fault(all, "green") != `check "two" failed on green: status is 200, expected 404` {
		t.Errorf("got %d results: %s", len(all), fault(all, "green"))
	}
	if fault(all[:1], "green") != "" {
		t.Errorf("a suite that holds has the fault %q", fault(all[:1], "green"))
	}
}
