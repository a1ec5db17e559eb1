package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// watching is a cutover watch that runs beside the test.
type watching struct {
	r    *room
	cmd  *exec.Cmd
	out  bytes.Buffer
	errs bytes.Buffer
}

func (r *room) watching(args ...string) *watching {
	r.t.Helper()
	w := &watching{r: r}
	w.cmd = exec.CommandContext(r.t.Context(), "cutover", append([]string{"watch", website, "--config", configuration, "--every", "100ms"}, args...)...)
	w.cmd.Env, w.cmd.Stdout, w.cmd.Stderr = r.env(), &w.out, &w.errs
	if err := w.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// ends waits for its end and asserts the exit code.
func (w *watching) ends(code int, words ...string) {
	w.r.t.Helper()
	_ = w.cmd.Wait() // the exit code tells
	if got := w.cmd.ProcessState.ExitCode(); got != code {
		w.r.t.Errorf("%v ended with %d, not %d:\n%s%s", w.cmd.Args, got, code, &w.out, &w.errs)
	}
	tells(w.r.t, w.out.String()+w.errs.String(), words...)
}

func TestWatchEndsWithWhatBecameOfAnImage(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)

	// Each is followed from before its push.
	tested, live1, next := r.watching("--image", "v1", "--until", "tests-passed"), r.watching("--image", "v1", "--until", "live"), r.watching()
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	tested.ends(0, "AfterAllowTestTraffic Succeeded", "has passed its tests.")
	live1.ends(0, "AllowTraffic Succeeded", "has all production traffic; blue is kept for now.")
	r.goesLive("v1")
	next.ends(0, "termination wait began", "is finished.")
	r.watching("--image", "v1").ends(0, "is finished.")

	broken := r.watching("--image", "v2", "--until", "live", "--json")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	broken.ends(1, "is Failed: HOOK_EXECUTION_FAILURE", "the body does not contain")
	last := broken.out.Bytes()[bytes.LastIndexByte(bytes.TrimSpace(broken.out.Bytes()), '\n')+1:]
	var now live.Status
	if err := json.Unmarshal(last, &now); err != nil || now.Deployment == nil {
		t.Errorf("the last line is no status: %v %s", err, last)
	}
	r.until("v2 was refused", rolledBack)

	r.watching("--image", "nightly").ends(3, `sample-website:nightly is never deployed: its tag does not match the glob "v*"`)
	r.hands(0, "suspend", "--why", "the sale")
	held := r.watching("--image", "v3")
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	held.ends(3, "sample-website:v3 is not deployed: ", "the sale")
	r.watching("--image", "v4", "--timeout", "300ms").ends(4, "the time is up after 300ms: sample-website:v4 has no deployment (the registry does not have it yet)")
}

func TestWatchDrawsOnATerminal(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	cmd := exec.CommandContext(t.Context(), "cutover", "watch", website, "--image", "v2", "--until", "live", "--config", configuration, "--every", "100ms")
	cmd.Env = append(r.env(), "TERM=xterm", "LC_ALL=C.UTF-8", "NO_COLOR=1")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 70})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var screen bytes.Buffer
	for part := make([]byte, 4096); !strings.Contains(screen.String(), "waiting: "); {
		n, err := terminal.Read(part)
		if screen.Write(part[:n]); err != nil {
			t.Fatalf("it drew no waiting: %v\n%s", err, screen.String())
		}
	}
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	_, _ = screen.ReadFrom(terminal) // ends with an error when the program does, as Linux tells a terminal's end
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v:\n%s", err, screen.String())
	}
	pictures := strings.Split(screen.String(), "\x1b[J")
	tells(t, screen.String(), "waiting: sample-website:v2 has no deployment", "has all production traffic; blue is kept for now.")
	tells(t, pictures[len(pictures)-1], "✓ AfterAllowTestTraffic  Succeeded", "events, ", "green   ████████████ 100 %", "1/1 healthy  sample-website:v2", "blue    ░░░░░░░░░░░░   0 %")
	for _, line := range strings.Split(screen.String(), "\r\n") {
		if n := len([]rune(line[strings.LastIndexByte(line, '\x1b')+1:])); n > 73 {
			t.Errorf("a line of %d signs does not fit: %q", n, line)
		}
	}
	if strings.Contains(screen.String(), "\x1b[3") {
		t.Error("there are colours despite NO_COLOR")
	}
	r.skip("termination-wait")
}

func TestAPictureFitsTheTerminal(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	began, ends := at.Add(-time.Minute), at.Add(43*time.Minute)
	now := live.Status{Service: "Sample-Website", TaskSets: []live.TaskSetStatus{
		{Label: "green", Status: "PRIMARY", Image: "sample-website:v2@sha256:0123", Production: 30, Healthy: 2, Desired: 2},
		{Label: "blue", Status: "ACTIVE", Image: "sample-website:v1@sha256:4567", Production: 70, Healthy: 1, Desired: 2},
	}, Deployment: &live.DeploymentStatus{
		ID: "d-ABCDEFGHI", Status: "InProgress", Description: "cutover … sample-website:v2", Created: began, BlueEnds: &ends, Error: "TIMEOUT: it took too long",
		Events: []live.EventStatus{{Name: "Install", Status: "Succeeded", Start: &began, End: &at}, {Name: "AllowTraffic", Status: "InProgress", Start: &began}},
	}}
	p := &pursuit{id: "d-ABCDEFGHI"}
	for _, width := range []int{12, 24, 40, 80, 200} {
		for _, s := range []style{{width: width, unicode: true}, {width: width}} {
			for _, line := range picture(now, p, at, s) {
				if n := len([]rune(line)); n >= max(width, 24) {
					t.Errorf("at %d: %d signs in %q", width, n, line)
				}
				for _, c := range line {
					if !s.unicode && c > '~' {
						t.Errorf("%q is not ASCII", line)
						break
					}
				}
			}
		}
	}
	text := strings.Join(picture(now, p, at, style{width: 80, unicode: true, colours: true}), "\n")
	tells(t, text, "1 of 2 events, 1m0s", "✓ Install", "● AllowTraffic", "\x1b[32m████░░░░░░░░\x1b[0m  30 %", "1/2 healthy  sample-website:v1", ", in 43m0s; cutover finish", "\x1b[31mTIMEOUT")
	if text := picture(now, &pursuit{}, at, style{width: 80}); len(text) != 2 || !strings.HasPrefix(text[1], "waiting: ") {
		t.Errorf("before there is a deployment: %q", text)
	}
}

func TestADeploymentThatIsOvertakenBetweenTwoLooksIsFollowedYet(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	all, err := described(configuration)
	if err != nil {
		t.Fatal(err)
	}
	o, err := open(&stage{ctx: t.Context(), out: io.Discard, at: &place{all, r.aws}}, "", website)
	if err != nil {
		t.Fatal(err)
	}
	var pursuits []*pursuit
	for _, image := range []string{"v2", ""} {
		p, err := o.pursue(image, untilLive)
		if err != nil || p.id != "" {
			t.Fatalf("%+v, %v", p, err)
		}
		pursuits = append(pursuits, p)
	}
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	now := r.rollsBack("v2 is refused")
	for _, p := range pursuits {
		end, err := p.look(now)
		if want := "deployment " + now.Deployment.RollsBack + " is Failed: HOOK_EXECUTION_FAILURE: "; err != nil || end == nil || end.code != 1 || !strings.HasPrefix(end.text, want) {
			t.Errorf("asked for %q: %+v, %v; not %s", p.text, end, err, want)
		}
	}
}
