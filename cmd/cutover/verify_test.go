package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

// verified runs cutover verify with this configuration's verify key.
func verified(t *testing.T, suite string, args ...string) (code int, out, errout string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "cdk.json")
	document := fmt.Sprintf(`{"context": {"cutover": {"services": [{"name": "shop", "verify": %s}, {"name": "other"}]}}}`, suite)
	if err := os.WriteFile(config, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"verify", "--config", config}, args...), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func siteOf(t *testing.T, status int) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", "v2")
		w.Header().Set("Set-Cookie", "sid=topsecret")
		w.WriteHeader(status)
		fmt.Fprint(w, "Sample Website")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const asks = `{"version": {"header": "X-Version"}, "checks": [{"name": "home", "expect": {"status": "2xx", "contains": "Sample"}}, {"name": "next"}]}`

func TestASuiteThatHoldsEndsWithZero(t *testing.T) {
	html, document := filepath.Join(t.TempDir(), "report.html"), filepath.Join(t.TempDir(), "report.json")
	code, out, errout := verified(t, asks, siteOf(t, 200)+"/", "--service", "shop", "--identity", "v2", "--html", html, "--json", document)
	if code != 0 || errout != "" || !strings.Contains(out, "holds   200") || !strings.Contains(out, "Succeeded after") || !strings.Contains(out, "report: "+html) {
		t.Errorf("exit %d\n%s%s", code, out, errout)
	}
	page, err := os.ReadFile(html)
	if err != nil || !bytes.Contains(page, []byte("Succeeded: shop")) || bytes.Contains(page, []byte("topsecret")) {
		t.Errorf("the page is %d bytes, %v", len(page), err)
	}
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var v verify.Verdict
	if err := json.Unmarshal(raw, &v); err != nil || v.Outcome != verify.Succeeded || len(v.Checks) != 2 || v.Version.Answers != 3 {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestASuiteThatDoesNotHoldEndsWithOne(t *testing.T) {
	code, out, errout := verified(t, asks, siteOf(t, 503), "--service", "shop", "--json", "-")
	if code != 1 || !strings.Contains(errout, "FAILED  503") || !strings.Contains(errout, "status is 503, expected 2xx") || !strings.Contains(errout, "not made               next") {
		t.Errorf("exit %d\n%s", code, errout)
	}
	var v verify.Verdict
	if err := json.Unmarshal([]byte(out), &v); err != nil || v.Outcome != verify.Failed {
		t.Errorf("the standard output is no document: %v\n%s", err, out)
	}
	code, out, _ = verified(t, asks, siteOf(t, 200), "--service", "shop", "--identity", "v3")
	if code != 1 || !strings.Contains(out, `does not show the version under deployment: expected "v3", got "v2"`) {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out, _ = verified(t, asks, "http://127.0.0.1:1", "--service", "shop")
	if code != 1 || !strings.Contains(out, "connection refused") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestWhatCannotBeJudgedEndsWithTwo(t *testing.T) {
	for name, c := range map[string]struct {
		suite string
		args  []string
		want  string
	}{
		"all mistakes":      {`{"cheks": [], "settle": "x"}`, []string{"--lint"}, "the configuration has 2 mistakes:\nservices[0].verify.cheks: is not a key here"},
		"no URL":            {`{}`, []string{"--service", "shop"}, "say what to judge"},
		"no scheme":         {`{}`, []string{"localhost:8080", "--service", "shop"}, "is not a URL such as"},
		"credentials":       {`{}`, []string{"http://u:p@localhost", "--service", "shop"}, "the URL has credentials"},
		"query":             {`{}`, []string{"http://localhost/?a", "--service", "shop"}, "has a query"},
		"several services":  {`{}`, []string{"http://localhost"}, "which has: shop, other"},
		"another service":   {`{}`, []string{"http://localhost", "--service", "x"}, `there is no service "x"`},
		"no configuration":  {`{}`, []string{"--config", "/none/cdk.json"}, "the configuration cannot be read"},
		"no such flag":      {`{}`, []string{"--lnt"}, "unknown flag"},
		"an unread file":    {`{"file": "none.json"}`, []string{"--lint"}, `services[0].verify.file: "none.json" cannot be read`},
		"nowhere to report": {`{}`, []string{siteOf(t, 200), "--service", "shop", "--html", "/none/a.html"}, "write the page"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errout := verified(t, c.suite, c.args...)
			if code != 2 || !strings.Contains(errout, c.want) {
				t.Errorf("exit %d: %s", code, errout)
			}
		})
	}
}

func TestLintTellsThatNothingIsWrong(t *testing.T) {
	code, out, errout := verified(t, asks, "--lint")
	if code != 0 || out != "shop: 2 checks, nothing wrong\nother: 1 check, nothing wrong\n" {
		t.Errorf("exit %d\n%s%s", code, out, errout)
	}
}

func TestLintTellsASuiteThatFitsNoFunction(t *testing.T) {
	body := &strings.Builder{}
	for i := range 1500 {
		fmt.Fprintf(body, "%d ", i*i*7919)
	}
	code, _, errout := verified(t, `{"checks": [{"body": "`+body.String()+`"}]}`, "--lint")
	if code != 2 || !strings.Contains(errout, "services[0].verify: makes the description") {
		t.Errorf("exit %d: %s", code, errout)
	}
}

// beside runs a suite against green, and compares it with blue.
func beside(t *testing.T, suite string, blue, green http.HandlerFunc, args ...string) (code int, out, errout string) {
	t.Helper()
	var urls []string
	for _, h := range []http.HandlerFunc{blue, green} {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		urls = append(urls, s.URL)
	}
	return verified(t, suite, append([]string{urls[1], "--against", urls[0], "--service", "shop"}, args...)...)
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}
}

const compares = `{"compare": {"samples": 60, "warmUp": 2, "rate": 1000, "errors": 0.1, "slower": {"by": "1s"}}}`

func TestACandidateIsComparedWithWhatAnswersElsewhere(t *testing.T) {
	html, document := filepath.Join(t.TempDir(), "report.html"), filepath.Join(t.TempDir(), "report.json")
	code, out, errout := beside(t, compares, says(`{"id": 7}`), says(`{"id": 8, "new": true}`), "--html", html, "--json", document)
	if code != 0 || errout != "" {
		t.Errorf("exit %d\n%s%s", code, out, errout)
	}
	tells(t, out, "compared with http://127.0.0.1:", "60 samples of each route, seed ", "pass          ", "GET /\n", "; green answers 1 of 1 routes as well as blue")
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var v verify.Verdict
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if r := v.Comparison.Result.Routes[0]; r.Blue.Answers != 60 || r.Green.Answers != 60 || len(r.Added) != 1 || v.Comparison.Seed == 0 {
		t.Errorf("got %+v", r)
	}
	if page, err := os.ReadFile(html); err != nil || !bytes.Contains(page, []byte("as well as blue")) {
		t.Errorf("the page does not tell: %v", err)
	}
}

func TestACandidateIsComparedAsThePageShows(t *testing.T) {
	config := cdkJSON(t, `{"name": "shop", "verify": `+compares+`}`)
	command := onPage(t, "../../docs/verification-comparison.md", "$ cutover verify http://localhost:8081")[0].Command
	for i, h := range []http.HandlerFunc{says(`{"id": 7}`), says(`{"id": 8}`)} {
		s := httptest.NewServer(h)
		defer s.Close()
		command = strings.Replace(command, []string{"http://localhost:8080", "http://localhost:8081"}[i], s.URL, 1)
	}
	html := filepath.Join(t.TempDir(), "report.html")
	arguments := append(strings.Fields(strings.Replace(command, "report.html", html, 1))[1:], "--config", config)
	if code, out, errout := ran(t, arguments...); code != 0 {
		t.Errorf("it ends with %d: %s%s", code, out, errout)
	}
	if _, err := os.Stat(html); err != nil {
		t.Error(err)
	}
}

func TestACandidateThatAnswersOtherwiseEndsWithOne(t *testing.T) {
	code, out, _ := beside(t, compares, says(`{"id": 7}`), says(`{"key": 7}`))
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	tells(t, out, "FAILED  ", "id is a number in 60 of 60 of blue's answers and 0 of 60 of green's", "Failed after", "the comparison with blue failed: GET /")
	code, out, _ = beside(t, `{"compare": {"rate": 1000}}`, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, says(`{}`))
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	tells(t, out, "no route could be compared", "300 samples of each route")
}

func TestWhatCannotBeComparedEndsWithTwo(t *testing.T) {
	site := siteOf(t, 200)
	for want, args := range map[string][]string{
		"--against: \"localhost\" is not a URL": {`{}`, "--against", "localhost"},
		"names what is judged itself":           {`{}`, "--against", site + "/"},
		"no check can be compared":              {`{"checks": [{"method": "POST"}]}`, "--against", "http://127.0.0.1:1"},
		"takes at least 13s":                    {`{"settle": "0s", "timeout": "10s"}`, "--against", "http://127.0.0.1:1"},
	} {
		code, _, errout := verified(t, args[0], append([]string{site, "--service", "shop"}, args[1:]...)...)
		if code != 2 || !strings.Contains(errout, want) {
			t.Errorf("exit %d: %s, want %q", code, errout, want)
		}
	}
	code, out, _ := verified(t, compares, "--lint")
	if code != 0 || !strings.Contains(out, "shop: 1 check, 1 route compared with blue in at least 1s, nothing wrong") {
		t.Errorf("exit %d: %s", code, out)
	}
}
