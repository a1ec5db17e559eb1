package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// Modes of isolation.
const (
	ModeAuto       = "auto"       // namespaces where the machine allows them, else process
	ModeNamespaces = "namespaces" // own network, processes, mounts; every task has all ports
	ModeProcess    = "process"    // plain child processes that are told HOST and PORT
)

// errEnded is returned by Dial when the task has ended.
var errEnded = errors.New("the task has ended")

// Options of a Runner.
type Options struct {
	// Mode is ModeAuto, ModeNamespaces or ModeProcess; empty means ModeAuto.
	Mode string
	// Dir holds unpacked images and the file systems of running tasks; empty means a temporary folder. Close
	// removes what the runner made there.
	Dir string
	// MaxImageSize limits the unpacked size of an image in bytes. Default 4 GiB.
	MaxImageSize int64
	// Init is the program that is started as each task's init; it must link this package. Empty means this one.
	Init string
	// Log tells what a person should know; nil means nowhere.
	Log *slog.Logger
}

// form is how the runner starts tasks, found out by New.
type form struct {
	namespaces bool
	user       bool // with a user namespace
	chroot     bool
	switchUser bool
}

// Runner starts tasks. Use New.
type Runner struct {
	opts   Options
	dir    string
	form   form
	thread chan func() // runs on the thread that all inits are told to die with
	ended  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	stop   context.CancelFunc
	life   context.Context
	roots  map[string]*rootfs // by what layersOf tells
	tasks  map[*Task]struct{}
}

// New returns a runner after trying what the machine allows. An asked-for mode that it does not allow is an
// error that tells why.
func New(opts Options) (*Runner, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.MaxImageSize == 0 {
		opts.MaxImageSize = 4 << 30
	}
	if opts.Dir != "" {
		if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
			return nil, fmt.Errorf("make folder for tasks: %w", err)
		}
	}
	dir, err := os.MkdirTemp(opts.Dir, "tasks-")
	if err != nil {
		return nil, fmt.Errorf("make folder for tasks: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	r := &Runner{
		opts: opts, dir: dir, thread: make(chan func()),
		roots: map[string]*rootfs{}, tasks: map[*Task]struct{}{},
	}
	r.life, r.stop = context.WithCancel(context.Background())
	go r.serveThread()
	if err := r.choose(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// serveThread keeps its thread for as long as tasks run: the kernel kills an init when the thread that started it ends.
// It gives it back then, since others may have started processes on it that are to die with it too.
func (r *Runner) serveThread() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for work := range r.thread {
		work()
	}
}

// choose takes the first form that works here.
func (r *Runner) choose() error {
	root := os.Geteuid() == 0
	var forms []form
	switch r.opts.Mode {
	case ModeNamespaces, ModeAuto, "":
		if root {
			forms = append(forms, form{namespaces: true, chroot: true, switchUser: true})
		}
		forms = append(forms, form{namespaces: true, user: true, chroot: true})
	case ModeProcess:
	default:
		return fmt.Errorf("isolation %q: not one of auto, namespaces, process", r.opts.Mode)
	}
	var reasons []error
	for _, f := range forms {
		err := r.try(f)
		if err == nil {
			r.form = f
			return nil
		}
		reasons = append(reasons, err)
	}
	if r.opts.Mode == ModeNamespaces {
		return fmt.Errorf("isolation by namespaces: %w", errors.Join(reasons...))
	}
	if len(reasons) > 0 {
		r.opts.Log.Warn("this machine allows no namespaces, so tasks are plain processes", "why", errors.Join(reasons...))
	}
	if f := (form{chroot: true, switchUser: true}); root && r.try(f) == nil {
		r.form = f
	}
	return nil
}

// try runs an init that starts nothing.
func (r *Runner) try(f form) error {
	root, err := os.MkdirTemp(r.dir, "probe-")
	if err != nil {
		return err
	}
	defer func() { _ = removeTree(root) }()
	who := pid1.Program{Name: "probe", Root: root}
	if f.user {
		who.UID, who.GID = 65532, 65532
	}
	p := pid1.Plan{Host: "probe", Namespaces: f.namespaces, Chroot: f.chroot, SwitchUser: f.switchUser, Probe: true}
	p.Containers = []pid1.Program{who}
	in, err := r.launch(f, p, []*os.File{nil, nil})
	if err != nil {
		return err
	}
	defer in.finish()
	var e pid1.Event
	if err := in.events.Decode(&e); err != nil {
		return fmt.Errorf("start an init: %w%s", err, in.complaint())
	}
	if !e.Started {
		return errors.New(e.Failed)
	}
	return nil
}

// Mode is the isolation in force: ModeNamespaces or ModeProcess.
func (r *Runner) Mode() string {
	if r.form.namespaces {
		return ModeNamespaces
	}
	return ModeProcess
}

// Close kills all tasks, waits until they have ended, and removes the runner's files. A closed runner starts
// no more tasks.
func (r *Runner) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	for t := range r.tasks {
		t.init.order(pid1.Order{Kill: true})
	}
	r.mu.Unlock()
	r.stop()
	r.ended.Wait()
	close(r.thread)
	if err := removeTree(r.dir); err != nil {
		r.opts.Log.Warn("files of tasks are left", "folder", r.dir, "why", err)
	}
}
