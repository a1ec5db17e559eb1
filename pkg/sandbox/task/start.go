package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// defaultStopTimeout is what ECS waits between TERM and KILL.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)
const defaultStopTimeout = 30 * time.Second

// Spec is a task to be started.
type Spec struct {
	// ID names the task to the people and programs inside: it is the host name.
	ID string
	// Containers are started in this order, and stopped together.
	Containers []Container
	// StopTimeout is the time between TERM and KILL of containers that have none of their own. Default 30 s,
	// as with ECS.
	StopTimeout time.Duration
	// Memory in bytes that all containers may take together; 0: any. What takes more is killed, the largest container
	// first. It is measured a few times a second, for without cgroups the kernel keeps no account.
	Memory int64
}

// Container is one container of a task. What it leaves empty is the image's.
type Container struct {
	Name                string
	Image               v1.Image
	Entrypoint, Command []string
	// Env is KEY=VALUE, over the image's own.
	Env []string
	// User is as in a task definition: user, user:group, uid, uid:gid, uid:group or user:gid.
	User       string
	WorkingDir string
	// Essential containers end the task when they end.
	Essential bool
	// StopTimeout is Spec's when zero.
	StopTimeout time.Duration
	// Memory in bytes that the container may take; 0: as much as its task.
	Memory int64
	// Ports that the container listens on. Needed in mode process only, where PORT tells the container the
	// first of them, or another where that one cannot be had. Default: those that the image exposes.
	Ports []int
	// Log gets every line of output and errors, one whole line a Write; nil means nowhere. Writes for one
	// container do not overlap.
	Log io.Writer
}

// Start starts the task's containers and returns once all are started. Errors are sentences that begin as the
// stoppedReason of ECS does: CannotPullContainerError, CannotStartContainerError. A program that is not for this
// machine is no error here: as with ECS its container ends at once, with "exec format error" in its log.
// The context is for the start only.
func (r *Runner) Start(ctx context.Context, spec Spec) (*Task, error) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, errors.New("start task: the runner is closed")
	}
	r.ended.Add(1)
	r.mu.Unlock()
	t := &Task{runner: r, spec: spec, done: make(chan struct{}), exits: make([]*Exit, len(spec.Containers)), runs: map[int]chan<- int{}}
	err := t.start(ctx)
	if err != nil {
		if t.init == nil { // Else its end has released it.
			t.release()
		}
		return nil, err
	}
	return t, nil
}

func (t *Task) start(ctx context.Context) error {
	if len(t.spec.Containers) == 0 {
		return errors.New("start task: no containers")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.runner.life, cancel)()
	var err error
	if t.dir, err = os.MkdirTemp(t.runner.dir, "task-"); err != nil {
		return fmt.Errorf("start task: %w", err)
	}
	f := t.runner.form
	p := pid1.Plan{Host: hostName(t.spec.ID), Namespaces: f.namespaces, Chroot: f.chroot, SwitchUser: f.switchUser, Memory: t.spec.Memory}
	for i, c := range t.spec.Containers {
		prepared, err := t.prepare(ctx, i, c, p.Host)
		if err != nil {
			return err
		}
		p.Containers = append(p.Containers, prepared)
	}
	if !f.namespaces {
		if err := t.address(p.Containers); err != nil {
			return fmt.Errorf("start task: %w", err)
		}
	}
	t.programs = p.Containers
	return t.launch(ctx, p)
}

// prepare gives a container its own copy of its image.
func (t *Task) prepare(ctx context.Context, i int, c Container, host string) (pid1.Program, error) {
	unpacked, config, err := t.runner.rootfs(c.Image)
	if err != nil {
		return pid1.Program{}, err
	}
	dir := filepath.Join(t.dir, strconv.Itoa(i))
	if err := clone(ctx, unpacked, dir); err != nil {
		return pid1.Program{}, fmt.Errorf("CannotCreateContainerError: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return pid1.Program{}, err
	}
	defer func() { _ = root.Close() }()
	if err := hosts(root, host); err != nil {
		return pid1.Program{}, fmt.Errorf("CannotCreateContainerError: write /etc/hosts: %w", err)
	}
	c.StopTimeout = cmp.Or(c.StopTimeout, t.spec.StopTimeout, defaultStopTimeout)
	p, err := settle(c, config, root, host)
	if err != nil {
		return pid1.Program{}, err
	}
	t.ports = append(t.ports, portsOf(c, config))
	return p, nil
}

// hosts lets programs resolve localhost and the task's own name.
func hosts(root *os.Root, host string) error {
	at, err := within(root, "/etc/hosts", true)
	if err != nil {
		return err
	}
	if err := root.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	_ = root.Remove(at)
	return root.WriteFile(at, []byte("127.0.0.1 localhost "+host+"\n::1 localhost\n"), 0o644)
}

// launch starts the init and waits for its word.
func (t *Task) launch(ctx context.Context, p pid1.Plan) error {
	files, err := t.openLogs(len(p.Containers))
	if err == nil {
		t.init, err = t.runner.launch(t.runner.form, p, files)
	}
	for _, file := range files {
		_ = file.Close()
	}
	if err != nil {
		t.logs.closeAll()
		return fmt.Errorf("start task: %w", err)
	}
	if t.init.dialer != nil {
		t.runner.ended.Go(t.init.dialer.read)
	}
	for i, stream := range t.logs.streams {
		t.logs.all.Go(func() { t.logs.out[i/2].follow(stream) })
	}
	t.runner.mu.Lock()
	t.runner.tasks[t] = struct{}{}
	t.runner.mu.Unlock()

	started := make(chan error, 1)
	go t.follow(started)
	stop := context.AfterFunc(ctx, func() { t.init.order(pid1.Order{Kill: true}) })
	err = <-started
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	t.init.order(pid1.Order{Kill: true})
	<-t.done
	if ctx.Err() != nil {
		return fmt.Errorf("start task: %w", ctx.Err())
	}
	return err
}

// hostName keeps of an id what a host name may have.
func hostName(id string) string {
	name := make([]byte, 0, 63)
	for _, b := range []byte(id) {
		if b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' && len(name) > 0 {
			name = append(name, b)
		}
		if len(name) == 63 {
			break
		}
	}
	return cmp.Or(string(name), "task")
}
