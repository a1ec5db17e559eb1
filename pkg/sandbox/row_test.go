package sandbox_test

import (
	"context"
	"fmt"
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

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// soak is how much longer tests are to run than in make test.
func soak() bool { return os.Getenv("CUTOVER_SOAK") != "" }

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
	status, body, err := get(context.Background(), u.client, url)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%d: %s", status, body)
	}
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
		// The trail is so short that it is soon full, and takes no more memory from then on.
		b := newBedOf(t, usual, sandbox.Options{Clock: 6000, Seed: 1, Remember: 500})
		u, all := b.users(rate), outcomes()
		for _, o := range all { // everything that is made once is made now
			b.play(o)
			b.tidy()
		}
		u.end()
		b.quiet()
		first := atRest(dir)
		t.Log("after", len(all), "deployments:", first)
		v := b.users(rate)
		for i := len(all); i < count; i++ {
			b.play(all[i%len(all)])
			b.tidy()
		}
		v.end()
		b.quiet()
		const kept = 4 // connections that a function's process keeps open or not, as it pleases; a leak would be one a deployment
		first.goroutines, first.descriptors = first.goroutines+kept, first.descriptors+kept
		last := settled(dir, first)
		t.Logf("after %d deployments: %v; %d requests", count, last, u.sent.Load()+v.sent.Load())
		for _, u := range []*users{u, v} {
			if u.failed.Load() > 0 {
				t.Errorf("%d of %d requests failed, the first: %s", u.failed.Load(), u.sent.Load(), *u.first.Load())
			}
		}
		compare(t, first, last)
		// What else is remembered of the past is what AWS remembers too: deployments and revisions, and metrics of
		// requests, of which the sandbox keeps three hours of its own time.
		const perDeployment, perRequest, metrics, slack = 24 << 10, 1 << 10, 8 << 20, 1 << 20
		grown, made := int64(last.heap)-int64(first.heap), count-len(all)
		if may := int64(made)*perDeployment + min(v.sent.Load()*perRequest, metrics) + slack; grown > may {
			t.Errorf("the heap grew by %d KiB in %d deployments, more than %d KiB", grown>>10, made, may>>10)
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
