package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// fastest is a clock on which no wait of the control plane is felt.
const fastest = 1_000_000

// bluegreens races a whole blue/green deployment in the sandbox, from the image's tag to the end of the old tasks, against
// a bare program that starts the same processes one after another and waits for nothing else: the floor of any
// local deployment that runs what will run in AWS.
func bluegreens(ctx context.Context, y *yard) (race, error) {
	a, err := y.account(ctx, fastest)
	if err != nil {
		return race{}, err
	}
	if _, err := a.push(ctx, "v0"); err != nil {
		return race{}, err
	}
	if err := a.until(ctx, a.runs(0)); err != nil {
		return race{}, err
	}
	const tasks = 2
	if err := a.describe(ctx, func(s *config.Service) { s.DesiredCount = aws.Int(tasks) }); err != nil {
		return race{}, err
	}
	if err := a.until(ctx, func(s live.Status) bool { return settled(s) && s.TaskSets[0].Running == tasks }); err != nil {
		return race{}, err
	}
	if err := a.unscheduled(ctx); err != nil { // at this clock its five minutes are less than a start, and it would never pause
		return race{}, err
	}
	old, err := a.stopped(ctx)
	if err != nil {
		return race{}, err
	}
	env, err := surroundings()
	if err != nil {
		return race{}, err
	}
	api := &rapid{}
	n := 0
	whole := func(ctx context.Context) (reading, error) {
		n++
		_, tag, err := a.prepare(ctx, fmt.Sprintf("v%d", n))
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := tag(); err != nil {
			return nil, err
		}
		if err := old.replaced(ctx, tasks); err != nil {
			return nil, err
		}
		took := time.Since(begun)
		return reading{wall: took.Seconds()}, a.until(ctx, a.runs(n))
	}
	return race{rounds: 9, lanes: []lane{
		{"blue/green", whole},
		{"bare program", func(ctx context.Context) (reading, error) { return bare(ctx, api, env, tasks) }},
	}, figures: []figure{
		{name: "whole local blue/green: tag, two tasks, hook, shift, end of the old", of: "blue/green", over: "bare program", quantity: wall, goal: 3, stretch: 1.5},
	}}, nil
}

// runs reports that a version's deployment has succeeded and nothing else runs.
func (a *account) runs(version int) func(live.Status) bool {
	tag := fmt.Sprintf(":v%d@", version)
	return func(s live.Status) bool {
		return settled(s) && s.Deployment != nil && s.Deployment.Status == "Succeeded" && strings.Contains(s.Deployment.Description, tag)
	}
}

// bare starts the release function, the tasks, and the hook, each when the one before has said that it is there, and
// then ends the tasks.
func bare(ctx context.Context, api *rapid, env []string, tasks int) (reading, error) {
	begun := time.Now()
	if _, err := api.cold(ctx, "next", env, "bin/local/release/bootstrap"); err != nil {
		return nil, err
	}
	var started []*exec.Cmd
	defer func() {
		for _, c := range started {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}()
	var addresses []string
	for range tasks {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		address := free.Addr().String()
		if err := free.Close(); err != nil {
			return nil, err
		}
		_, port, _ := net.SplitHostPort(address)
		c := exec.Command("bin/local/sample-website")
		c.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+port)
		if err := c.Start(); err != nil {
			return nil, err
		}
		started, addresses = append(started, c), append(addresses, address)
	}
	for _, address := range addresses {
		for healthy := 0; healthy < 2; { // as often as a target group asks
			if fetch(ctx, "http://"+address+"/") == nil {
				healthy++
			} else if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			time.Sleep(time.Millisecond)
		}
	}
	if _, err := api.cold(ctx, "next", env, "bin/local/verify/bootstrap"); err != nil {
		return nil, err
	}
	for _, c := range started {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			return nil, err
		}
	}
	var ended []error
	for _, c := range started {
		ended = append(ended, c.Wait())
	}
	started = nil
	return reading{wall: time.Since(begun).Seconds()}, errors.Join(ended...)
}
