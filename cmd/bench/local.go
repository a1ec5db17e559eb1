package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/infra/assembly"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

// localSandbox is a sandbox within this process, with the shipped stacks, as `cutover sandbox` has them.
func localSandbox(ctx context.Context, clock float64) (*sandbox.Sandbox, error) {
	body, err := os.ReadFile("bin/local/placeholder")
	if err != nil {
		return nil, err
	}
	placeholder, err := image.FromFiles(runtime.GOARCH, map[string]image.File{"/usr/bin/caddy": {Body: body, Mode: 0o755}}, v1.Config{
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}, Cmd: []string{"caddy", "respond"},
	})
	if err != nil {
		return nil, err
	}
	return sandbox.Start(ctx, sandbox.Options{
		Assembly: assembly.Files(), Clock: clock, Images: map[string]v1.Image{"public.ecr.aws/docker/library/caddy:2-alpine": placeholder},
		Bootstrap: func(name, _ string) (string, error) {
			return filepath.Abs(filepath.Join("bin/local", filepath.Base(name), "bootstrap"))
		},
	})
}
