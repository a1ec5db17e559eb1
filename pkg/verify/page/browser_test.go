package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium of this machine; the test is skipped where there is none.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium is installed here to open the report in")
	return ""
}

// look is what a script in the page's own document finds: what a page does that must not, and what has no name. It is
// put in by the test's server, which also sends the report without its policy, or it could not run.
const look = `<script>
window.addEventListener("load", () => {
  const wrong = [];
  const named = e => (e.getAttribute("aria-label") || e.textContent || "").trim() ||
    (e.getAttribute("aria-labelledby") || "").split(/\s+/).map(id => (document.getElementById(id) || {}).textContent || "").join("").trim();
  for (const e of document.querySelectorAll("a, summary, svg, th, [role], section, table, figure"))
    if (!named(e)) wrong.push("no name: " + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll("a[href]"))
    if (!document.getElementById(e.hash.slice(1))) wrong.push("leads nowhere: " + e.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  if (new Set(ids).size != ids.length) wrong.push("ids stand twice: " + ids);
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3")) {
    const n = +h.tagName[1];
    if (n > level + 1) wrong.push("a heading skips a level: " + h.textContent);
    level = n;
  }
  if (document.querySelectorAll("h1").length != 1 || !document.documentElement.lang || !document.title) wrong.push("no h1, language or title");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window: " + document.documentElement.scrollWidth + " of " + innerWidth);
  for (const r of performance.getEntriesByType("resource")) wrong.push("asked for " + r.name);
  const shown = document.querySelector("svg rect");
  if (shown && !shown.getBoundingClientRect().height) wrong.push("nothing is drawn");
  document.body.setAttribute("data-wrong", JSON.stringify(wrong));
});
</script>`

func TestTheReportInARealBrowser(t *testing.T) {
	chromium := browser(t)
	_, report := judged(t, `{"settle": "0s", "checks": [{"name": "home"}, {"name": "order", "path": "/order?a=1", "expect": {"status": 201}}],
		"load": {"rate": 50, "duration": "1s", "warmUp": "0s"}}`, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/order") {
			w.WriteHeader(http.StatusCreated)
		}
		w.Header().Set("X-Evil", `<script>document.body.dataset.evil = 1</script>`)
		fmt.Fprint(w, `<script>document.body.setAttribute("data-evil", 1)</script><img src="http://elsewhere.invalid/x">`)
	})
	var mu sync.Mutex
	var asked []string
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.String())
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/report":
			fmt.Fprint(w, report)
		case "/looked-at":
			open := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(report, "")
			fmt.Fprint(w, strings.Replace(open, "</head>", look+"</head>", 1))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	dom, said := opened(t, chromium, server.URL+"/looked-at", "--dump-dom")
	found := regexp.MustCompile(`data-wrong="([^"]*)"`).FindStringSubmatch(dom)
	if found == nil {
		t.Fatalf("the page was not looked at: %.2000s\n%s", dom, said)
	}
	var wrong []string
	if err := json.Unmarshal([]byte(strings.ReplaceAll(found[1], "&quot;", `"`)), &wrong); err != nil || len(wrong) > 0 {
		t.Errorf("%v: %q", err, wrong)
	}
	if strings.Contains(dom, "data-evil=") {
		t.Error("what an answer contained was run")
	}
	picture := filepath.Join(t.TempDir(), "report.png")
	if keep := os.Getenv("CUTOVER_SCREENSHOT"); keep != "" {
		picture = keep
	}
	_, said = opened(t, chromium, server.URL+"/report", "--screenshot="+picture, "--window-size=900,1800")
	if noise := regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindString(said); noise != "" {
		t.Errorf("the console has %s", noise)
	}
	if info, err := os.Stat(picture); err != nil || info.Size() < 10_000 {
		t.Errorf("the picture is %v, %v", info, err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, url := range asked {
		if url != "/report" && url != "/looked-at" && url != "/favicon.ico" {
			t.Errorf("the page asked for %s", url)
		}
	}
}

// opened runs the browser on a URL to its end. Every name but the server's own leads nowhere, so that a page that asks
// elsewhere is seen on the console.
func opened(t *testing.T, chromium, url string, args ...string) (out, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	flags := []string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--v=0", "--no-proxy-server", "--user-data-dir=" + t.TempDir(),
		"--virtual-time-budget=5000",
	}
	cmd := exec.CommandContext(ctx, chromium, append(append(flags, args...), url)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%.2000s", chromium, err, stderr.String())
	}
	return stdout.String(), stderr.String()
}
