package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// growths counts what a release costs in calls of AWS when 1, 10 and 100 services of one sandbox are pushed to at
// once. A service has functions, rules and a queue of its own, so that what one costs should not grow with others.
func growths(ctx context.Context, y *yard) (race, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return race{missing: []string{"node, which CDK needs to make stacks of many services, is not installed"}}, nil
	}
	r := race{rounds: 1}
	for _, n := range []int{1, 10, 100} {
		name := fmt.Sprintf("%d services", n)
		r.lanes = append(r.lanes, lane{name, func(ctx context.Context) (reading, error) { return grown(ctx, y, n) }})
		r.figures = append(r.figures, figure{name: "calls of AWS a release and its verification, " + name + " pushed to at once", of: name, quantity: calls})
	}
	return r, nil
}

// grown pushes one image to every service, waits until it is live in all of them, and counts.
func grown(ctx context.Context, y *yard, services int) (reading, error) {
	names, stacks, err := y.stacks(ctx, services)
	if err != nil {
		return nil, err
	}
	lines, _, err := y.start(nil, "bin/cutover", "sandbox", "--listen", "127.0.0.1:0", "--clock", "3600", "--assembly", stacks)
	if err != nil {
		return nil, err
	}
	url, err := after(lines, "A local AWS answers at ")
	if err != nil {
		return nil, err
	}
	go func() {
		for lines.Scan() {
		}
	}()
	all := make([]*account, len(names))
	for i, n := range names {
		if all[i], err = y.look(strings.TrimPrefix(url, "http://"), n); err != nil {
			return nil, err
		}
		if err := all[i].until(ctx, settled); err != nil {
			return nil, err
		}
	}
	for _, a := range all {
		if err := a.unscheduled(ctx); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, a := range all {
		group.Go(func() error { _, err := a.push(ctx, "v1"); return err })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, a := range all {
		if err := a.until(context.WithoutCancel(ctx), func(s live.Status) bool { return a.runs(1)(s) }); err != nil {
			return nil, err
		}
	}
	took := time.Since(begun).Seconds()
	n, err := releaseCalls(url)
	return reading{calls: float64(n) / float64(services), wall: took}, err
}

// stacks synthesizes an app of so many services.
func (y *yard) stacks(ctx context.Context, services int) (names []config.Names, dir string, err error) {
	type service map[string]any
	var all []service
	for i := range services {
		all = append(all, service{"name": fmt.Sprintf("svc-%03d", i), "image": map[string]string{"tag": "v*"}})
	}
	text, err := json.Marshal(map[string]any{"context": map[string]any{"cutover": map[string]any{"services": all}}})
	if err != nil {
		return nil, "", err
	}
	file := filepath.Join(y.dir, fmt.Sprintf("cdk-%d.json", services))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, "", err
	}
	c, err := config.Load(file)
	if err != nil {
		return nil, "", err
	}
	for _, s := range c.Services {
		names = append(names, s.Names(c.Platform.Cluster))
	}
	dir = filepath.Join(y.dir, fmt.Sprintf("stacks-%d", services))
	run := exec.CommandContext(ctx, "go", "run", "./infra", "-config", file, "-assembly", dir)
	run.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath", "CDK_VALIDATION=false")
	if said, err := run.CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("synthesize %d services: %w\n%s", services, err, said)
	}
	return names, dir, nil
}

// pause is what lies at least between two invocations of a function, since no schedule calls it.
const pause = 500 * time.Millisecond

// releaseCalls counts in the trail what the invocations called that made a deployment, and the hooks: what is read
// when there is nothing to release is the cost of idling, and not counted.
func releaseCalls(url string) (int, error) {
	res, err := http.Get(url + "/_sandbox/trail")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	type invocation struct {
		calls int
		last  time.Time
	}
	under, total := map[string]invocation{}, 0
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l sandbox.TrailLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return 0, err
		}
		function := l.Principal[strings.LastIndexByte(l.Principal, '/')+1:]
		switch {
		case l.Error != "":
		case strings.HasPrefix(function, "CodeDeployHook_"):
			total++
		case strings.HasSuffix(function, "-release"):
			i := under[function]
			if l.Time.Sub(i.last) > pause {
				i.calls = 0
			}
			i.calls, i.last = i.calls+1, l.Time
			if l.Action == "codedeploy:CreateDeployment" {
				total += i.calls
			}
			under[function] = i
		}
	}
	return total, lines.Err()
}
