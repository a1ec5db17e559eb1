package page

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

func judged(t *testing.T, suite string, h http.HandlerFunc) (verify.Verdict, string) {
	t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "shop", "verify": `+suite+`}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	v := verify.Judge(t.Context(), verify.NewClient(), s.URL, c.Services[0].Verify, "")
	v.Service = "shop"
	var out bytes.Buffer
	if err := Write(&out, v); err != nil {
		t.Fatal(err)
	}
	return v, out.String()
}

func TestTheVerdictAndItsReasonsComeFirst(t *testing.T) {
	_, page := judged(t, `{"checks": [{"name": "one"}, {"name": "two", "expect": {"status": 201, "contains": "more"}}, {"name": "three"}]}`,
		func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "less") })
	at := 0
	for _, want := range []string{
		"<h1 id=\"verdict\">Failed: shop</h1>", "check &#34;two&#34; failed on http://127.0.0.1", "What is wrong with “two”",
		"<li>status is 200, expected 201</li>", "does not contain &#34;more&#34;", "Where and when", ">one</a>", ">two</a>", "not made",
		"What was asked and what came back", "User-Agent: cutover-verify", "200 OK", "less", "</html>",
	} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("%q is not where it should be", want)
		}
		at += i
	}
}

func TestThePageNeedsNothingFromElsewhereAndRunsNothing(t *testing.T) {
	const attack = `</pre><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">`
	_, page := judged(t, `{"checks": [{"name": "</summary><script>alert(1)</script>", "path": "/?<script>", "expect": {"contains": "</style>"}}]}`,
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Evil", attack)
			io.WriteString(w, attack)
		})
	if found := regexp.MustCompile(`(?i)<script|<img|<iframe|<link|<object|@import|url\(|href="[^#]|\ssrc=[^x]`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") || !strings.Contains(page, "default-src 'none'") {
		t.Error("what was shown is not shown as text, under a policy that lets nothing in")
	}
}

func TestThePageIsBoundedWhateverComesBack(t *testing.T) {
	v, page := judged(t, `{"checks": [`+strings.Repeat(`{"body": "`+strings.Repeat("<", 4000)+`"},`, 99)+`{"expect": {"status": 500}}]}`,
		func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			for i := range 200 {
				w.Header().Set("X-"+strings.Repeat("n", i+1), strings.Repeat("&", 100))
			}
			for range 64 {
				io.WriteString(w, strings.Repeat(`<"&'`, 1024))
			}
		})
	if len(v.Checks) != 100 || len(page) > 8<<20 {
		t.Errorf("%d checks on %d bytes of page: %s", len(v.Checks), len(page), v.Reason)
	}
	t.Logf("100 checks make %d bytes", len(page))
}

func TestEveryKindOfVerdictIsWritten(t *testing.T) {
	for _, v := range []verify.Verdict{
		{}, {Outcome: verify.Skipped, Reason: "nobody waits"},
		{Outcome: verify.Succeeded, At: time.Unix(0, 0), Healthy: []string{"10.0.0.1", "10.0.0.2"}, Version: &verify.Proof{Want: "v2", Got: "v2", Answers: 3}},
		{Outcome: verify.Failed, Checks: []verify.CheckResult{{Name: "a", Problems: []string{"no route to host"}, Tries: 2, Earlier: []verify.Try{{Problem: "reset"}}}}},
		{Load: &verify.LoadResult{Problems: []string{"none was made"}}}, {Load: &verify.LoadResult{Requests: 1, MaxMS: 1, Moments: []verify.Moment{{}}, Bars: []verify.Bar{{}}}},
		{Outcome: verify.Failed, Checks: []verify.CheckResult{{Exchange: &verify.Exchange{Redirects: []string{"/a"}, Captured: map[string]string{"id": "7"}, Answer: &verify.Answer{Status: 999, TLS: "TLS 1.3", More: true, Packed: true}}}}},
	} {
		var out bytes.Buffer
		if err := Write(&out, v); err != nil || !strings.HasSuffix(strings.TrimSpace(out.String()), "</html>") {
			t.Errorf("%+v: %v", v, err)
		}
	}
}

func TestALoadIsToldInNumbersAndDrawn(t *testing.T) {
	slow := time.NewTicker(30 * time.Millisecond)
	defer slow.Stop()
	v, page := judged(t, `{"settle": "0s", "load": {"rate": 100, "duration": "1s", "warmUp": "0s", "limits": {"p50": "1ms"},
		"requests": [{"name": "<slow>", "path": "/slow"}, {"name": "quick"}]}}`,
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-slow.C
			}
		})
	if v.Load == nil || v.Load.Requests != 100 || v.Load.Holds() {
		t.Fatalf("%s: %+v", v.Reason, v.Load)
	}
	at := 0
	for _, want := range []string{
		"Failed: shop", "What is wrong under load", "p50 is ", "<h2>Load</h2>", "100 requests a second for 1 s on at most 50 connections", `<th scope="row">All</th>`,
		`<th scope="row">&lt;slow&gt;</th>`, `<th scope="row">quick</th>`, `role="img" aria-label="How long requests took`, "<rect", `aria-label="The slowest request through the load`, "What was asked",
	} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("%q is not where it should be", want)
		}
		at += i
	}
}
