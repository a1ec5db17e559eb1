package verify

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// BenchmarkLoad is what one request of a load costs, all judged, beside bare requests on as many connections. Every
// request is due at once, so that b.N of them take as long as they must.
func BenchmarkLoad(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "Sample Website") }))
	b.Cleanup(s.Close)
	suite := suiteOf(b, `{"checks": [{"expect": {"status": 200, "contains": "Sample"}}], "load": {"rate": 1000, "duration": "1s", "connections": 8}}`)
	shots, err := newRunner(NewClient(), s.URL, suite).shots()
	if err != nil {
		b.Fatal(err)
	}
	g := &generator{schedule: schedule{rate: float64(b.N) * 1e9, length: time.Nanosecond}, shots: shots, start: time.Now(), cancel: func() {}}
	g.figure = newFigures(config.LoadTest{Rate: b.N, Limits: config.Limits{Errors: 1}}, shots, g.schedule)
	b.ReportAllocs()
	b.ResetTimer()
	together(8, func() { g.work(b.Context(), b.Context()) })
	b.StopTimer()
	ours := b.Elapsed()
	if g.figure.failed > 0 || g.figure.latencies[0].TotalCount() != int64(b.N) {
		b.Fatalf("%d of %d requests failed: %v", g.figure.failed, b.N, g.figure.faults)
	}
	bare, start := keepingAlive(NewClient(), 8), time.Now()
	work := make(chan struct{}, b.N)
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	together(8, func() {
		for range work {
			bareRequest(b.Context(), bare, s.URL)
		}
	})
	b.ReportMetric(float64(b.N)/ours.Seconds(), "requests/s")
	b.ReportMetric(float64(ours)/float64(time.Since(start)), "x_bare_requests")
}

// BenchmarkSuite is what one check costs, on a connection of its own, beside a bare request on one of its own.
func BenchmarkSuite(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"db": "up", "name": "Sample"}`) }))
	b.Cleanup(s.Close)
	suite := suiteOf(b, `{"checks": [{"expect": {"status": 200, "contains": "Sample", "json": {"db": "up"}}}]}`)
	client := NewClient()
	b.ReportAllocs()
	for b.Loop() {
		if all := Run(b.Context(), client, s.URL, suite); !all[0].Holds() {
			b.Fatal(all[0].Problems)
		}
	}
	ours := b.Elapsed()
	start := time.Now()
	for range b.N {
		bareRequest(b.Context(), client, s.URL)
	}
	b.ReportMetric(float64(b.N)/ours.Seconds(), "requests/s")
	b.ReportMetric(float64(ours)/float64(time.Since(start)), "x_bare_requests")
}

func bareRequest(ctx context.Context, client *http.Client, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func together(n int, f func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(f)
	}
	all.Wait()
}
