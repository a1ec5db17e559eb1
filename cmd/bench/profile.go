package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

// span is how long a profile of a processor is taken.
const span = 10 * time.Second

// profiles writes what `go tool pprof` reads of the two functions and of the sandbox, each under load in a process of
// its own, and what the functions' packages do before main.
func profiles(ctx context.Context, dir string, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range []string{"release", "verify"} {
		c := exec.CommandContext(ctx, "bin/local/"+f+"/bootstrap")
		c.Env = append(lambdaSets(), "GODEBUG=inittrace=1", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
		said, _ := c.CombinedOutput() // it ends with an error, because nobody has an event for it
		if err := os.WriteFile(filepath.Join(dir, f+".init.txt"), said, 0o644); err != nil {
			return err
		}
	}
	y, err := newYard(io.Discard)
	if err != nil {
		return err
	}
	defer y.clear()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	lines, _, err := y.start(nil, self, "profiled-sandbox", dir)
	if err != nil {
		return err
	}
	host, err := after(lines, "listens on ")
	if err != nil {
		return err
	}
	a, err := y.enter(ctx, host)
	if err != nil {
		return err
	}
	env, err := a.variables(ctx, a.names.ReleaseFunction, "http://"+host)
	if err != nil {
		return err
	}
	for _, f := range []string{"profiled-release", "profiled-verify"} {
		c := exec.CommandContext(ctx, self, f, dir)
		c.Env, c.Stderr = env, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	fmt.Fprintf(out, "Profiles are in %s: go tool pprof -top %[1]s/release.cpu, .heap (with -sample_index=alloc_space), %[1]s/release.init.txt, and so on.\n", dir)
	return nil
}

// profiled takes the profiles of what load does, over and over.
func profiled(ctx context.Context, dir, name string, load func(context.Context) error) error {
	file, err := os.Create(filepath.Join(dir, name+".cpu"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	for end := time.Now().Add(span); time.Now().Before(end) && ctx.Err() == nil && err == nil; {
		err = load(ctx)
	}
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	heap, err := os.Create(filepath.Join(dir, name+".heap"))
	if err != nil {
		return err
	}
	defer heap.Close()
	runtime.GC()
	return pprof.WriteHeapProfile(heap)
}

// profiledRelease lets the release function's loop look at the same service again and again.
func profiledRelease(ctx context.Context, dir string) error {
	deployed, err := config.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	sdk, err := live.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	loop := release.New(deployed, release.Clients(sdk), slog.New(slog.NewJSONHandler(io.Discard, nil)))
	given, err := event("schedule")
	if err != nil {
		return err
	}
	return profiled(ctx, dir, "release", func(ctx context.Context) error {
		_, err := loop.Handle(ctx, []byte(given))
		return err
	})
}

// profiledVerify judges a page of the bench's own by a suite with a comparison of its body and headers.
func profiledVerify(ctx context.Context, dir string) error {
	c, err := config.Parse([]byte(`{"services": [{"name": "web", "verify": {"checks": [
		{"path": "/", "expect": {"status": 200, "contains": "Sample Website", "headers": {"Content-Type": "text/plain"}}},
		{"path": "/second", "expect": {"status": 200}}]}}]}`), policy.Range)
	if err != nil {
		return err
	}
	y, err := newYard(io.Discard)
	if err != nil {
		return err
	}
	defer y.clear()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	lines, _, err := y.start(nil, self, "target")
	if err != nil {
		return err
	}
	address, err := after(lines, "listens on ")
	if err != nil {
		return err
	}
	client := verify.NewClient()
	defer client.CloseIdleConnections()
	return profiled(ctx, dir, "verify", func(ctx context.Context) error {
		if v := verify.Judge(ctx, client, "http://"+address, c.Services[0].Verify, ""); v.Outcome != verify.Succeeded {
			return fmt.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		return nil
	})
}

// profiledSandbox runs a sandbox with its service under the requests of users and the pushes of developers.
func profiledSandbox(ctx context.Context, dir string) error {
	local, err := localSandbox(ctx, 3600)
	if err != nil {
		return err
	}
	defer local.Close()
	fmt.Printf("listens on %s \n", local.Host())
	y, err := newYard(io.Discard)
	if err != nil {
		return err
	}
	defer y.clear()
	a, err := y.enter(ctx, local.Host())
	if err != nil {
		return err
	}
	n := 0
	err = profiled(ctx, dir, "sandbox", func(ctx context.Context) error {
		n++
		if _, err := a.push(ctx, fmt.Sprintf("v%d", n)); err != nil {
			return err
		}
		for _, l := range local.Listeners() {
			if l.Port == 80 {
				if _, err := flood(ctx, hostOf(l.URL), 8, time.Second); err != nil {
					return err
				}
			}
		}
		return a.until(ctx, a.runs(n))
	})
	if err != nil {
		return err
	}
	<-ctx.Done() // the functions' profiles need it still
	return nil
}
