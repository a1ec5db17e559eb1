package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// suiteOf is a parsed suite, with its defaults.
func suiteOf(t testing.TB, suite string) config.Suite {
	t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "shop", "verify": `+suite+`}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return c.Services[0].Verify
}

// shop is a site with a login, a session and things to order.
func shop() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s3cr3t-session", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "admin", Value: "1", Path: "/admin"})
		w.Header().Set("ETag", "e-1")
		fmt.Fprintf(w, `{"token": "t0k3n-of-%s", "id": 7, "page": "order=42;"}`, r.FormValue("user"))
	})
	mux.HandleFunc("/echo/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Kind", "echo/1.2")
		fmt.Fprintf(w, "%s %s|%s|%s|%s|%s|%s", r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Content-Type"), r.Host, body)
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Path: "/", MaxAge: -1})
	})
	mux.HandleFunc("/order", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"id": 7, "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}], "paid": null, "note": "x"}`)
	})
	return mux
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func hold(t *testing.T, results []CheckResult, want int) {
	t.Helper()
	for _, r := range results {
		if !r.Holds() {
			t.Errorf("%s: %q", r.Name, r.Problems)
		}
	}
	if len(results) != want {
		t.Errorf("%d checks were made, want %d", len(results), want)
	}
}

func TestASuiteCarriesCookiesAndValuesFromOneCheckToTheNext(t *testing.T) {
	all := Run(t.Context(), NewClient(), serve(t, shop()), suiteOf(t, `{"keepCookies": true, "serverName": "shop.example", "checks": [
		{"method": "POST", "path": "/login", "form": {"user": "ann"}, "capture": {
			"token": {"jmespath": "token"}, "id": {"jmespath": "id"}, "etag": {"header": "ETag"}, "order": {"matches": "order=(\\d+)"}}},
		{"path": "/echo/${order}/a?q=${token}", "query": {"z": "1 2"}, "headers": {"Authorization": "Bearer ${token}"},
		 "expect": {"contains": "GET /echo/42/a?q=t0k3n-of-ann&z=1+2|Bearer ${token}|sid=s3cr3t-session||shop.example|"}},
		{"method": "PUT", "path": "/echo/json", "json": {"id": "${id}", "tag": "no ${etag}", "plain": "$${id}"}, "cookies": {"sid": "mine"},
		 "expect": {"contains": "|sid=mine|application/json|shop.example|{\"id\":7,\"plain\":\"$${id}\",\"tag\":\"no e-1\"}"}},
		{"path": "/order", "expect": {"json": {"id": "${id}"}, "jsonSubset": {"id": "${id}"}}},
		{"path": "/logout"},
		{"path": "/echo/", "headers": {"Host": "other.example"}, "expect": {"contains": "GET /echo/||||other.example|"}},
		{"method": "POST", "path": "/echo/", "base64": "aGk=", "expect": {"matches": "\\|hi$", "headersMatch": {"X-Kind": "^echo/\\d"}}}
	]}`))
	hold(t, all, 7)
}

func TestWhatAnAnswerLacksIsTold(t *testing.T) {
	url := serve(t, shop())
	for name, c := range map[string]struct{ check, want string }{
		"class":            {`{"path": "/none", "expect": {"status": ["2xx", 304]}}`, "status is 404, expected 2xx or 304"},
		"class holds":      {`{"path": "/none", "expect": {"status": "4xx"}}`, ""},
		"expression":       {`{"path": "/order", "expect": {"matches": "\"id\": 8"}}`, `the body does not match "\"id\": 8"; it begins`},
		"header's":         {`{"path": "/echo/", "expect": {"headersMatch": {"X-Kind": "^2"}}}`, `header X-Kind is "echo/1.2", which does not match "^2"`},
		"no header":        {`{"path": "/order", "expect": {"headersMatch": {"X-Kind": "."}}}`, `header X-Kind is "", which`},
		"part holds":       {`{"path": "/order", "expect": {"jsonSubset": {"lines": [{"sku": "a"}, {"n": 2}], "paid": null}}}`, ""},
		"part's value":     {`{"path": "/order", "expect": {"jsonSubset": {"lines": [{"sku": "a"}, {"n": 3}]}}}`, ".lines[1].n is 2, expected 3"},
		"part's key":       {`{"path": "/order", "expect": {"jsonSubset": {"a": null}}}`, `the body has no "a"`},
		"part's length":    {`{"path": "/order", "expect": {"jsonSubset": {"lines": []}}}`, "expected a list of 0"},
		"part's kind":      {`{"path": "/order", "expect": {"jsonSubset": {"id": {"a": 1}}}}`, ".id is 7, expected an object"},
		"too short":        {`{"path": "/order", "expect": {"minBytes": 1000}}`, "bytes, expected at least 1000"},
		"too long":         {`{"path": "/order", "expect": {"maxBytes": 5}}`, "the body has more than 5 bytes"},
		"captured path":    {`{"path": "/order", "capture": {"a": {"jmespath": "none"}}}`, "a cannot be captured: none is not in the body"},
		"captured header":  {`{"path": "/order", "capture": {"a": {"header": "X-None"}}}`, "a cannot be captured: there is no header X-None"},
		"captured text":    {`{"path": "/order", "capture": {"a": {"matches": "zzz"}}}`, "a cannot be captured: the body does not match"},
		"secret in a path": {`{"method": "POST", "path": "/login", "expect": {"json": {"token": "x"}}}`, "token is [masked], expected [masked]"},
		"HTTP/1.1":         {`{"path": "/order", "http": "1.1"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Run(t.Context(), NewClient(), url, suiteOf(t, `{"checks": [`+c.check+`]}`))[0]
			if got := strings.Join(r.Problems, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("problems %q, want %q", got, c.want)
			}
		})
	}
}

func redirecting(t *testing.T) string {
	mux := http.NewServeMux()
	to := func(path, location string, status int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(status)
		})
	}
	to("/a", "/b", 302)
	to("/b", "c?x=1#part", 307)
	mux.HandleFunc("/c", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "end %s %s %s", r.Method, r.URL.RequestURI(), body)
	})
	to("/keeps", "/c", 308)
	to("/loop", "/loop", 301)
	to("/away", "http://elsewhere.invalid/", 302)
	to("/port", "http://127.0.0.1:1/", 302)
	to("/secure", "https://shop.example/", 302)
	to("/own", "http://shop.example/c", 302)
	to("/broken", "http://%zz", 302)
	to("/file", "file:///etc/passwd", 302)
	return serve(t, mux)
}

func TestRedirectsAreFollowedOnTheSameHostOnly(t *testing.T) {
	url := redirecting(t)
	for name, c := range map[string]struct{ check, want string }{
		"to the end":      {`{"method": "POST", "body": "x", "path": "/a", "redirects": 2, "expect": {"contains": "end GET /c?x=1 "}}`, ""},
		"with its body":   {`{"method": "POST", "body": "x", "path": "/keeps", "redirects": 1, "expect": {"contains": "end POST /c x"}}`, ""},
		"one too many":    {`{"path": "/a", "redirects": 1}`, "redirected more than 1 times: /b, then c?x=1#part"},
		"none followed":   {`{"path": "/a", "expect": {"status": 302}}`, ""},
		"a loop":          {`{"path": "/loop", "redirects": 10}`, "redirected more than 10 times: /loop, /loop"},
		"another host":    {`{"path": "/away", "redirects": 10}`, "redirected to another place, http://elsewhere.invalid/; only redirects on http://127.0.0.1"},
		"another port":    {`{"path": "/port", "redirects": 10}`, "redirected to another place, http://127.0.0.1:1/"},
		"another scheme":  {`{"path": "/secure", "redirects": 10}`, "redirected to another place, https://shop.example/"},
		"the name it has": {`{"path": "/own", "redirects": 1, "expect": {"contains": "end GET /c"}}`, ""},
		"nonsense":        {`{"path": "/broken", "redirects": 1}`, "parse Location header"},
		"a file":          {`{"path": "/file", "redirects": 1}`, "redirected to another place, file:///etc/passwd"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Run(t.Context(), NewClient(), url, suiteOf(t, `{"serverName": "shop.example", "checks": [`+c.check+`]}`))[0]
			if got := strings.Join(r.Problems, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("problems %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheServersCertificateIsVerifiedForTheServicesName(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto, " for ", r.TLS.ServerName) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	client := NewClient()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	for name, c := range map[string]struct{ suite, want string }{
		"as offered":    {`{"serverName": "example.com", "checks": [{"expect": {"contains": "HTTP/2.0 for example.com"}}]}`, ""},
		"HTTP/1.1":      {`{"serverName": "example.com", "checks": [{"http": "1.1", "expect": {"contains": "HTTP/1.1"}}]}`, ""},
		"HTTP/2":        {`{"serverName": "example.com", "checks": [{"http": "2", "expect": {"contains": "HTTP/2.0"}}]}`, ""},
		"without names": {`{"checks": [{"http": "2", "expect": {"contains": "HTTP/2.0"}}]}`, ""},
		"another name":  {`{"serverName": "shop.invalid", "checks": [{}]}`, "needs serverName"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Run(t.Context(), client, s.URL, suiteOf(t, c.suite))[0]
			if got := strings.Join(r.Problems, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("problems %q, want %q", got, c.want)
			}
			if c.want == "" && r.Exchange.Answer != nil && r.Exchange.Answer.TLS != "TLS 1.3" {
				t.Errorf("the answer came over %q", r.Exchange.Answer.TLS)
			}
		})
	}
	old := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(old.Close)
	roots.AddCert(old.Certificate())
	if r := Run(t.Context(), client, old.URL, suiteOf(t, `{"checks": [{"http": "2"}]}`))[0]; r.Holds() {
		t.Error("HTTP/2 was expected of a listener that has it not, and the check holds")
	}
}

// flaky answers as its script says, then 200 for ever.
type flaky struct {
	script string // o is an answer of 200, x one of 500
	asked  atomic.Int32
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	if n := int(f.asked.Add(1)) - 1; n < len(f.script) && f.script[n] == 'x' {
		rec.WriteHeader(500)
	}
	return rec.Result(), nil
}

func TestTriesAreCountedAsTheCheckSays(t *testing.T) {
	for name, c := range map[string]struct {
		check, script string
		tries         int
		took          time.Duration
		holds         bool
	}{
		"once":                          {`{}`, "xo", 1, 0, false},
		"within its window":             {`{"within": "3s"}`, "xxo", 3, 2 * time.Second, true},
		"beyond its window":             {`{"within": "2s"}`, "xxxx", 3, 2 * time.Second, false},
		"failures allowed":              {`{"failures": 2}`, "xxo", 3, 2 * time.Second, true},
		"one failure too many":          {`{"failures": 1}`, "xxo", 2, time.Second, false},
		"no failures within a window":   {`{"failures": 0, "within": "1m"}`, "xo", 1, 0, false},
		"in a row":                      {`{"successes": 3}`, "ooo", 3, 0, true},
		"in a row with pauses":          {`{"successes": 3, "every": "2s"}`, "ooo", 3, 4 * time.Second, true},
		"a row begun again":             {`{"successes": 3, "failures": 1}`, "ooxooo", 6, time.Second, true},
		"a row that one failure breaks": {`{"successes": 3}`, "oox", 3, 0, false},
		"its own deadline":              {`{"within": "5s", "timeout": "5s", "every": "2s"}`, "xxxxxxxx", 3, 4 * time.Second, false},
		"a deadline within a row":       {`{"successes": 10, "every": "2s", "timeout": "5s"}`, "", 3, 5 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{script: c.script}
				start := time.Now()
				r := Run(t.Context(), &http.Client{Transport: f}, "http://green", suiteOf(t, `{"checks": [`+c.check+`]}`))[0]
				if r.Tries != c.tries || time.Since(start) != c.took || r.Holds() != c.holds || len(r.Earlier) != c.tries-1 {
					t.Errorf("%d tries (%d before the last) in %s: %q", r.Tries, len(r.Earlier), time.Since(start), r.Problems)
				}
			})
		})
	}
}

func TestTheCaseOfNoTimeLeftIsToldAsThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		v := Judge(ctx, &http.Client{Transport: &flaky{script: "xxxxxxxxx"}}, "http://green", suiteOf(t, `{"checks": [{"within": "1m"}, {"name": "next"}]}`), "")
		if v.Outcome != Failed || !strings.HasPrefix(v.Reason, "time ran out: ") || !cmp.Equal(v.NotMade, []string{"next"}) {
			t.Errorf("got %s: %s, %v", v.Outcome, v.Reason, v.NotMade)
		}
	})
}
