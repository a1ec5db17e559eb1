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

	"github.com/cutover-ecs/cutover/docs/transcript"
)

// A site that does what the examples of docs/verification.md expect.
func documentedSite() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"token": "of-`+r.FormValue("user")+`"}`) })
	mux.HandleFunc("/order", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"lines": [{"sku": "a"}], "paid": null}`) })
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Version", "v7") })
	return mux
}

// ran runs cutover in this process.
func ran(t *testing.T, args ...string) (code int, out, errout string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestEveryExampleOfTheVerificationPageRuns(t *testing.T) {
	t.Parallel()
	blocks, err := transcript.Read("../../docs/verification.md")
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(documentedSite())
	defer site.Close()
	kinds := map[string]int{}
	for i, b := range blocks {
		kind, is := strings.CutPrefix(b.Language, "json ")
		if !is {
			continue
		}
		t.Run(fmt.Sprint(kind, i), func(t *testing.T) {
			kinds[kind]++
			document := b.Text
			switch kind {
			case "suite":
				document = `{"services": [{"name": "shop", "verify": ` + document + `}]}`
			case "service":
				document = `{"services": [` + document + `]}`
			}
			var tree any
			if err := json.Unmarshal([]byte(document), &tree); err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(t.TempDir(), "cdk.json")
			if err := os.WriteFile(config, []byte(`{"context": {"cutover": `+document+`}}`), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, out, errout := ran(t, "verify", "--config", config, "--lint"); code != 0 {
				t.Fatalf("lint ends with %d: %s%s", code, out, errout)
			}
			args := []string{"verify", site.URL, "--config", config, "--identity", "v7"}
			if code, out, errout := ran(t, args...); code != 0 {
				t.Errorf("it ends with %d: %s%s", code, out, errout)
			}
			if kind == "service" {
				for _, stage := range []string{"BeforeInstall", "AfterAllowTraffic"} {
					if code, out, errout := ran(t, append(args, "--stage", stage)...); code != 0 {
						t.Errorf("%s ends with %d: %s%s", stage, code, out, errout)
					}
				}
				if code, _, errout := ran(t, append(args, "--stage", "AfterInstall")...); code != 2 {
					t.Errorf("a stage without a suite ends with %d: %s", code, errout)
				}
			}
		})
	}
	if kinds["suite"] < 3 || kinds["service"] < 1 || kinds["config"] < 1 {
		t.Errorf("the page's examples were not found: %v", kinds)
	}
}
