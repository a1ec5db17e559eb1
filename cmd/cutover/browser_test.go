package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	chromelog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is a page in a headless Chromium of this machine.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu    sync.Mutex
	wrong []string // what the console says, and what was asked of others
}

// opens a URL in a browser whose every name but this machine's leads nowhere; the test is skipped where there is none.
func opens(t *testing.T, url string) *tab {
	t.Helper()
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	if chromium == "" {
		t.Skip("no Chromium is installed here to open the page in")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-proxy-server", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WindowSize(1280, 1600), chromedp.WSURLReadTimeout(patience))
	alloc, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, leave := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {})) // it tells of events that it does not know
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("close the browser: %v", err)
		}
		leave()
		end()
	})
	origin := url[:strings.Index(url[len("http://"):], "/")+len("http://")]
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.note("script: " + e.ExceptionDetails.Error())
		case *chromelog.EventEntryAdded:
			if e.Entry.Level == chromelog.LevelError {
				b.note("console: " + e.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, origin+"/") {
				b.note("asked for " + e.Request.URL)
			}
		}
	})
	b.do(network.Enable(), chromelog.Enable(), chromedp.Navigate(url))
	return b
}

func (b *tab) note(wrong string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, wrong)
}

// do runs actions to their end.
func (b *tab) do(actions ...chromedp.Action) {
	b.t.Helper()
	// The first run starts the browser, which must outlive a context of its own.
	done := make(chan error, 1)
	go func() { done <- chromedp.Run(b.ctx, actions...) }()
	select {
	case err := <-done:
		if err != nil {
			b.t.Fatalf("the browser: %v %v", err, b.wrong)
		}
	case <-time.After(patience):
		b.t.Fatalf("the browser takes too long: %v", b.wrong)
	}
}

// value is what a script gives.
func value[T any](b *tab, script string) (v T) {
	b.t.Helper()
	b.do(chromedp.Evaluate(script, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// until waits until a condition in the page holds, woken by each of its changes.
func (b *tab) until(condition string) {
	b.t.Helper()
	const waits = `new Promise(done => {
		const look = () => { if (%s) { o.disconnect(); clearTimeout(t); done(""); } };
		const o = new MutationObserver(look);
		const t = setTimeout(() => { o.disconnect(); done(document.body.innerText); }, %d);
		o.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
		look();
	})`
	if text := value[string](b, fmt.Sprintf(waits, condition, (patience-5*time.Second).Milliseconds())); text != "" {
		b.t.Fatalf("it never was so that %s:\n%s\n%v", condition, text, b.wrong)
	}
}

// tells waits for the story that the page tells.
func (b *tab) tells(story string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector("#story-text").textContent.startsWith(%q)`, story))
}

// press presses a button by the keyboard, once it is there.
func (b *tab) press(button string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(b => b && !b.hidden && b.getClientRects().length && b.getAttribute("aria-disabled") !== "true")(document.querySelector(%q))`, button))
	b.do(chromedp.Focus(button, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
}

// looks is a window: what it is for, its width in CSS pixels, how many times it is magnified, and its colours.
func (b *tab) looks(name string, width int64, scale float64, scheme string) {
	b.t.Helper()
	b.do(emulation.SetDeviceMetricsOverride(width, 900, scale, false),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	if over := value[int64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		b.t.Errorf("%s: the page is %d pixels wider than its window of %d", name, over, width)
	}
	b.accessible(name)
	dir := os.Getenv("CUTOVER_SCREENSHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Error(err)
	}
}

// axeVersion of https://github.com/dequelabs/axe-core, which npm gets.
const axeVersion = "4.14.1"

// axe is the script of axe-core, or why there is none.
var axe = sync.OnceValues(func() (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	pack := exec.CommandContext(ctx, npm, "pack", "--silent", "--prefer-offline", "axe-core@"+axeVersion)
	pack.Dir = dir
	pack.WaitDelay = time.Second
	if out, err := pack.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack axe-core: %w: %s", err, out)
	}
	packed, err := os.ReadFile(filepath.Join(dir, "axe-core-"+axeVersion+".tgz"))
	if err != nil {
		return "", err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if err != nil {
			return "", fmt.Errorf("axe.min.js is not in the package: %w", err)
		}
		if header.Name == "package/axe.min.js" {
			script, err := io.ReadAll(files)
			return string(script), err
		}
	}
})

// accessible runs axe-core, where it can be had.
func (b *tab) accessible(name string) {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		b.t.Logf("%s: axe-core was not run: %v", name, err)
		return
	}
	b.do(chromedp.Evaluate("typeof axe === 'undefined' && (() => {"+script+"})()", nil))
	var found []struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	text := value[string](b, "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))")
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			b.t.Errorf("%s: axe-core: %s (%s): %s: %s", name, v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

// clean fails for what was wrong so far.
func (b *tab) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.t.Error(w)
	}
}
