package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/infra/assembly"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

type sandboxCommand struct {
	Serve serveCommand    `cmd:"" default:"withargs" help:"Run until interrupted (the default)."`
	Env   envCommand      `cmd:"" help:"Print the export lines that point any AWS client at the sandbox."`
	Fault faultCommand    `cmd:"" help:"Let calls fail, events be lost, functions crash, tasks die, and more."`
	Push  pushSiteCommand `cmd:"" help:"Push a version of the sample website, a good or a bad one."`
	Raise raiseCommand    `cmd:"" help:"Raise an event as an AWS service does, such as ECR's of a replication."`
	Trail trailCommand    `cmd:"" help:"Print every call: when, by whom, on what, allowed by which statement, and how it ended."`
	Skip  skipCommand     `cmd:"" help:"End a wait of the sandbox now."`
}

// looseGC lets the sandbox's heap grow to five times what lives: some 10 MiB more, and a tenth less processor time for
// a request through a listener.
const looseGC = 400

// machine is what a sandbox takes from this machine.
type machine struct {
	Isolation string `enum:"auto,namespaces,process" default:"auto" help:"How tasks are kept apart: ${enum}."`
	Bin       string `placeholder:"DIR" help:"Where make build left the functions. Default: beside this program."`
}

type serveCommand struct {
	Listen   string  `default:"127.0.0.1:4566" help:"The endpoint of every AWS service, and the registry's address."`
	Clock    float64 `default:"60" help:"By how much control-plane waits are shortened: 60 makes an hour a minute."`
	Seed     uint64  `help:"Seed of the draws that faults make."`
	Throttle bool    `help:"Refuse calls that come too often, by the token buckets that AWS publishes; they refill with the clock."`
	Page     string  `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where the page is served that shows the services and lets you try things, on this machine only; none: nowhere. Default: a free port."`
	Log      bool    `help:"Log what happens inside to standard error."`
	Assembly string  `placeholder:"DIR" type:"existingdir" help:"A cloud assembly (cdk.out). Default: that of the sample website."`
	Config   string  `placeholder:"FILE" type:"existingfile" help:"The cdk.json that the assembly was made from: what it names (certificates, secrets, sidecars' images) is made up here. Default: the shipped one."`
	machine
}

type envCommand struct {
	Listen string `default:"127.0.0.1:4566" help:"The address that the sandbox was started with."`
}

// Help ends the help on the sandbox.
func (serveCommand) Help() string {
	return `"cutover sandbox" is short for it. Then, in another terminal, eval "$(cutover sandbox env)" points any AWS client at it.`
}

// Run prints the lines for a shell.
func (c envCommand) Run(s *stage) error {
	_, err := fmt.Fprint(s.out, sandbox.Exports(c.Listen))
	return err
}

// Run runs a sandbox until the context ends.
func (c serveCommand) Run(s *stage) error {
	described, err := c.described(c.Config)
	if err != nil {
		return err
	}
	opts, err := c.options(c.Assembly, described)
	if err != nil {
		return err
	}
	opts.Listen, opts.Clock, opts.Seed, opts.Throttle = c.Listen, c.Clock, c.Seed, c.Throttle
	if c.Log {
		opts.Log = slog.New(slog.NewTextHandler(s.errout, nil))
	}
	var shown atomic.Pointer[studio]
	opts.FunctionLog = func(function, line string) {
		fmt.Fprintf(s.errout, "%s: %s\n", function, line)
		if t := shown.Load(); t != nil {
			t.heard(line)
		}
	}
	debug.SetGCPercent(looseGC)
	local, err := sandbox.Start(s.ctx, opts)
	if err != nil {
		return err
	}
	return errors.Join(c.stay(s, local, described, &shown), local.Close())
}

// stay tells where everything is, and is over when the context is.
func (c serveCommand) stay(s *stage, local *sandbox.Sandbox, described config.Config, shown *atomic.Pointer[studio]) error {
	welcome(s, local, c.Clock)
	if c.Page == "none" {
		<-s.ctx.Done()
		return nil
	}
	bin, err := c.bin()
	if err != nil {
		return err
	}
	t, err := newStudio(s, local, c.Page, bin, described)
	if err != nil {
		return err
	}
	shown.Store(t)
	fmt.Fprintf(s.out, "\nSee it and try it in a browser:\n  %s\n", t.page.URL())
	<-s.ctx.Done()
	return t.close()
}

func welcome(s *stage, local *sandbox.Sandbox, factor float64) {
	fmt.Fprintf(s.out, "A local AWS answers at %s (account %s, region %s).\n", local.Endpoint(), sandbox.Account, sandbox.Region)
	for _, note := range local.Notes() {
		fmt.Fprintf(s.out, "  %s\n", note)
	}
	fmt.Fprintf(s.out, "  waits are %g times shorter than in AWS\n", factor)
	for _, l := range local.Listeners() {
		fmt.Fprintf(s.out, "  %s port %d: %s\n", l.LoadBalancer, l.Port, l.URL)
	}
	for _, r := range local.Repositories() {
		fmt.Fprintf(s.out, "  push images to %s\n", r)
	}
	fmt.Fprintf(s.out, "\nIn another terminal:\n  eval \"$(bin/cutover sandbox env --listen %s)\"\nInterrupt to end it.\n", local.Host())
}

// options are those of a sandbox with the stacks of an assembly and the functions that were built here.
func (m machine) options(dir string, described config.Config) (sandbox.Options, error) {
	bin, err := m.bin()
	if err != nil {
		return sandbox.Options{}, err
	}
	var stacks fs.FS = assembly.Files()
	if dir != "" {
		stacks = os.DirFS(dir)
	}
	placeholder, err := program(filepath.Join(bin, "placeholder"), "/usr/bin/caddy", v1.Config{
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}, Cmd: []string{"caddy", "respond"}, // no entry point, as in the real image
	})
	if err != nil {
		return sandbox.Options{}, err
	}
	images := map[string]v1.Image{bootstrapImage: placeholder}
	for _, service := range described.Services {
		for _, sidecar := range service.Task.Sidecars {
			images[sidecar.Image] = placeholder
		}
	}
	return sandbox.Options{
		Assembly: stacks, Isolation: m.Isolation, Images: images,
		Certificates: certificates(described), Secrets: secrets(described), Keys: keys(described), Objects: environmentFiles(described),
		Bootstrap: func(name, path string) (string, error) { return bootstrap(bin, name, dir, path) },
	}, nil
}

// bootstrapImage is what a service runs before its first release; see infra.
const bootstrapImage = "public.ecr.aws/docker/library/caddy:2-alpine"

func (m machine) bin() (string, error) {
	if m.Bin != "" {
		return m.Bin, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(self), "local"), nil
}

// bootstrap is a function's executable: the build for this machine, else what stands in the assembly.
func bootstrap(bin, name, assembly, path string) (string, error) {
	candidates := []string{filepath.Join(bin, filepath.Base(name), "bootstrap")}
	if assembly != "" {
		candidates = append(candidates, filepath.Join(assembly, path, "bootstrap"))
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("the function %s is not built: there is no %s; run make build", name, strings.Join(candidates, " and no "))
}

// program makes an image of one executable.
func program(path, within string, config v1.Config) (v1.Image, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s is not built; run make build: %w", filepath.Base(path), err)
	}
	return image.FromFiles(runtime.GOARCH, map[string]image.File{within: {Body: body, Mode: 0o755}}, config)
}
