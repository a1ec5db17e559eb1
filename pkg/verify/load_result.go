package verify

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// LoadResult is what a load found after its warm-up. Latencies are milliseconds from the time at which a request was
// due, whether or not it could leave then, to the last byte of its answer or to its failure.
type LoadResult struct {
	// Rate is how many requests a second were asked for, and Kept how many did leave.
	Rate        int     `json:"rate"`
	Kept        float64 `json:"kept"`
	Seconds     float64 `json:"seconds"`
	Connections int     `json:"connections"` // at most
	Requests    int     `json:"requests"`
	Errors      int     `json:"errors"`
	// Others are the answers in which another version showed. They are counted here and nowhere else.
	Others int `json:"others,omitempty"`
	// Busy are the requests that found no connection free when they were due.
	Busy   int     `json:"busy"`
	P50MS  float64 `json:"p50Ms"`
	P95MS  float64 `json:"p95Ms"`
	P99MS  float64 `json:"p99Ms"`
	MaxMS  float64 `json:"maxMs"`
	MeanMS float64 `json:"meanMs"`
	// LateMS is how late the generator sent, at the 99th percentile, though a connection was free.
	LateMS float64 `json:"lateMs"`
	// Problems are the limits that do not hold.
	Problems []string `json:"problems,omitempty"`
	// Faults are the most frequent problems of single requests, at most ten.
	Faults []Fault `json:"faults,omitempty"`
	Routes []Route `json:"routes,omitempty"`
	// Bars are the distribution of the latencies, Moments their course; at most 40 and 60.
	Bars    []Bar    `json:"bars,omitempty"`
	Moments []Moment `json:"moments,omitempty"`
}

// Fault is one problem and how often it was met.
type Fault struct {
	Problem string `json:"problem"`
	Count   int    `json:"count"`
}

// Route is one of the requests of a load.
type Route struct {
	Name     string  `json:"name"`
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	P50MS    float64 `json:"p50Ms"`
	P95MS    float64 `json:"p95Ms"`
	P99MS    float64 `json:"p99Ms"`
	MaxMS    float64 `json:"maxMs"`
}

// Bar counts the latencies up to a bound, above the bound of the bar before.
type Bar struct {
	UpToMS float64 `json:"upToMs"`
	Count  int64   `json:"count"`
}

// Moment is what was due in a piece of the measured time that begins At, in seconds.
type Moment struct {
	At       float64 `json:"at"`
	Requests int     `json:"requests"`
	Errors   int     `json:"errors,omitempty"`
	MeanMS   float64 `json:"meanMs"`
	MaxMS    float64 `json:"maxMs"`
}

// Holds reports whether every limit does.
func (r *LoadResult) Holds() bool { return len(r.Problems) == 0 }

// result is what was counted.
func (f *figures) result(m *mask) *LoadResult {
	whole := histogram()
	r := &LoadResult{
		Rate: f.load.Rate, Seconds: f.schedule.length.Seconds(), Connections: f.load.Connections,
		Errors: f.failed, Others: f.others, Busy: f.busy, Kept: float64(f.kept) / f.schedule.length.Seconds(), Moments: f.moments, Faults: f.told(m),
	}
	for i, h := range f.latencies {
		whole.Merge(h)
		r.Routes = append(r.Routes, Route{
			Name: f.names[i], Requests: int(h.TotalCount()), Errors: f.errors[i],
			P50MS: at(h, 50), P95MS: at(h, 95), P99MS: at(h, 99), MaxMS: inMS(h.Max()),
		})
	}
	r.Requests = int(whole.TotalCount())
	r.P50MS, r.P95MS, r.P99MS, r.MaxMS = at(whole, 50), at(whole, 95), at(whole, 99), inMS(whole.Max())
	if r.Requests > 0 {
		r.MeanMS = inMS(int64(whole.Mean()))
	}
	r.LateMS, r.Bars = at(f.lateness, 99), bars(whole)
	r.Problems = f.problems(r)
	return r
}

func at(h *hdrhistogram.Histogram, percent float64) float64 {
	return inMS(h.ValueAtQuantile(percent))
}

func inMS(microseconds int64) float64 { return float64(microseconds) / 1000 }

// mostBars is how finely a distribution is told.
const mostBars = 40

// bars tells a distribution in bounds that grow evenly by a factor, because latencies do.
func bars(h *hdrhistogram.Histogram) []Bar {
	if h.TotalCount() == 0 {
		return nil
	}
	least, most := math.Max(float64(h.Min()), 1), math.Max(float64(h.Max()), 2)
	step := math.Pow(most/least*1.001, 1.0/mostBars)
	all := make([]Bar, mostBars)
	for i := range all {
		all[i].UpToMS = inMS(int64(math.Ceil(least * math.Pow(step, float64(i+1)))))
	}
	i := 0
	for _, one := range h.Distribution() {
		for i < mostBars-1 && inMS(one.To) > all[i].UpToMS {
			i++
		}
		all[i].Count += one.Count
	}
	return all
}
