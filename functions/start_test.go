package functions

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// BenchmarkStart measures what a cold start costs: from the process's start until it asks the Runtime API for its
// first event. A round starts the empty handler and the function, one after the other and in alternating order, so
// that a busy machine slows both. Reported are the ratios of the medians: x_empty (start), x_empty_rss (peak
// memory at that moment), x_empty_binary and x_empty_zip (size).
func BenchmarkStart(b *testing.B) {
	f := newFloor(b)
	for _, name := range []string{"release", "verify", "watch", "notify"} {
		b.Run(name, func(b *testing.B) {
			function := build(b, "./"+name)
			f.warm(b, function)
			var starts [2][]time.Duration
			var peaks [2][]int
			for round := 0; b.Loop(); round++ {
				both := []string{f.empty, function}
				for i := range both {
					which := (i + round) % 2
					took, peak := f.start(b, both[which])
					starts[which] = append(starts[which], took)
					peaks[which] = append(peaks[which], peak)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ratio(median(starts[1]), median(starts[0])), "x_empty")
			b.ReportMetric(ratio(median(peaks[1]), median(peaks[0])), "x_empty_rss")
			b.ReportMetric(ratio(size(b, function), size(b, f.empty)), "x_empty_binary")
			b.ReportMetric(ratio(zipped(b, function), zipped(b, f.empty)), "x_empty_zip")
		})
	}
}

// floor is the empty handler and the surroundings in which every function is started.
type floor struct {
	empty       string
	environment []string
	asked       chan time.Time // one value for each first GET …/next
	complaints  chan string    // what a function told instead
}

func newFloor(b *testing.B) *floor {
	b.Helper()
	if runtime.GOOS != "linux" {
		b.Skip("the functions are built for Linux and this machine is not")
	}
	if _, err := exec.LookPath("go"); err != nil {
		b.Skip("building the functions needs a Go toolchain, which is not installed here")
	}
	f := &floor{empty: build(b, "./internal/empty"), asked: make(chan time.Time, 1), complaints: make(chan string, 1)}
	api := httptest.NewServer(f.runtimeAPI())
	b.Cleanup(api.Close)
	f.environment = environment(b, api.Listener.Addr().String())
	return f
}

// runtimeAPI is the two routes that a starting function can ask for: the next event, which never comes, and the
// report that it could not start.
func (f *floor) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, r *http.Request) {
		f.asked <- time.Now()
		<-r.Context().Done()
	})
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, r *http.Request) {
		told, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		f.complaints <- string(told)
		if err == nil {
			w.WriteHeader(http.StatusAccepted)
		}
	})
	return mux
}

// environment is what Lambda and the stack set on a function of a service with nothing but its name.
func environment(b *testing.B, runtimeAPI string) []string {
	b.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "sample-website"}]}`), policy.Range)
	if err != nil {
		b.Fatal(err)
	}
	variables, err := config.Deployed{
		Service: c.Services[0], Stage: config.Main, Cluster: "cutover",
		Base:    "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:1",
		Subnets: []string{"subnet-0123456789abcdef0"}, SecurityGroups: []string{"sg-0123456789abcdef0"},
	}.Environment()
	if err != nil {
		b.Fatal(err)
	}
	all := []string{
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI, "AWS_LAMBDA_FUNCTION_NAME=sample-website", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
	}
	maps.Copy(variables, config.GoRuntime(256))
	for name, value := range variables {
		all = append(all, name+"="+value)
	}
	return all
}

// start runs a function until it asks for its first event, and tells how long that took and its peak memory then.
func (f *floor) start(b *testing.B, function string) (time.Duration, int) {
	b.Helper()
	var said bytes.Buffer
	process := exec.Command(function)
	process.Env, process.Stdout, process.Stderr = f.environment, &said, &said
	ended := make(chan error, 1)
	began := time.Now()
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	go func() { ended <- process.Wait() }()
	defer process.Process.Kill()
	select {
	case asked := <-f.asked:
		peak := peakOf(b, process.Process.Pid)
		if err := process.Process.Kill(); err != nil {
			b.Fatal(err)
		}
		<-ended
		return asked.Sub(began), peak
	case complaint := <-f.complaints:
		b.Fatalf("%s could not start: %s", function, complaint)
	case err := <-ended:
		b.Fatalf("%s ended before it asked for an event: %v\n%s", function, err, said.String())
	case <-time.After(30 * time.Second):
		b.Fatalf("%s asked for no event within 30 s", function)
	}
	return 0, 0
}

// warm starts each function once, so that no round pays for reading the files.
func (f *floor) warm(b *testing.B, function string) {
	b.Helper()
	f.start(b, f.empty)
	f.start(b, function)
}

// peakOf is the most memory that a running process had resident, in KiB. It is read from /proc because rusage's
// Maxrss survives exec: a child would be told to have had all that this test binary has.
func peakOf(b *testing.B, pid int) int {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				b.Fatal(err)
			}
			return kib
		}
	}
	b.Fatalf("/proc/%d/status tells no VmHWM", pid)
	return 0
}

// build compiles a function for this machine with the very command of the Makefile.
func build(b testing.TB, directory string) string {
	b.Helper()
	out := filepath.Join(b.TempDir(), "bootstrap")
	command := exec.Command("sh", "-c", flags(b)+` -o "$0" "$1"`, out, directory)
	command.Env = append(os.Environ(), "GOARCH="+runtime.GOARCH)
	if said, err := command.CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", directory, err, said)
	}
	return out
}

// flags is the Makefile's FUNCTION, so that what is measured is what is deployed.
func flags(tb testing.TB) string {
	tb.Helper()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(makefile)) {
		if command, ok := strings.CutPrefix(line, "FUNCTION := "); ok {
			return strings.ReplaceAll(strings.TrimSpace(command), "$(GO)", "go")
		}
	}
	tb.Fatal("the Makefile has no FUNCTION, by which the functions are built")
	return ""
}

func TestTheFunctionsAreBuiltStaticAndWithoutTheRPCMode(t *testing.T) {
	command := flags(t)
	for _, flag := range []string{"CGO_ENABLED=0", "GOOS=linux", "-trimpath", "-tags lambda.norpc", "-s -w"} {
		if !strings.Contains(command, flag) {
			t.Errorf("%s is missing in: %s", flag, command)
		}
	}
}

func size(b *testing.B, file string) int {
	b.Helper()
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	return int(info.Size())
}

// zipped is the size of what is uploaded.
func zipped(b testing.TB, file string) int {
	b.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	entry, err := w.Create("bootstrap")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := entry.Write(content); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return archive.Len()
}

func median[T int | time.Duration](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

func ratio[T int | time.Duration](a, b T) float64 { return float64(a) / float64(b) }
