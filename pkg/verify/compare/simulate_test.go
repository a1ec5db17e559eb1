package compare

import (
	"math"
	"math/rand/v2"
	"time"
)

// shapes are how latencies are spread in the simulations, in milliseconds with a median near 100.
var shapes = []struct {
	name string
	draw func(*rand.Rand) float64
}{
	{"narrow", func(r *rand.Rand) float64 { return 100 * math.Exp(0.1*r.NormFloat64()) }},
	{"usual", func(r *rand.Rand) float64 { return 100 * math.Exp(0.3*r.NormFloat64()) }},
	{"wide", func(r *rand.Rand) float64 { return 100 * math.Exp(0.6*r.NormFloat64()) }},
	{"heavy tail", func(r *rand.Rand) float64 { return 65 * math.Pow(1-r.Float64(), -1/1.6) }}, // Pareto, no variance
	{"two humps", func(r *rand.Rand) float64 { // a cache that answers two of three
		if r.IntN(3) > 0 {
			return 75 * math.Exp(0.15*r.NormFloat64())
		}
		return 300 * math.Exp(0.15*r.NormFloat64())
	}},
	{"ties", func(r *rand.Rand) float64 { return math.Round(100 * math.Exp(0.3*r.NormFloat64())) }}, // a clock of milliseconds
}

// version is a simulated service.
type version struct {
	draw   func(*rand.Rand) float64
	factor float64 // 1.1 is a tenth slower
	errors float64 // share
}

func (v version) answers(r *rand.Rand, n int) *Side {
	s := &Side{}
	for range n {
		a := Answer{Latency: time.Duration(v.factor * v.draw(r) * float64(time.Millisecond)), Status: 200}
		if v.errors > 0 && r.Float64() < v.errors {
			a.Status, a.Failed = 503, true
		}
		s.Add(a)
	}
	return s
}

// trial judges blue and green over so many routes; green is another version on the first of them.
func trial(r *rand.Rand, blue, green version, routes int, rules Rules) Result {
	var all []Route
	for i := range routes {
		one := green
		if i > 0 {
			one = blue
		}
		all = append(all, Route{Name: "route", Blue: blue.answers(r, rules.Samples), Green: one.answers(r, rules.Samples)})
	}
	return Judge(all, rules)
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// outcomes are the shares of passes, fails and inconclusive ones in so many trials from a seed.
type outcomes struct{ pass, inconclusive, fail float64 }

func simulate(seed uint64, runs int, blue, green version, routes int, rules Rules) outcomes {
	r := source(seed)
	count := map[Outcome]int{}
	for range runs {
		count[trial(r, blue, green, routes, rules).Outcome]++
	}
	n := float64(runs)
	return outcomes{float64(count[Pass]) / n, float64(count[Inconclusive]) / n, float64(count[Fail]) / n}
}

// usual are the rules of a configuration that says nothing.
func usual(samples int) Rules {
	return Rules{Level: 0.01, Samples: samples, Least: 50, SlowerPercent: 10, SlowerMS: 5, Errors: 0.02, Body: BodyCompatible}
}
