package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Latencies are counted in microseconds up to 20 minutes, which is longer than a function lives, with three digits.
// The library adds 0.1 MB to the function and nothing to its start; a histogram has 180 KB.
const (
	finest  = int64(time.Microsecond)
	longest = int64(20 * time.Minute)
	digits  = 3
)

// mostMoments and mostFaults bound a result.
const (
	mostMoments = 60
	mostFaults  = 10
)

// outcome is what came of one request of a load; all times count from its start.
type outcome struct {
	shot    int
	due     time.Duration
	sent    time.Duration // negative: never
	latency time.Duration // from due
	busy    bool          // no connection was free when it was due
	problem string        // empty: it was as expected
	other   string        // the version that answered when it is not the one under judgement
}

// figures are what is counted of a load after its warm-up.
type figures struct {
	load      config.LoadTest
	schedule  schedule
	names     []string
	latencies []*hdrhistogram.Histogram // by shot
	lateness  *hdrhistogram.Histogram   // of the generator itself
	errors    []int                     // by shot
	failed    int
	busy      int
	kept      int // left within the measured time
	others    int // were answered by another version, and are counted nowhere else
	other     string
	version   string // under judgement
	notMade   int    // were not due or not answered when the suite's time was over
	faults    map[string]int
	moments   []Moment
	width     time.Duration
}

func newFigures(l config.LoadTest, shots []shot, s schedule) *figures {
	const finestWidth = 100 * time.Millisecond
	width := finestWidth
	for s.length > mostMoments*width {
		width += finestWidth
	}
	f := &figures{
		load: l, schedule: s, width: width, faults: map[string]int{}, errors: make([]int, len(shots)),
		lateness: histogram(), moments: make([]Moment, (s.length+width-1)/width),
	}
	for _, one := range shots {
		f.names = append(f.names, one.name)
		f.latencies = append(f.latencies, histogram())
	}
	for i := range f.moments {
		f.moments[i].At = (time.Duration(i) * width).Seconds()
	}
	return f
}

func histogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest/finest, digits)
}

// add counts an outcome, unless it was due before the measurement began.
func (f *figures) add(o outcome) {
	at := o.due - f.schedule.measured()
	if at < 0 {
		return
	}
	if o.other != "" {
		f.others, f.other = f.others+1, o.other
		return
	}
	record(f.latencies[o.shot], o.latency)
	m := &f.moments[min(int(at/f.width), len(f.moments)-1)]
	m.Requests++
	ms := milliseconds(o.latency)
	m.MaxMS, m.MeanMS = max(m.MaxMS, ms), m.MeanMS+(ms-m.MeanMS)/float64(m.Requests)
	if o.problem != "" {
		f.failed++
		m.Errors++
		f.errors[o.shot]++
		// The first few are told; how many more kinds there are is not worth the memory.
		if _, known := f.faults[o.problem]; known || len(f.faults) < 10*mostFaults {
			f.faults[o.problem]++
		}
	}
	switch {
	case o.busy:
		f.busy++
	default:
		record(f.lateness, o.sent-o.due)
	}
	if o.sent >= 0 && o.sent < f.schedule.measured()+f.schedule.length {
		f.kept++
	}
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	// Out of range is the only error there is, and both ends are cut.
	_ = h.RecordValue(min(max(int64(d), 0), longest-finest) / finest)
}

// lost reports whether more requests failed than may of all.
func (f *figures) lost() bool {
	all := f.schedule.rate * f.schedule.length.Seconds()
	return float64(f.failed) > f.load.Limits.Errors*all
}

// told are the most frequent problems.
func (f *figures) told(m *mask) []Fault {
	var all []Fault
	for problem, n := range f.faults {
		all = append(all, Fault{m.sentence(problem), n})
	}
	slices.SortFunc(all, func(a, b Fault) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Problem, b.Problem)
	})
	return all[:min(len(all), mostFaults)]
}

// problems are the limits that do not hold.
func (f *figures) problems(r *LoadResult) []string {
	var all []string
	l := f.load.Limits
	if of := r.Requests + r.Others; float64(r.Others) > mostOthers*float64(of) {
		all = append(all, fmt.Sprintf("%d of %d answers were another version's (one shows %q, and %q is under deployment), allowed is a share of %v, or the figures are not of one version: see what else the listener shows, or let the suite settle longer",
			r.Others, of, f.other, f.version, mostOthers))
	}
	if r.Requests > 0 && float64(r.Errors) > l.Errors*float64(r.Requests) || f.lost() {
		why := ""
		if len(r.Faults) > 0 {
			why = fmt.Sprintf("; most often (%d times): %s", r.Faults[0].Count, r.Faults[0].Problem)
		}
		all = append(all, fmt.Sprintf("%d of %d requests failed, allowed is a share of %v%s", r.Errors, r.Requests, l.Errors, why))
	}
	if f.notMade > 0 {
		all = append(all, fmt.Sprintf("it was cut short before %d of its requests were made", f.notMade))
	}
	for _, one := range []struct {
		name  string
		got   float64
		limit config.Duration
	}{{"p50", r.P50MS, l.P50}, {"p95", r.P95MS, l.P95}, {"p99", r.P99MS, l.P99}, {"the slowest", r.MaxMS, l.Max}} {
		if one.limit > 0 && one.got > milliseconds(one.limit.Std()) {
			all = append(all, fmt.Sprintf("%s is %.1f ms, allowed are %.1f ms", one.name, one.got, milliseconds(one.limit.Std())))
		}
	}
	if len(all) > 0 && r.LateMS > mostLate {
		all[0] += fmt.Sprintf("; the generator itself was late by %.0f ms (p99), so not all of this is green's: lower the rate", r.LateMS)
	}
	return all
}

// mostOthers is the share of answers from another version above which a load says nothing of this one: what a node of the
// load balancer that hears late of a listener's change may still get, and no more.
const mostOthers = 0.01

// mostLate is how late, in milliseconds, a generator may be before it is told that it was.
const mostLate = 20
