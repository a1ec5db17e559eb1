package task

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

// built is the test program's content, built once for all tests.
var built = sync.OnceValues(func() ([]byte, error) {
	if ready := os.Getenv("TASK_TEST_APP"); ready != "" {
		return os.ReadFile(ready)
	}
	dir, err := os.MkdirTemp("", "task-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "app")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", file, "./testdata/app")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(file)
})

func app(t *testing.T) []byte {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil && os.Getenv("TASK_TEST_APP") == "" {
		t.Skip("no Go toolchain to build the program inside the containers with")
	}
	body, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func plainFiles(app []byte) map[string]image.File {
	return map[string]image.File{
		"/bin/app":    {Body: app, Mode: 0o755},
		"/etc/passwd": {Body: []byte("root:x:0:0:root:/root:/bin/sh\nweb:x:1234:2345::/home/web:/bin/sh\n")},
		"/etc/group":  {Body: []byte("root:x:0:\nstaff:x:50:\n")},
	}
}

// plainImage is compressed once for most tests.
var (
	plainOnce sync.Once
	plainMade v1.Image
	errPlain  error
)

func plainImage(app []byte) (v1.Image, error) {
	plainOnce.Do(func() { plainMade, errPlain = image.FromFiles(runtime.GOARCH, plainFiles(app), v1.Config{}) })
	return plainMade, errPlain
}

// imageOf is an image with the test program as its entry point.
func imageOf(t *testing.T, config v1.Config, more map[string]image.File) v1.Image {
	t.Helper()
	files := plainFiles(app(t))
	for name, file := range more {
		files[name] = file
	}
	if config.Entrypoint == nil {
		config.Entrypoint = []string{"app"}
	}
	if more == nil {
		plain, err := plainImage(app(t))
		if err != nil {
			t.Fatal(err)
		}
		img, err := mutate.Config(plain, config)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	img, err := image.FromFiles(runtime.GOARCH, files, config)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// newRunner is a runner that must leave nothing behind when the test ends.
func newRunner(t *testing.T, mode string) *Runner {
	t.Helper()
	dir := t.TempDir()
	before := runtime.NumGoroutine()
	r, err := New(Options{Mode: mode, Dir: dir})
	if err != nil {
		t.Skipf("this machine does not allow %s: %v", mode, err)
	}
	t.Cleanup(func() {
		r.Close()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("files are left: %v %v", left, err)
		}
		if children := descendants(t); len(children) > 0 {
			t.Errorf("processes are left: %v", children)
		}
		// Goroutines that have done their last send may still be on their way out.
		for range 1000 {
			if runtime.NumGoroutine() <= before {
				return
			}
			runtime.Gosched()
			syscall.Select(0, nil, nil, nil, &syscall.Timeval{Usec: 1000})
		}
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	})
	return r
}

// descendants are the children of this process, dead or alive.
func descendants(t *testing.T) []string {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, list := range lists {
		body, _ := os.ReadFile(list)
		for _, pid := range strings.Fields(string(body)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			all = append(all, pid+" "+string(bytes.ReplaceAll(line, []byte{0}, []byte(" "))))
		}
	}
	return all
}

// log collects lines and tells of each.
type log struct {
	mu    sync.Mutex
	text  strings.Builder
	lines chan string
}

func newLog() *log { return &log{lines: make(chan string, 1000)} }

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	l.text.Write(b)
	l.mu.Unlock()
	l.lines <- strings.TrimSuffix(string(b), "\n")
	return len(b), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until a line is written.
func (l *log) await(t *testing.T, line string) {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		select {
		case got := <-l.lines:
			if got == line {
				return
			}
		case <-limit:
			t.Fatalf("no line %q in:\n%s", line, l)
		}
	}
}

func ended(t *testing.T, task *Task) []Exit {
	t.Helper()
	select {
	case <-task.Done():
	case <-time.After(2 * time.Minute):
		t.Fatal("the task does not end")
	}
	return task.Exits()
}
