package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// soak is how much longer tests are to run than in make test.
func soak() bool { return os.Getenv("CUTOVER_SOAK") != "" }

// outcome is one way in which a deployment goes, and what becomes of it.
type outcome struct {
	wish, config string
	// meddle does to the deployment what makes it end so.
	meddle     func(b *bed, id, revision string)
	status     types.DeploymentStatus
	code       types.ErrorCode
	rolledBack bool
}

const canary, linear, atOnce = "Canary10Percent15Minutes", "Linear10PercentEvery1Minutes", "AllAtOnce"

// outcomes in a row; each leaves a service that serves from one healthy task set.
func outcomes() []outcome {
	return []outcome{
		{wish: "pass", config: canary, status: types.DeploymentStatusSucceeded},
		{wish: "fail", config: canary, status: types.DeploymentStatusFailed, code: types.ErrorCodeHookExecutionFailure, rolledBack: true},
		{wish: "pass", config: atOnce, status: types.DeploymentStatusSucceeded},
		{wish: "silent, the hour passes", config: linear, status: types.DeploymentStatusFailed, code: types.ErrorCodeTimeout, rolledBack: true,
			meddle: func(b *bed, id, _ string) { b.skip("hook", id, "AfterAllowTestTraffic") }},
		{wish: "pass", config: linear, status: types.DeploymentStatusSucceeded},
		{wish: "pass, alarm", config: canary, status: types.DeploymentStatusStopped, code: types.ErrorCodeAlarmActive, rolledBack: true,
			meddle: func(b *bed, id, _ string) {
				b.during(id, "AllowTraffic")
				b.alarm(cwtypes.StateValueAlarm)
			}},
		{wish: "silent, stopped", config: canary, status: types.DeploymentStatusStopped, code: types.ErrorCodeManualStop, rolledBack: true,
			meddle: func(b *bed, id, _ string) { b.stop(id, "AfterAllowTestTraffic", true) }},
		{wish: "pass, finished early", config: atOnce, status: types.DeploymentStatusSucceeded,
			meddle: func(b *bed, id, _ string) { b.skip("termination-wait", id, "termination-wait") }},
		{wish: "pass, stopped at the end", config: linear, status: types.DeploymentStatusStopped, code: types.ErrorCodeManualStop, rolledBack: true,
			meddle: func(b *bed, id, _ string) { b.stop(id, "termination-wait", true) }},
		{wish: "silent, stopped as it stands", config: canary, status: types.DeploymentStatusStopped, code: types.ErrorCodeManualStop,
			meddle: func(b *bed, id, _ string) { b.stop(id, "AfterAllowTestTraffic", false) }},
		{wish: "pass, crash loop", config: canary, status: types.DeploymentStatusFailed, code: types.ErrorCodeTimeout, rolledBack: true,
			meddle: func(b *bed, id, _ string) { b.skip("install", id, "Install") }},
		{wish: "pass", config: canary, status: types.DeploymentStatusSucceeded},
	}
}

// skip ends a wait of a deployment once it is under way.
func (b *bed) skip(wait, id, event string) {
	b.t.Helper()
	b.during(id, event)
	tick := time.NewTicker(5 * time.Millisecond) // nothing tells that a wait began
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(b.t.Context(), limit)
	defer cancel()
	for b.s.Clock().Skip(wait) == 0 {
		if d, err := b.get(ctx, id); err != nil || over(d) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.t.Fatalf("%s does not wait for %s\n%s", id, wait, b.state())
		}
	}
}

func (b *bed) stop(id, event string, rollback bool) {
	b.t.Helper()
	b.during(id, event)
	must(b.deploy.StopDeployment(b.t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: &rollback}))(b.t)
}

// play makes one deployment and checks how it ended.
func (b *bed) play(i int, o outcome) {
	b.t.Helper()
	if strings.Contains(o.wish, "crash loop") { // of the revision that is registered next
		must(b.s.Faults().Add(fault.Task{Revision: fmt.Sprintf("web:%d", b.version+1), Exit: 1}))(b.t)
	}
	id, revision, err := b.start(o.wish, o.config)
	if err != nil {
		b.t.Fatal(err)
	}
	if o.meddle != nil {
		o.meddle(b, id, revision)
	}
	d := b.end(id, o.rolledBack)
	b.s.Faults().Clear()
	code := types.ErrorCode("")
	if d.ErrorInformation != nil {
		code = d.ErrorInformation.Code
	}
	rolledBack := d.RollbackInfo != nil && d.RollbackInfo.RollbackDeploymentId != nil
	if d.Status != o.status || code != o.code || rolledBack != o.rolledBack {
		b.t.Fatalf("deployment %d (%s, %s) ended %s %s, rolled back: %v; want %s %s %v\n%+v\n%s", i, o.wish, o.config, d.Status, code, rolledBack,
			o.status, o.code, o.rolledBack, d.ErrorInformation, b.state())
	}
	if rolledBack {
		if r := b.end(*d.RollbackInfo.RollbackDeploymentId, false); r.Status != types.DeploymentStatusSucceeded {
			b.t.Fatalf("rollback of deployment %d (%s) ended %s: %+v", i, o.wish, r.Status, r.ErrorInformation)
		}
	}
	if code == types.ErrorCodeAlarmActive {
		b.alarm(cwtypes.StateValueOk)
	}
	b.tidy()
}

// tidy deletes a task set that a stop left behind, as an operator does, and returns when one task set serves.
func (b *bed) tidy() {
	b.t.Helper()
	b.until("one task set", func(ctx context.Context) (bool, error) {
		sets, err := b.sets(ctx)
		for _, s := range sets {
			if *s.Status == "ACTIVE" {
				_, err := b.ecs.DeleteTaskSet(ctx, &ecs.DeleteTaskSetInput{Cluster: new("main"), Service: new("web"), TaskSet: s.Id, Force: new(true)})
				return false, err
			}
		}
		return len(sets) == 1 && *sets[0].Status == "PRIMARY", err
	})
}

// users send requests to production at a steady rate.
type users struct {
	client       *http.Client
	sent, failed atomic.Int64
	first        atomic.Pointer[string]
	end          func() // returns when all are answered
}

func (b *bed) users(perSecond int) *users {
	u := &users{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}}
	ctx, cancel := context.WithCancel(context.Background())
	url := b.s.URL(b.production)
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				work.Go(func() { u.request(url) })
			case <-ctx.Done():
				return
			}
		}
	})
	u.end = sync.OnceFunc(func() { cancel(); work.Wait(); u.client.CloseIdleConnections() })
	b.t.Cleanup(u.end)
	return u
}

func (u *users) request(url string) {
	u.sent.Add(1)
	err := func() error {
		resp, err := u.client.Get(url)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", resp.Status, body)
		}
		return err
	}()
	if err != nil {
		u.failed.Add(1)
		text := time.Now().Format("05.000 ") + err.Error()
		u.first.CompareAndSwap(nil, &text)
	}
}

// footprint is what a sandbox takes of the machine.
type footprint struct {
	goroutines, descriptors, processes, files int
	heap                                      uint64
	stacks                                    string // of the goroutines, equal ones counted
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d processes, %d files, %d KiB of heap", f.goroutines, f.descriptors, f.processes, f.files, f.heap>>10)
}

// measure counts what this process, its descendants and the directory hold now.
func measure(dir string) (f footprint) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heap, f.goroutines, f.processes = m.HeapAlloc, runtime.NumGoroutine(), len(descendants())
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		f.descriptors = len(open)
	}
	_ = filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { f.files++; return nil })
	var stacks strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
	f.stacks = stacks.String()
	return f
}

// descendants of this process, by /proc.
func descendants() []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		after := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		parent, _ := strconv.Atoi(after[1])
		children[parent] = append(children[parent], pid)
	}
	var all []int
	for next := children[os.Getpid()]; len(next) > 0; {
		all = append(all, next[0])
		next = append(next[1:], children[next[0]]...)
	}
	return all
}

// atRest measures until a second brought nothing lower, and returns the lowest measurement.
func atRest(dir string) footprint {
	tick := time.NewTicker(100 * time.Millisecond) // nothing tells when the kernel and closed connections are done
	defer tick.Stop()
	lowest := measure(dir)
	for same := 0; same < 10; same++ {
		<-tick.C
		f := measure(dir)
		if f.goroutines < lowest.goroutines || f.descriptors < lowest.descriptors || f.processes < lowest.processes || f.files < lowest.files {
			lowest, same = f, 0
		}
	}
	return lowest
}

// settled measures until nothing but the heap lies above a baseline, and returns the last measurement.
func settled(dir string, above footprint) (f footprint) {
	tick := time.NewTicker(100 * time.Millisecond) // nothing tells when the kernel and idle connections are done
	defer tick.Stop()
	for range 200 {
		f = measure(dir)
		if f.goroutines <= above.goroutines && f.descriptors <= above.descriptors && f.processes <= above.processes && f.files <= above.files {
			break
		}
		<-tick.C
	}
	return f
}

func TestDeploymentsInARowLoseNoRequestAndLeaveNothingBehind(t *testing.T) {
	count, rate := 50, 100
	if soak() {
		count, rate = 1000, 500
	} else if testing.Short() {
		count = len(outcomes())
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if _, err := site(); err != nil {
		t.Fatal(err)
	}
	before := measure(dir)
	t.Run("deployments", func(t *testing.T) {
		b := newBed(t, 1, 6000)
		u, all := b.users(rate), outcomes()
		for i, o := range all { // everything that is made once is made now
			b.play(i, o)
		}
		u.end()
		b.quiet()
		first := atRest(dir)
		t.Log("after", len(all), "deployments:", first)
		v := b.users(rate)
		for i := len(all); i < count; i++ {
			b.play(i, all[i%len(all)])
		}
		v.end()
		b.quiet()
		last := settled(dir, first)
		t.Logf("after %d deployments: %v; %d requests", count, last, u.sent.Load()+v.sent.Load())
		for _, u := range []*users{u, v} {
			if u.failed.Load() > 0 {
				t.Errorf("%d of %d requests failed, the first: %s", u.failed.Load(), u.sent.Load(), *u.first.Load())
			}
		}
		compare(t, first, last)
		// What is remembered of the past, as AWS remembers it: deployments, revisions and the trail.
		const perDeployment, trail = 100 << 10, 32 << 20
		if grown := int64(last.heap) - int64(first.heap); grown > int64(count-len(all))*perDeployment && grown > trail {
			t.Errorf("the heap grew by %d KiB in %d deployments", grown>>10, count-len(all))
		}
	})
	compare(t, before, settled(dir, before))
}

func compare(t *testing.T, before, after footprint) {
	t.Helper()
	if after.goroutines > before.goroutines || after.descriptors > before.descriptors || after.processes > before.processes || after.files > before.files {
		t.Errorf("left behind: %v; before: %v\nthen: %s\nnow: %s", after, before, before.stacks, after.stacks)
	}
}

// quiet returns when every target that left is gone, with no connection of the test's own left open.
func (b *bed) quiet() {
	b.t.Helper()
	defer b.hangUp()
	b.until("all targets are healthy", func(ctx context.Context) (bool, error) {
		total := 0
		for _, g := range b.groups {
			n, err := healthy(ctx, b.elb, g)
			if err != nil {
				return false, err
			}
			total += n
		}
		return total == tasks, nil
	})
}
