package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// mostCalls of a release, as its tests hold it to.
const mostCalls = 12

// growths counts what a release costs in calls of AWS when 1, 10 and 100 services of one sandbox are pushed to at
// once. A service has functions, rules and a queue of its own, so that what one costs should not grow with others.
func growths(ctx context.Context, y *yard) (race, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return race{missing: []string{"node, which CDK needs to make stacks of many services, is not installed"}}, nil
	}
	r := race{rounds: 1}
	for _, n := range []int{1, 10, 100} {
		name := fmt.Sprintf("%d at once", n)
		r.lanes = append(r.lanes, lane{name, func(ctx context.Context) (reading, error) { return grown(ctx, y, n) }})
		r.figures = append(r.figures, figure{name: "calls of AWS a release, services pushed to: " + name, of: name, quantity: calls, goal: mostCalls})
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
	counted, err := all[0].counting(ctx)
	if err != nil {
		return nil, err
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
	n, err := counted()
	return reading{calls: n, wall: took}, err
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
	c, err := config.Load(file, policy.Range)
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

// lastCall names what no other call does.
const lastCall = "the-last-call-that-counts"

// counting follows the trail, which forgets, until what it answers is called: how many calls a look made that came to a
// deployment. What is read when there is nothing to release is the cost of idling, and not counted.
func (a *account) counting(ctx context.Context) (counted func() (float64, error), err error) {
	ctx, cancel := context.WithCancel(ctx)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.host+"/_sandbox/trail?follow=1", nil)
	if err != nil {
		cancel()
		return nil, err
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		cancel()
		return nil, err
	}
	c := count{looks: map[string]map[string]bool{}}
	done := make(chan error, 1)
	go func() {
		defer res.Body.Close()
		for lines := json.NewDecoder(res.Body); ; {
			var l sandbox.TrailLine
			if err := lines.Decode(&l); err != nil || l.Resource == lastCall {
				done <- err
				return
			}
			c.add(l)
		}
	}()
	return func() (float64, error) {
		defer cancel()
		_, err := elasticloadbalancingv2.NewFromConfig(a.sdk).DescribeLoadBalancers(ctx, &elasticloadbalancingv2.DescribeLoadBalancersInput{Names: []string{lastCall}})
		if none := (*elbtypes.LoadBalancerNotFoundException)(nil); !errors.As(err, &none) {
			return 0, fmt.Errorf("a load balancer that is not there: %w", err)
		}
		if err := <-done; err != nil {
			return 0, err
		}
		return float64(c.calls) / float64(c.releases), nil
	}, nil
}

// count of the calls of looks that came to a deployment.
type count struct {
	calls, releases int
	looks           map[string]map[string]bool // calls of the look under way, by function
}

// add counts a line. No look makes a call twice and every one begins with the same calls, so the first that comes again
// begins the next look.
func (c *count) add(l sandbox.TrailLine) {
	function := l.Principal[strings.LastIndexByte(l.Principal, '/')+1:]
	if l.Error != "" || !strings.HasSuffix(function, "-release") {
		return
	}
	call := l.Action + " " + l.Resource
	if look := c.looks[function]; look == nil || look[call] {
		c.looks[function] = map[string]bool{}
	}
	c.looks[function][call] = true
	if l.Action == "codedeploy:CreateDeployment" {
		c.calls += len(c.looks[function])
		c.releases++
	}
}
