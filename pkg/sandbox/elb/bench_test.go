package elb

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// BenchmarkListener reports what a request through a listener costs as a ratio to the same request sent to the
// target directly, taken in turns within one run.
func BenchmarkListener(b *testing.B) {
	n := &sockets{}
	s := newStage(b, n.options)
	g := s.group("web")
	l := s.listener(80, to(g, 1))
	target := n.start("10.0.0.1", says("hello"))
	defer target.Close()
	s.register(g, "10.0.0.1")
	s.awaitHealthy(g, "10.0.0.1")

	const together = 8
	measure := func(url string) time.Duration {
		start := time.Now()
		done := make(chan error, together)
		for range together {
			go func() {
				tr := &http.Transport{}
				defer tr.CloseIdleConnections()
				c := &http.Client{Transport: tr}
				var failed error
				for range 100 {
					res, err := c.Get(url)
					if err != nil {
						failed = err
						break
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
				done <- failed
			}()
		}
		for range together {
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start)
	}
	var direct, through time.Duration
	for b.Loop() {
		direct += measure(target.URL)
		through += measure(s.elb.URL(l))
	}
	b.ReportMetric(float64(through)/float64(direct), "x-direct")
	b.ReportMetric(float64(through.Microseconds())/float64(b.N*together*100), "µs/request")
}
