package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Answer is what came back for one request.
type Answer struct {
	// Latency from the request to the last byte.
	Latency time.Duration
	// Status is zero when no answer came.
	Status int
	// Failed answers are errors: none came, or one that was not expected.
	Failed bool
	// Type is the Content-Type.
	Type string
	// Body is kept by nobody; nil when it is not to be compared.
	Body []byte
}

// Side is what one version answered on one route, counted.
type Side struct {
	latencies       []float64 // milliseconds, of the good answers
	answers, errors int
	good            map[int]int    // good answers by status
	bad             map[string]int // errors by kind
	shapes          map[entry]int  // good answers in which the entry stands
	more            bool           // there were more entries than are kept
}

// Add counts an answer.
func (s *Side) Add(a Answer) {
	if s.good == nil {
		s.good, s.bad, s.shapes = map[int]int{}, map[string]int{}, map[entry]int{}
	}
	s.answers++
	if a.Failed {
		s.errors++
		kind := "no answer"
		if a.Status != 0 {
			kind = fmt.Sprintf("status %d", a.Status)
		}
		s.bad[kind]++
		return
	}
	s.latencies = append(s.latencies, max(float64(a.Latency)/float64(time.Millisecond), 0.001))
	s.good[a.Status]++
	for e := range shapeOf(a.Type, a.Body) {
		if _, known := s.shapes[e]; !known && len(s.shapes) == mostEntries {
			s.more = true
			continue
		}
		s.shapes[e]++
	}
}

// worst is the most frequent kind of error; empty without one.
func (s *Side) worst() string {
	worst := ""
	for _, kind := range slices.Sorted(maps.Keys(s.bad)) {
		if s.bad[kind] > s.bad[worst] {
			worst = kind
		}
	}
	return worst
}

// Summary is one side of a route in figures.
type Summary struct {
	Answers int `json:"answers"`
	Errors  int `json:"errors"`
	// Kinds of errors, and how many.
	Kinds map[string]int `json:"kinds,omitempty"`
	// Statuses of the good answers, and how many.
	Statuses map[int]int `json:"statuses,omitempty"`
	// Latencies of the good answers, in milliseconds.
	MedianMS float64 `json:"medianMs,omitempty"`
	P95MS    float64 `json:"p95Ms,omitempty"`
	P99MS    float64 `json:"p99Ms,omitempty"`
	MaxMS    float64 `json:"maxMs,omitempty"`
}

func (s *Side) summary() Summary {
	sum := Summary{Answers: s.answers, Errors: s.errors, Kinds: maps.Clone(s.bad), Statuses: maps.Clone(s.good)}
	if n := len(s.latencies); n > 0 {
		sorted := slices.Sorted(slices.Values(s.latencies))
		sum.MedianMS, sum.P95MS, sum.P99MS, sum.MaxMS = median(sorted), rank(sorted, 0.95), rank(sorted, 0.99), sorted[n-1]
	}
	return sum
}

// rank is the smallest of sorted values that a share of them does not exceed.
func rank(sorted []float64, share float64) float64 {
	return sorted[max(int(math.Ceil(share*float64(len(sorted))))-1, 0)]
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Histogram is how many of each side's good answers took how long. Bars are equally wide on a logarithmic scale; the
// last has all that took longer too.
type Histogram struct {
	FromMS float64 `json:"fromMs"`
	ToMS   float64 `json:"toMs"`
	Blue   []int   `json:"blue"`
	Green  []int   `json:"green"`
}

// bars are enough to see two humps and few enough to be drawn.
const bars = 48

func histogram(blue, green []float64) *Histogram {
	all := slices.Sorted(slices.Values(slices.Concat(blue, green)))
	from, to := all[0], rank(all, 0.995)
	if to < from*1.5 {
		middle := math.Sqrt(from * to)
		from, to = middle/1.25, middle*1.25
	}
	h := &Histogram{FromMS: from, ToMS: to, Blue: make([]int, bars), Green: make([]int, bars)}
	width := math.Log(to/from) / bars
	for _, side := range []struct {
		values []float64
		count  []int
	}{{blue, h.Blue}, {green, h.Green}} {
		for _, v := range side.values {
			i := int(math.Log(v/from) / width)
			side.count[min(max(i, 0), bars-1)]++
		}
	}
	return h
}
