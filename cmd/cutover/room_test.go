package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
	"github.com/cutover-ecs/cutover/pkg/sandbox/schedule"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// patience is how long a test waits for anything before it says what did not happen. Nothing that a test waits for
// depends on it: however slow a busy machine is, it is only ever the end of a test that fails.
const patience = 3 * time.Minute

// held are the waits that end in a room only when its test skips them. Between two steps of a test comes nothing then
// but what the steps cause, and nothing that stands for an hour is gone because a step took long.
var held = []string{schedule.WaitName, "ready-wait", "termination-wait"}

// room is a sandbox with the shipped assembly and a test's hands and eyes in it.
type room struct {
	*sandbox.Sandbox
	t       testing.TB
	bin     string
	aws     aws.Config
	names   config.Names
	watcher string // the platform's watch function
	readers live.Readers
	log     *lines
	version int // that was pushed last, where versions are counted
	// revision that is deployed again and again, where it is
	revision *cdtypes.RevisionLocation
	// patience is how long this test waits for anything.
	patience time.Duration
	as       []string // the environment of whom programs are run as; the sandbox's own credentials when empty
}

// enter is a room in which the placeholder serves and the release function has had its first looks, so that the next
// one is because of what the test does.
func enter(t testing.TB, factor float64, change func(*sandbox.Options)) *room {
	t.Helper()
	r := builds(t, factor, change)
	for _, look := range []string{"schedule", "stack " + r.names.Stack + " CREATE_COMPLETE"} {
		r.logged(r.names.ReleaseFunction, `"event":"`+look+`"`)
	}
	r.until("the placeholder serves", steady)
	return r
}

// builds starts a sandbox whose waits are as many times shorter, but for those that are held; change may alter its
// options.
func builds(t testing.TB, factor float64, change func(*sandbox.Options)) *room {
	t.Helper()
	bin := binaries(t)
	opts, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, bin: bin, log: &lines{}, patience: patience}
	opts.Clock, opts.FunctionLog = factor, r.log.add
	opts.Init = filepath.Join(bin, "cutover") // which starts faster than this one, with its race detector
	opts.Hold = func(wait string) bool { return slices.Contains(held, wait) }
	if change != nil {
		change(&opts)
	}
	if r.Sandbox, err = sandbox.Start(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close the sandbox: %v", err)
		}
		r.Sandbox = nil // a finished test is kept, with all that its cleanups know, until every other one is
	})
	c, err := config.Parse([]byte(`{"services": [{"name": "`+website+`"}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	r.names, r.watcher = c.Services[0].Names(c.Platform.Cluster), c.Platform.WatchFunction()
	if r.aws, err = live.FromEnvironment(r.Getenv); err != nil {
		t.Fatal(err)
	}
	r.readers = live.Through(r.aws)
	t.Cleanup(r.aws.HTTPClient.(*http.Client).CloseIdleConnections)
	return r
}

// site is an image of the sample website.
func (r *room) site(arch string, env ...string) v1.Image {
	r.t.Helper()
	files, err := siteFiles()
	if err != nil {
		r.t.Fatal(err)
	}
	described, err := files.ConfigFile()
	if err != nil {
		r.t.Fatal(err)
	}
	described = described.DeepCopy()
	described.Architecture = arch
	described.Config = v1.Config{Entrypoint: []string{"/site"}, Env: env, ExposedPorts: map[string]struct{}{"80/tcp": {}}}
	img, err := mutate.ConfigFile(files, described)
	if err != nil {
		r.t.Fatal(err)
	}
	return img
}

// shipped is what the command starts its sandbox with, when it is told nothing. It is made once, since its image takes
// long under the race detector: who wants another map in it puts one there, and changes none.
var shipped = sync.OnceValues(func() (sandbox.Options, error) {
	bin, err := built()
	if err != nil {
		return sandbox.Options{}, err
	}
	return machine{Bin: bin, Isolation: "auto"}.options("", config.Config{})
})

// siteFiles is the image of the sample website that each version of it differs from by its configuration alone.
var siteFiles = sync.OnceValues(func() (v1.Image, error) {
	bin, err := built()
	if err != nil {
		return nil, err
	}
	body, err := os.ReadFile(filepath.Join(bin, website))
	if err != nil {
		return nil, err
	}
	return image.FromFiles(runtime.GOARCH, map[string]image.File{"/site": {Body: body, Mode: 0o755}}, v1.Config{})
})

// push pushes an image with a plain registry client and answers its digest.
func (r *room) push(tag string, img v1.Image, password string) string {
	r.t.Helper()
	ref, err := name.NewTag(r.Host() + "/" + r.names.Repository + ":" + tag)
	if err != nil {
		r.t.Fatal(err)
	}
	auth := &authn.Basic{Username: "AWS", Password: password}
	if err := remote.Write(ref, img, remote.WithContext(r.t.Context()), remote.WithAuth(auth)); err != nil {
		r.t.Fatalf("push %s: %v", ref, err)
	}
	digest, err := img.Digest()
	if err != nil {
		r.t.Fatal(err)
	}
	return digest.String()
}

// password is ECR's login.
func (r *room) password() string {
	r.t.Helper()
	out, err := ecr.NewFromConfig(r.aws).GetAuthorizationToken(r.t.Context(), &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		r.t.Fatal(err)
	}
	login, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimPrefix(string(login), "AWS:")
}

// until waits until the service is as hoped, and answers how it is then.
func (r *room) until(hope string, done func(live.Status) bool) live.Status {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.patience)
	defer cancel()
	for {
		changed := r.Changed()
		now, err := live.ReadStatus(ctx, r.readers, r.names)
		if err != nil && ctx.Err() == nil {
			r.t.Fatal(err)
		}
		if err == nil && done(now) {
			return now
		}
		select {
		case <-changed:
		case <-ctx.Done():
			text, _ := json.Marshal(now)
			r.t.Fatalf("it was still not so that %s: %.2000s\n%s", hope, text, r.log)
		}
	}
}

// skip ends the next wait of that name.
func (r *room) skip(wait string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.patience)
	defer cancel()
	if err := r.Clock().SkipNext(ctx, wait); err != nil {
		r.t.Fatalf("nothing ever waited for %s\n%s", wait, r.log)
	}
}

// holds keeps further waits from ending by themselves.
func (r *room) holds(waits ...string) {
	r.Clock().HoldIf(func(wait string) bool { return slices.Contains(held, wait) || slices.Contains(waits, wait) })
}

// passes lets waits that are held end by themselves from now on, and those under way at once.
func (r *room) passes(waits ...string) {
	r.Clock().HoldIf(func(wait string) bool { return slices.Contains(held, wait) && !slices.Contains(waits, wait) })
	for _, wait := range waits {
		r.Clock().Skip(wait)
	}
}

// hurries lets every termination wait of this room last no time.
func (r *room) hurries() {
	r.t.Helper()
	r.fault(fault.Wait{Name: "termination-wait"})
}

// release pushes a version and sees it through, blue's termination included.
func (r *room) release(version string) live.Status {
	r.t.Helper()
	r.push(version, r.site(runtime.GOARCH, "SITE_VERSION="+version), r.password())
	return r.goesLive(version)
}

// goesLive sees a version's deployment through: once production is on it its termination wait is skipped, and no
// other's. The release loop has looked at its end then.
func (r *room) goesLive(version string) live.Status {
	r.t.Helper()
	r.until(version+" has production", hasProduction(version))
	r.skip("termination-wait")
	now := r.until(version+" is live", liveIs(version))
	r.endIsHeard(now.Deployment.ID)
	return now
}

// rollsBack waits until the newest release is rolled back, and the loop has looked at both ends.
func (r *room) rollsBack(hope string) live.Status {
	r.t.Helper()
	now := r.until(hope, rolledBack)
	r.endIsHeard(now.Deployment.RollsBack)
	r.endIsHeard(now.Deployment.ID)
	return now
}

// endIsHeard waits until the release loop has said what it makes of the end of a deployment. What it does because of
// it does not come between the next steps then.
func (r *room) endIsHeard(deployment string) {
	r.t.Helper()
	r.logged(r.names.ReleaseFunction, " of deployment "+deployment+`"`, `"decision":`)
}

// hasProduction reports that a version has production and blue waits for its end.
func hasProduction(version string) func(live.Status) bool {
	return func(now live.Status) bool {
		return now.Deployment != nil && now.Deployment.Terminating && len(now.TaskSets) == 2 && strings.Contains(now.TaskSets[0].Image, ":"+version+"@")
	}
}

// get asks a URL once and answers the version header and the page.
func (r *room) get(url string) (version int64, page string) {
	r.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	version, page, err := look(client, url)
	if err != nil {
		r.t.Fatal(err)
	}
	return version, page
}

func (r *room) url(port int) string {
	r.t.Helper()
	return r.listener(port).URL
}

func (r *room) listener(port int) sandbox.Listener {
	r.t.Helper()
	for _, l := range r.Listeners() {
		if l.LoadBalancer == r.names.LoadBalancer && l.Port == port {
			return l
		}
	}
	r.t.Fatalf("there is no listener on port %d", port)
	return sandbox.Listener{}
}

// env is the environment of a program that works against this sandbox.
func (r *room) env() []string {
	own := append(sandbox.Environment(r.Host()), "AWS_PAGER=", "NO_PROXY=*", "PYTHONDONTWRITEBYTECODE=1")
	return slices.Concat(os.Environ(), own, r.as)
}

// run runs a program against this sandbox to its end.
func (r *room) run(program string, args ...string) (stdout, stderr string, code int) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), program, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = r.env(), &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return "", err.Error(), -1
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// lines are what the functions logged.
type lines struct {
	mu  sync.Mutex
	all []string
	signal.Signal
}

func (l *lines) add(function, line string) {
	l.mu.Lock()
	l.all = append(l.all, function+": "+line)
	l.mu.Unlock()
	l.Raise()
}

func (l *lines) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// String is the newest of them that the functions wrote themselves, each shortened: a failing test's first line is
// what matters, and it is to be found among those of others.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var newest []string
	for _, line := range slices.Backward(l.all) {
		if len(newest) == 20 {
			break
		}
		if !strings.Contains(line, `"type":"platform.`) {
			newest = append(newest, fmt.Sprintf("%.300s", line))
		}
	}
	slices.Reverse(newest)
	return strings.Join(newest, "\n")
}

// logged waits for a line of a function's log that contains every one of the words.
func (r *room) logged(words ...string) {
	r.t.Helper()
	limit := time.After(r.patience)
	for {
		changed := r.log.Changed()
		for _, line := range r.log.list() {
			found := true
			for _, w := range words {
				found = found && strings.Contains(line, w)
			}
			if found {
				return
			}
		}
		select {
		case <-changed:
		case <-limit:
			r.t.Fatalf("no function logged %q\n%s", words, r.log)
		}
	}
}
