package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// edited is the construct that the race of synths edits, in an overlay: the file itself stays as it is.
const edited = "infra/bluegreen/queues.go"

// plainBuild is how the app is built everywhere, so that its packages are compiled once.
var plainBuild = []string{"CGO_ENABLED=0", "GOFLAGS=-trimpath"}

// synths races an edit of a construct to its new templates: the default way (go run, with CDK's own validation of
// what it wrote) against the inner loop (a binary that is built beside, and validation left to `make check`).
func synths(ctx context.Context, y *yard) (race, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return race{missing: []string{"node, which CDK needs, is not installed"}}, nil
	}
	const usual, inner, config = "go run, validated", "built beside, not validated", "edit of cdk.json, built before"
	n := 0
	app, built := filepath.Join(y.dir, "infra"), filepath.Join(y.dir, "built")
	before := exec.CommandContext(ctx, "go", "build", "-ldflags=-w", "-o", built, "./infra")
	before.Env = append(os.Environ(), plainBuild...)
	if said, err := before.CombinedOutput(); err != nil {
		return race{}, fmt.Errorf("build the app: %w\n%s", err, said)
	}
	synth := func(edit bool, env string, commands ...[]string) func(context.Context) (reading, error) {
		return func(ctx context.Context) (reading, error) {
			n++
			overlay, err := y.edit(n)
			if err != nil {
				return nil, err
			}
			begun := time.Now()
			used := 0.0
			for _, c := range commands {
				if c[0] == "go" && edit {
					c = append([]string{"go", c[1], "-overlay", overlay}, c[2:]...)
				}
				run := exec.CommandContext(ctx, c[0], c[1:]...)
				run.Env = append(append(os.Environ(), plainBuild...), env)
				if said, err := run.CombinedOutput(); err != nil {
					return nil, fmt.Errorf("%v: %w\n%s", c, err, said)
				}
				used += processor(run)
			}
			return reading{wall: time.Since(begun).Seconds(), cpu: used}, nil
		}
	}
	out := filepath.Join(y.dir, "out")
	return race{rounds: 7, lanes: []lane{
		{usual, synth(true, "CDK_VALIDATION=true", []string{"go", "run", "./infra", "-assembly", out})},
		{inner, synth(true, "CDK_VALIDATION=false", []string{"go", "build", "-ldflags=-w", "-o", app, "./infra"}, []string{app, "-assembly", out})},
		{config, synth(false, "CDK_VALIDATION=false", []string{built, "-assembly", out})},
	}, figures: []figure{
		{name: "edit a construct to new templates", of: inner, over: usual, quantity: wall, goal: 0.25, stretch: 0.19},
		{name: "edit cdk.json to new templates", of: config, over: usual, quantity: wall, goal: 0.25, stretch: 0.19},
	}}, nil
}

// edit writes an overlay in which the construct has something new.
func (y *yard) edit(n int) (overlay string, err error) {
	content, err := os.ReadFile(edited)
	if err != nil {
		return "", err
	}
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	changed := filepath.Join(y.dir, fmt.Sprintf("edit-%d.go", n))
	if err := os.WriteFile(changed, fmt.Appendf(content, "\nvar edits = []int{%d}\n", n), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, edited): changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(y.dir, "overlay.json")
	return overlay, os.WriteFile(overlay, replace, 0o600)
}
