package task

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/image"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

type answer struct {
	Env, Args  []string
	UID, GID   int
	Dir, Host  string
	Null, Proc bool
}

func ask(t *testing.T, task *Task, port int) answer {
	t.Helper()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return task.Dial(ctx, port)
		},
	}}
	response, err := client.Get("http://task/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func start(t *testing.T, r *Runner, containers ...Container) *Task {
	t.Helper()
	task, err := r.Start(t.Context(), Spec{ID: "task-1", Containers: containers})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func modes(t *testing.T, test func(t *testing.T, r *Runner)) {
	for _, mode := range []string{ModeNamespaces, ModeProcess} {
		t.Run(mode, func(t *testing.T) { test(t, newRunner(t, mode)) })
	}
}

func TestThreeTasksListenOnPort80AtOnce(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{Cmd: []string{"serve=80"}, ExposedPorts: map[string]struct{}{"80/tcp": {}}}, nil)
		var tasks []*Task
		for _, name := range []string{"a", "b", "c"} {
			out := newLog()
			tasks = append(tasks, start(t, r, Container{
				Name: "web", Image: img, Essential: true, Env: []string{"WHO=" + name}, Log: out,
			}))
			out.await(t, "listening")
		}
		for i, name := range []string{"a", "b", "c"} {
			if a := ask(t, tasks[i], 80); !slices.Contains(a.Env, "WHO="+name) {
				t.Errorf("task %s answers with %v", name, a.Env)
			}
		}
		if _, err := tasks[0].Dial(t.Context(), 81); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial of a port without listener: %v", err)
		}
		tasks[1].Stop(t.Context())
		if _, err := tasks[1].Dial(t.Context(), 80); err == nil {
			t.Error("a stopped task is dialed")
		}
		ask(t, tasks[2], 80)
	})
}

func TestTheContainerContractHolds(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		if os.Geteuid() != 0 && r.Mode() == ModeProcess {
			t.Skip("without namespaces only root can become another user")
		}
		img := imageOf(t, v1.Config{
			Env: []string{"PATH=/bin", "A=image", "B=image"}, WorkingDir: "/srv/new", User: "web", Cmd: []string{"dropped"},
		}, nil)
		for _, c := range []struct {
			name     string
			wish     Container
			uid, gid int
			home     string
			dir      string
			args     []string
		}{
			{"the image's own", Container{Command: []string{"serve=8080"}}, 1234, 2345, "/home/web", "/srv/new", []string{"app", "serve=8080"}},
			{"a number", Container{User: "77", WorkingDir: "/etc", Command: []string{"serve=8080"}}, 77, 0, "/", "/etc", []string{"app", "serve=8080"}},
			{"numbers", Container{User: "77:78", Command: []string{"serve=8080"}}, 77, 78, "/", "/srv/new", []string{"app", "serve=8080"}},
			{"user and group", Container{User: "web:staff", Entrypoint: []string{"/bin/app", "say=x", "serve=8080"}}, 1234, 50, "/home/web", "/srv/new", []string{"/bin/app", "say=x", "serve=8080"}},
			{"root", Container{User: "root", Command: []string{"serve=8080"}}, 0, 0, "/root", "/srv/new", []string{"app", "serve=8080"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				out := newLog()
				c.wish.Name, c.wish.Image, c.wish.Log, c.wish.Essential = "web", img, out, true
				c.wish.Env = []string{"B=own", "C=own"}
				task := start(t, r, c.wish)
				defer task.Stop(t.Context())
				out.await(t, "listening")
				a := ask(t, task, 8080)
				if a.UID != c.uid || a.GID != c.gid || a.Dir != c.dir {
					t.Errorf("uid %d gid %d dir %s", a.UID, a.GID, a.Dir)
				}
				if diff := cmp.Diff(c.args, a.Args); diff != "" {
					t.Error(diff)
				}
				for _, want := range []string{"A=image", "B=own", "C=own", "PATH=/bin", "HOME=" + c.home, "HOSTNAME=task-1"} {
					if !slices.Contains(a.Env, want) {
						t.Errorf("no %s in %v", want, a.Env)
					}
				}
				if r.Mode() == ModeNamespaces && (a.Host != "task-1" || !a.Null || !a.Proc) {
					t.Errorf("host %q, /dev/null %t, /proc %t", a.Host, a.Null, a.Proc)
				}
			})
		}
	})
}

func TestEveryEndOfAContainerIsTold(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{}, nil)
		for _, c := range []struct {
			name    string
			command []string
			want    Exit
			log     string
		}{
			{"success", []string{"say=done"}, Exit{"web", 0, ""}, "done\n"},
			{"exit code", []string{"say=a", "complain=no newline", "exit=3"}, Exit{"web", 3, ""}, "no newline\n"},
			{"crash", []string{"crash"}, Exit{"web", 2, ""}, "panic: as asked\n"},
		} {
			t.Run(c.name, func(t *testing.T) {
				out := newLog()
				task := start(t, r, Container{Name: "web", Image: img, Command: c.command, Essential: true, Log: out})
				if diff := cmp.Diff([]Exit{c.want}, ended(t, task)); diff != "" {
					t.Error(diff)
				}
				if !strings.Contains(out.String(), c.log) {
					t.Errorf("log: %q", out)
				}
			})
		}
	})
}

func TestAnEssentialContainerTakesTheOthersWithIt(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{}, nil)
		task := start(t, r,
			Container{Name: "once", Image: img, Command: []string{"exit=0"}},
			Container{Name: "side", Image: img, Command: []string{"wait"}},
			Container{Name: "web", Image: img, Command: []string{"exit=5"}, Essential: true})
		got := ended(t, task)
		if got[0].Code == 143 { // it was taken too before it came to its own end
			got[0].Code = 0
		}
		want := []Exit{{"once", 0, ""}, {"side", 143, ""}, {"web", 5, ""}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatTakesMoreMemoryThanItMayIsKilledAndSaysWhy(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{}, nil)
		for name, test := range map[string]struct {
			task, web int64
			want      []Exit
		}{
			"more than its own":   {0, 64 << 20, []Exit{{"side", 143, ""}, {"web", 137, pid1.OutOfMemory}}},
			"more than the tasks": {64 << 20, 0, []Exit{{"side", 143, ""}, {"web", 137, pid1.OutOfMemory}}},
		} {
			t.Run(name, func(t *testing.T) {
				task, err := r.Start(t.Context(), Spec{ID: "task-1", Memory: test.task, Containers: []Container{
					{Name: "side", Image: img, Command: []string{"take=8", "wait"}},
					{Name: "web", Image: img, Command: []string{"take=128", "wait"}, Essential: true, Memory: test.web},
				}})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, ended(t, task)); diff != "" {
					t.Error(diff)
				}
			})
		}
		t.Run("less", func(t *testing.T) {
			out := newLog()
			task, err := r.Start(t.Context(), Spec{ID: "task-1", Memory: 256 << 20, Containers: []Container{
				{Name: "web", Image: img, Command: []string{"take=64", "exit=3"}, Essential: true, Memory: 256 << 20, Log: out},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Exit{{"web", 3, ""}}, ended(t, task)); diff != "" || !strings.Contains(out.String(), "took 64") {
				t.Errorf("%s, log %q", diff, out)
			}
		})
	})
}

func TestStopSendsTermAndThenKill(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{}, nil)
		for _, c := range []struct {
			name    string
			command []string
			timeout time.Duration
			code    int
		}{
			{"a handler decides", []string{"exit-on-term", "say=ready", "wait"}, time.Minute, 7},
			{"without a handler it ends by TERM", []string{"say=ready", "wait"}, time.Minute, 143},
			{"a stubborn one is killed", []string{"ignore-term", "say=ready", "wait"}, 50 * time.Millisecond, 137},
		} {
			t.Run(c.name, func(t *testing.T) {
				out := newLog()
				task := start(t, r, Container{
					Name: "web", Image: img, Command: c.command, StopTimeout: c.timeout, Essential: true, Log: out,
				})
				out.await(t, "ready")
				task.Stop(t.Context())
				if diff := cmp.Diff([]Exit{{"web", c.code, ""}}, task.Exits()); diff != "" {
					t.Error(diff)
				}
			})
		}
	})
}

func TestTheEndOfStopsContextKills(t *testing.T) {
	r := newRunner(t, ModeAuto)
	out := newLog()
	task := start(t, r, Container{
		Name: "web", Image: imageOf(t, v1.Config{}, nil), Command: []string{"ignore-term", "say=ready", "wait"}, Log: out,
	})
	out.await(t, "ready")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	task.Stop(ctx)
	if diff := cmp.Diff([]Exit{{"web", 137, ""}}, task.Exits()); diff != "" {
		t.Error(diff)
	}
}

func TestOrphansEndWithTheirTask(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		out := newLog()
		task := start(t, r, Container{
			Name: "web", Image: imageOf(t, v1.Config{}, nil), Command: []string{"child", "exit-on-term", "wait"}, Essential: true, Log: out,
		})
		out.await(t, "child")
		task.Stop(t.Context())
	})
}

func TestCloseEndsWhatRunsAndWhatStarts(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{Cmd: []string{"ignore-term", "wait"}}, nil)
		running := start(t, r, Container{Name: "web", Image: img, Essential: true})
		errs := make(chan error)
		go func() {
			_, err := r.Start(t.Context(), Spec{Containers: []Container{{Name: "late", Image: img}}})
			errs <- err
		}()
		r.Close()
		<-errs // Either it had started and was killed, or it says why it did not.
		ended(t, running)
		if _, err := r.Start(t.Context(), Spec{Containers: []Container{{Name: "web", Image: img}}}); err == nil {
			t.Error("a closed runner starts a task")
		}
	})
}

// What else was started on a runner's thread, before it was the runner's, is not the runner's to end.
func TestCloseGivesItsThreadBack(t *testing.T) {
	for range 5 {
		r := newRunner(t, ModeProcess)
		other := exec.CommandContext(t.Context(), "cat")
		other.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		in, err := other.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		started, thread := make(chan error, 1), 0
		r.thread <- func() { thread = syscall.Gettid(); started <- other.Start() }
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		r.Close()
		for stacks := make([]byte, 1<<20); bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("serveThread")); {
			runtime.Gosched()
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread)); err != nil {
			t.Errorf("its thread has ended: %v", err)
		}
		in.Close()
		if err := other.Wait(); err != nil {
			t.Errorf("a process that its thread had started ends with it: %v", err)
		}
	}
}

func TestAStartCanBeCancelled(t *testing.T) {
	r := newRunner(t, ModeAuto)
	img := imageOf(t, v1.Config{Cmd: []string{"wait"}}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Start(ctx, Spec{Containers: []Container{{Name: "web", Image: img}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("start: %v", err)
	}
}

func TestWhatCannotStartSaysWhyAsECSDoes(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		foreign, err := image.FromFiles("s390x", map[string]image.File{"app": {Body: []byte("x"), Mode: 0o755}}, v1.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			wish Container
			want string
		}{
			{"another architecture", Container{Image: foreign}, "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/" + runtime.GOARCH + "': the image is for 'linux/s390x'"},
			{"no program", Container{Image: imageOf(t, v1.Config{}, nil), Entrypoint: []string{"nope"}}, `CannotStartContainerError: unable to start container process: exec: "nope": executable file not found in $PATH`},
			{"no file", Container{Image: imageOf(t, v1.Config{}, nil), Entrypoint: []string{"/nope"}}, `exec: "/nope": stat /nope: no such file or directory`},
			{"not executable", Container{Image: imageOf(t, v1.Config{}, nil), Entrypoint: []string{"/etc/passwd"}}, `exec: "/etc/passwd": permission denied`},
			{"no user", Container{Image: imageOf(t, v1.Config{}, nil), User: "nobody-here"}, "unable to find user nobody-here"},
			{"no image", Container{}, "CannotPullContainerError"},
		} {
			t.Run(c.name, func(t *testing.T) {
				c.wish.Name = "web"
				_, err := r.Start(t.Context(), Spec{Containers: []Container{c.wish}})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("start: %v", err)
				}
			})
		}
	})
}

func TestAForeignBinaryEndsWithExecFormatError(t *testing.T) {
	modes(t, func(t *testing.T, r *Runner) {
		img := imageOf(t, v1.Config{}, map[string]image.File{"/bin/other": {Body: []byte{0x7f, 'E', 'L', 'F', 9, 9}, Mode: 0o755}})
		out := newLog()
		task := start(t, r,
			Container{Name: "web", Image: img, Entrypoint: []string{"other"}, Essential: true, Log: out},
			Container{Name: "side", Image: img, Command: []string{"wait"}})
		want := []Exit{{"web", 255, "exec /bin/other: exec format error"}, {"side", 143, ""}}
		if diff := cmp.Diff(want, ended(t, task)); diff != "" {
			t.Error(diff)
		}
		if out.String() != "exec /bin/other: exec format error\n" {
			t.Errorf("log: %q", out)
		}
	})
}

func TestContainersShareNoFilesAndSeeTheirOwnRoot(t *testing.T) {
	r := newRunner(t, ModeNamespaces)
	img := imageOf(t, v1.Config{User: "web"}, map[string]image.File{
		"/data": {Mode: fs.ModeDir | 0o777}, "/data/locked": {Mode: fs.ModeDir | 0o500, UID: 1234},
	})
	for range 2 {
		out := newLog()
		task := start(t, r, Container{
			Name: "web", Image: img, Command: []string{"show=/data/x", "write=/data/x", "show=/etc/hosts", "stdout"}, Essential: true, Log: out,
		})
		ended(t, task)
		for _, want := range []string{"/data/x:  open /data/x: no such file", "127.0.0.1 localhost task-1|", "through /dev/stdout\n"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in %s", want, out)
			}
		}
	}
}

func TestProcessModeTellsHostAndPort(t *testing.T) {
	r := newRunner(t, ModeProcess)
	if r.Mode() != ModeProcess {
		t.Errorf("mode %q", r.Mode())
	}
	img := imageOf(t, v1.Config{Cmd: []string{"serve=80"}}, nil)
	out := newLog()
	task := start(t, r, Container{Name: "web", Image: img, Ports: []int{8080, 9090}, Essential: true, Log: out, Env: []string{"PORT=1"}})
	out.await(t, "listening")
	a := ask(t, task, 8080)
	if !slices.Contains(a.Env, "PORT=8080") || !slices.ContainsFunc(a.Env, func(s string) bool { return strings.HasPrefix(s, "HOST=127.77.") }) {
		t.Errorf("environment: %v", a.Env)
	}
}

func TestAnUnknownModeIsRefused(t *testing.T) {
	if _, err := New(Options{Mode: "docker", Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "not one of") {
		t.Errorf("new: %v", err)
	}
}

// Everything above that needs no root is run once more without it.
func TestItAllWorksWithoutRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the other tests show it already")
	}
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	dir, err := os.MkdirTemp("", "nobody-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "app")
	if err := os.WriteFile(file, app(t), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.v", "-test.run=^Test[A-Z]", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), "TASK_TEST_APP="+file, "TMPDIR="+dir, "HOME="+dir)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "SKIP") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

func TestImagesOfTheSameLayersAreUnpackedOnceAndRunWithTheirOwnConfiguration(t *testing.T) {
	r := newRunner(t, ModeProcess)
	for _, version := range []string{"v1", "v2"} {
		out := newLog()
		img := imageOf(t, v1.Config{Cmd: []string{"say=" + version}}, nil)
		ended(t, start(t, r, Container{Name: "web", Image: img, Essential: true, Log: out}))
		if got := strings.TrimSpace(out.String()); got != version {
			t.Errorf("it says %q, not %q", got, version)
		}
		if got, _ := filepath.Glob(filepath.Join(r.dir, "image-*")); len(got) != 1 {
			t.Errorf("%s: unpacked are %v", version, got)
		}
	}
	other := imageOf(t, v1.Config{}, map[string]image.File{"/more": {Mode: 0o644}})
	ended(t, start(t, r, Container{Name: "web", Image: other, Command: []string{"exit=0"}, Essential: true}))
	if got, _ := filepath.Glob(filepath.Join(r.dir, "image-*")); len(got) != 2 {
		t.Errorf("with other layers: unpacked are %v", got)
	}
}

func TestTwoRunnersInModeProcessShareNoAddress(t *testing.T) {
	one := newRunner(t, ModeProcess)
	other, err := New(Options{Mode: ModeProcess, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	img, addresses := imageOf(t, v1.Config{}, nil), map[string]bool{}
	for _, r := range []*Runner{one, other, one, other} {
		task := start(t, r, Container{Name: "web", Image: img, Command: []string{"wait"}, Ports: []int{80}, Essential: true})
		at := task.realAddress(80)
		if addresses[at] {
			t.Errorf("two tasks are at %s", at)
		}
		addresses[at] = true
	}
}
