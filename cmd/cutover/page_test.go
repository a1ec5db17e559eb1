package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// studied is a sandbox with its page, as cutover sandbox has it.
func studied(t *testing.T, factor float64) (*room, *studio) {
	t.Helper()
	var shown atomic.Pointer[studio]
	r := enter(t, factor, func(o *sandbox.Options) {
		log := o.FunctionLog
		o.FunctionLog = func(function, line string) {
			log(function, line)
			if s := shown.Load(); s != nil {
				s.heard(line)
			}
		}
	})
	described, err := config.Parse([]byte(`{"services": [{"name": "`+website+`"}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStudio(&stage{ctx: t.Context(), out: io.Discard, errout: io.Discard}, r.Sandbox, "127.0.0.1:0", r.bin, described)
	if err != nil {
		t.Fatal(err)
	}
	shown.Store(s)
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Errorf("close the page: %v", err)
		}
	})
	return r, s
}

func TestThePageTellsTheStoriesThatItsButtonsBegin(t *testing.T) {
	t.Parallel()
	r, s := studied(t, 60)
	b := opens(t, s.page.URL())
	b.tells("Nothing has been released yet")
	b.looks("empty", 1280, 1, "light")

	b.press("[data-action=users]")
	b.until(`document.querySelector("[data-action=users]").getAttribute("aria-pressed") === "true"`)
	b.press("[data-action=push-good]")
	b.tells("v1 is live. Blue is still kept")
	b.press("[data-wait=termination-wait]")
	b.until(`document.querySelector("#story-text").textContent === "v1 is live."`)
	b.until(`document.querySelector("#checks").textContent.includes("GET /")`)
	r.until("v1 is live", liveIs("v1"))
	b.looks("live", 1280, 1, "light")

	b.press("[data-action=push-good]")
	b.tells("v2 is live. Blue is still kept")
	b.press("[data-action=rollback]")
	b.until(`document.querySelector("#confirm").open && document.querySelector("#plan").textContent.includes("sample-website:v2 is blocked then")`)
	b.looks("asked", 1280, 1, "dark")
	if at := value[string](b, "document.activeElement.id"); at != "no" {
		t.Errorf("the focus of the question is on %q, which is to be the harmless answer", at)
	}
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.querySelector("#confirm").open`)
	if now := r.statusJSON(); now.Deployment.Status != "InProgress" {
		t.Errorf("what was not confirmed was done: %+v", now.Deployment)
	}
	b.press("[data-action=rollback]")
	b.press("#yes")
	b.tells("v2 was stopped. v1 serves.")
	r.until("v1 serves again", serves("v1"))
	if got := r.tags()[live.TagBlocked]; !strings.HasSuffix(got, " because asked for on the page") {
		t.Errorf("the order is %q", got)
	}

	b.press("[data-action=push-broken]")
	b.tells("v3 was refused. v1 serves.")
	b.until(`document.querySelector("#reason").textContent.includes("does not contain \"Sample Website\"")`)
	b.until(`document.querySelector("#checks .problem") && document.querySelector("#way [data-state=failed]")`)
	r.until("v1 serves on", serves("v1"))
	for _, look := range []struct {
		name   string
		width  int64
		scale  float64
		scheme string
	}{{"refused", 1280, 1, "light"}, {"refused-dark", 1280, 1, "dark"}, {"refused-narrow", 320, 2, "light"}, {"refused-large", 640, 2, "dark"}} {
		b.looks(look.name, look.width, look.scale, look.scheme)
	}

	// The version's proof, which is asked for in vain for half a minute, is left out, so that the check is.
	r.describes(r.names.VerifyFunction, func(s *config.Service) { s.Verify.Version = nil })
	b.press("[data-action=push-slow]")
	b.tells("v4 was refused. v1 serves.")
	b.until(`/allowed are 5000 ms|no whole answer within/.test(document.querySelector("#reason").textContent)`)
	r.until("v1 serves on", serves("v1"))
	b.looks("slow", 1280, 1, "light")

	judges := r.fault(fault.Function{Name: r.names.VerifyFunction, Throttle: true}) // not before it is stopped, however long that takes
	b.press("[data-action=push-slow]")
	b.tells("v5 is judged on the test listener")
	b.looks("judged", 1280, 1, "light")
	b.press("[data-action=stop]")
	b.press("#yes")
	b.tells("v5 was stopped. v1 serves.")
	r.until("v1 serves on", serves("v1"))
	judges()
	if n := value[int](b, `document.querySelectorAll("#history > li").length`); n < 8 {
		t.Errorf("the history has %d deployments", n)
	}
	if drawn := value[float64](b, `document.querySelector("#traffic path").getBBox().height`); drawn <= 0 {
		t.Error("no traffic is drawn")
	}
	if text := value[string](b, `document.querySelector("#announce").textContent`); !strings.Contains(text, "v5 was stopped") {
		t.Errorf("who does not see the page heard %q", text)
	}
	b.clean()
}

func TestEveryButtonOfThePageIsReachedByTheKeyboardAndHasAName(t *testing.T) {
	t.Parallel()
	_, s := studied(t, 60)
	b := opens(t, s.page.URL())
	b.until(`!document.querySelector("#hands").hidden`)
	var reached []string
	for range 20 {
		b.do(chromedp.KeyEvent(kb.Tab))
		reached = append(reached, value[string](b, `document.activeElement.dataset.action || document.activeElement.className || ""`))
	}
	for _, want := range append([]string{"skip"}, s.benches[0].source().Actions...) {
		if !slices.Contains(reached, want) && want != "skip" || !slices.Contains(reached, "skip") {
			t.Errorf("%s was not reached: %v", want, reached)
		}
	}
	nameless := value[[]string](b, `[...document.querySelectorAll("a, button, meter, [role], section, ol[aria-label], dialog")].filter(e =>
		!(e.getAttribute("aria-label") || e.textContent.trim() || (e.getAttribute("aria-labelledby") || "").split(" ").some(id => document.getElementById(id)?.textContent)) &&
		e.getClientRects().length && e.getAttribute("role") !== "status" && e.getAttribute("role") !== "log").map(e => e.outerHTML.slice(0, 80))`)
	if len(nameless) > 0 {
		t.Errorf("without a name: %q", nameless)
	}
	b.clean()
}

func TestThePageOfWatchShowsAndChangesNothing(t *testing.T) {
	t.Parallel()
	r := enter(t, 1200, nil)
	r.release("v1")
	cmd := exec.CommandContext(t.Context(), "cutover", "watch", website, "--web", "--config", configuration)
	cmd.Env = r.env()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("interrupted it ends with %v", err)
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "Open ")
	if err != nil || !found {
		t.Fatalf("%q %v", line, err)
	}
	b := opens(t, url)
	b.tells("v1 is live.")
	b.until(`document.querySelector("#traffic path")`)
	b.looks("watched", 1280, 1, "light")
	if offered := value[bool](b, `!document.querySelector("#hands").hidden`); offered {
		t.Error("it offers something to do")
	}
	refused := value[int](b, `fetch("do/stop", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{\"confirmed\": true}"}).then(r => r.status)`)
	if refused != http.StatusMethodNotAllowed {
		t.Errorf("an order is answered by %d", refused)
	}
	if n := value[int](b, `document.querySelectorAll("#history > li").length`); n != 1 {
		t.Errorf("the history has %d deployments", n)
	}
}
