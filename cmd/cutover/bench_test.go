package main

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// BenchmarkRelease is one release after another: a push, the accepted deployment, its end; the time is that of all
// three. "x-floor" is the part from the push to the accepted deployment beside a bare loop over as many SDK calls in
// the same run: 1 would be a function that does nothing but call AWS, one call after another.
func BenchmarkRelease(b *testing.B) {
	r := enter(b, 3600, nil)
	r.hurries()
	var took, floor time.Duration
	calls, n := 0, 0
	for b.Loop() {
		b.StopTimer()
		n++
		version := fmt.Sprintf("v%d", n)
		tag := r.prepare(version)
		b.StartTimer()
		start, before := time.Now(), len(r.Trail())
		tag()
		r.until(version+" is live", liveIs(version))
		b.StopTimer()
		c, accepted := r.accepted(before)
		took, calls, floor = took+accepted.Sub(start), calls+c, floor+r.bare(c)
		b.StartTimer()
	}
	b.ReportMetric(float64(took)/float64(floor), "x-floor")
	b.ReportMetric(float64(calls)/float64(n), "calls/release")
	b.ReportMetric(took.Seconds()*1000/float64(n), "ms/accepted")
}

// prepare pushes an image without a tag, so that what is left to do is the one request that raises the event.
func (r *room) prepare(tag string) func() {
	r.t.Helper()
	img := r.site(runtime.GOARCH, "SITE_VERSION="+tag)
	digest, err := img.Digest()
	if err != nil {
		r.t.Fatal(err)
	}
	repository, err := name.NewRepository(r.Host() + "/" + r.names.Repository)
	if err != nil {
		r.t.Fatal(err)
	}
	auth := remote.WithAuth(&authn.Basic{Username: "AWS", Password: r.password()})
	if err := remote.Write(repository.Digest(digest.String()), img, auth); err != nil {
		r.t.Fatal(err)
	}
	return func() {
		if err := remote.Tag(repository.Tag(tag), img, auth); err != nil {
			r.t.Fatal(err)
		}
	}
}

// accepted is when the release function's deployment was accepted, and how many calls it made until then.
func (r *room) accepted(before int) (calls int, at time.Time) {
	r.t.Helper()
	for _, e := range r.Trail()[before:] {
		if !strings.HasSuffix(e.Caller.ARN, "/"+r.names.ReleaseFunction) {
			continue
		}
		if calls++; e.Action == "CreateDeployment" && e.Error == "" {
			return calls, e.Time
		}
	}
	r.t.Fatal("the release function's calls hold no accepted deployment")
	return 0, time.Time{}
}

// bare is how long as many calls take, one after another, with a client that is warm: the mean of ten such loops.
func (r *room) bare(calls int) time.Duration {
	r.t.Helper()
	client := ecs.NewFromConfig(r.aws)
	const loops = 10
	start := time.Now()
	for i := range (loops + 1) * calls {
		if i == calls {
			start = time.Now() // the first loop has warmed it
		}
		if _, err := client.DescribeServices(r.t.Context(), &ecs.DescribeServicesInput{Cluster: &r.names.Cluster, Services: []string{r.names.Service}}); err != nil {
			r.t.Fatal(err)
		}
	}
	return time.Since(start) / loops
}
