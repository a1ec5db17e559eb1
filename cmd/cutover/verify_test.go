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
