// Package compare judges a new version (green) by the one that serves (blue): answers in, verdict with reasons out. It
// makes no request, knows no clock and does not know who called it.
//
// Of each route it holds four things of green against blue: latency (Mann-Whitney U at a tolerance, with the
// Hodges-Lehmann shift and its interval), the share of errors (Fisher's exact test, Newcombe's interval), the statuses
// and the shape of the bodies (Fisher's exact test against how much blue varies by itself). Failing takes evidence that
// green is worse, at a level that holds for all routes and tests together (Holm); passing takes evidence that green is
// not worse than tolerated; what shows neither is inconclusive. docs/verification-comparison.md has the reasons and
// sources.
package compare

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome of a comparison, a route or a test.
type Outcome string

// The outcomes. Skipped is a route that cannot be compared because blue does not answer it.
const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"
	Inconclusive Outcome = "inconclusive"
	Skipped      Outcome = "skipped"
)

// Rules are what green may do, and how sure the judgement has to be.
type Rules struct {
	// Level is the chance that a green equal to blue fails, all tests of all routes together.
	Level float64
	// Samples are the answers that were planned of each route and side. With fewer, nothing passes.
	Samples int
	// Least is how many good answers of each side latency, statuses and bodies need; never below 8.
	Least int
	// SlowerPercent and SlowerMS are the tolerance for latency: the larger of a part of blue's median and a time.
	SlowerPercent, SlowerMS float64
	// Errors is the rise of the share of errors that a pass has to exclude.
	Errors float64
	// Body is how bodies are compared.
	Body Body
	// Ignore are places in JSON that may differ, with all below them.
	Ignore []string
}

// Confidence is that of each bound on its own: a version as bad as what is just not tolerated passes a test at most
// once in twenty times. Both bounds together are a 90% interval.
const Confidence = 0.95

// Route is what both sides answered to the same requests.
type Route struct {
	Name        string
	Blue, Green *Side
}

// Result is a judgement.
type Result struct {
	Outcome Outcome `json:"outcome"`
	// Reasons are sentences, the worst first; none when everything passes.
	Reasons []string `json:"reasons,omitempty"`
	// Tests is how many tests could fail; the level holds for all of them together.
	Tests  int           `json:"tests"`
	Routes []RouteResult `json:"routes"`
	// Together are the errors of all routes; missing with one.
	Together *Test `json:"together,omitempty"`
}

// RouteResult is the judgement of one route.
type RouteResult struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Tests   []Test  `json:"tests"`
	Blue    Summary `json:"blue"`
	Green   Summary `json:"green"`
	// Latency is missing when there are too few good answers.
	Latency *Latency `json:"latency,omitempty"`
	// Added are places in JSON that all of green's answers have and none of blue's.
	Added []string `json:"added,omitempty"`
	// Histogram is missing as Latency is.
	Histogram *Histogram `json:"histogram,omitempty"`
}

// Test is one question about a route and its answer.
type Test struct {
	Of      string  `json:"of"` // latency, errors, status, body, samples
	Outcome Outcome `json:"outcome"`
	// P is the chance of such answers when green is no worse than tolerated; Adjusted, for the number of tests.
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`
	// Reason is a sentence: what was seen.
	Reason string `json:"reason"`

	// idle tests cannot fail whatever green does with the same answers in all, so that they need no correction.
	idle bool
	// otherwise is the outcome when the test does not fail.
	otherwise Outcome
	// worse and fine are the reasons for failing and for what is otherwise.
	worse, fine string
}

// Judge holds every route's green against its blue.
func Judge(routes []Route, rules Rules) Result {
	rules.Least = max(rules.Least, 8)
	var r Result
	var blue, green tally
	for _, route := range routes {
		one := judgeRoute(route, rules)
		if one.Outcome != Skipped {
			blue, green = blue.and(route.Blue), green.and(route.Green)
		}
		r.Routes = append(r.Routes, one)
	}
	if len(routes) > 1 && blue.answers > 0 && green.answers > 0 {
		t := errorTest(blue, green, rules)
		r.Together = &t
	}
	family := r.family()
	r.Tests = adjust(family)
	for _, t := range r.all() {
		t.conclude(rules.Level)
	}
	r.conclude()
	return r
}

func judgeRoute(route Route, rules Rules) RouteResult {
	b, g := route.Blue, route.Green
	r := RouteResult{Name: route.Name, Tests: []Test{}, Blue: b.summary(), Green: g.summary()}
	if b.answers > 0 && 2*b.errors > b.answers {
		r.Outcome = Skipped
		r.Tests = append(r.Tests, Test{Of: "errors", P: 1, Adjusted: 1, idle: true, otherwise: Skipped,
			fine: fmt.Sprintf("blue answers %d of %d requests with an error (%s), so there is nothing to compare with", b.errors, b.answers, b.worst())})
		return r
	}
	if least := min(b.answers, g.answers); least < rules.Samples {
		r.Tests = append(r.Tests, Test{Of: "samples", P: 1, Adjusted: 1, idle: true, otherwise: Inconclusive,
			fine: fmt.Sprintf("time ended after %d of %d samples", least, rules.Samples)})
	}
	if b.answers > 0 && g.answers > 0 {
		r.Tests = append(r.Tests, errorTest(tally{b.answers, b.errors, b.worst()}, tally{g.answers, g.errors, g.worst()}, rules))
	}
	if good := min(len(b.latencies), len(g.latencies)); good < rules.Least {
		r.Tests = append(r.Tests, Test{Of: "latency", P: 1, Adjusted: 1, idle: true, otherwise: Inconclusive,
			fine: fmt.Sprintf("%d good answers of blue and %d of green are too few to compare; at least %d are needed", len(b.latencies), len(g.latencies), rules.Least)})
		return r
	}
	latency, t := latencyTest(b.latencies, g.latencies, rules)
	r.Latency, r.Histogram = &latency, histogram(b.latencies, g.latencies)
	r.Tests = append(r.Tests, t, statusTest(b, g))
	if rules.Body != BodyIgnored {
		t, r.Added = bodyTest(b, g, rules)
		r.Tests = append(r.Tests, t)
	}
	return r
}

// all are the tests of a result.
func (r *Result) all() []*Test {
	var all []*Test
	for i := range r.Routes {
		for j := range r.Routes[i].Tests {
			all = append(all, &r.Routes[i].Tests[j])
		}
	}
	if r.Together != nil {
		all = append(all, r.Together)
	}
	return all
}

// family are the tests among which chance has its tries.
func (r *Result) family() []*Test {
	var family []*Test
	for _, t := range r.all() {
		if !t.idle {
			family = append(family, t)
		}
	}
	return family
}

func (t *Test) conclude(level float64) {
	t.Outcome, t.Reason = t.otherwise, t.fine
	if t.idle {
		t.P, t.Adjusted = 1, 1
	}
	if !t.idle && t.Adjusted < level {
		t.Outcome, t.Reason = Fail, t.worse
	}
}

// conclude makes the outcome of each route from its tests, and the whole one from the routes.
func (r *Result) conclude() {
	reasons := map[Outcome][]string{}
	tell := func(t Test, where string) {
		if t.Outcome != Pass {
			reasons[t.Outcome] = append(reasons[t.Outcome], where+": "+t.Reason)
		}
	}
	judged := 0
	for i := range r.Routes {
		one := &r.Routes[i]
		if one.Outcome != Skipped {
			one.Outcome = Pass
			judged++
		}
		for _, t := range one.Tests {
			one.Outcome = worse(one.Outcome, t.Outcome)
			tell(t, one.Name)
		}
	}
	if r.Together != nil {
		tell(*r.Together, "all routes together")
	}
	if judged == 0 {
		reasons[Inconclusive] = append(reasons[Inconclusive], "no route could be compared")
	}
	r.Outcome = Pass
	for _, outcome := range []Outcome{Fail, Inconclusive, Skipped} {
		if len(reasons[outcome]) > 0 && r.Outcome == Pass && outcome != Skipped {
			r.Outcome = outcome
		}
		r.Reasons = append(r.Reasons, reasons[outcome]...)
	}
}

// worse is the graver of two outcomes.
func worse(a, b Outcome) Outcome {
	for _, o := range []Outcome{Skipped, Fail, Inconclusive} {
		if a == o || b == o {
			return o
		}
	}
	return Pass
}

// Brief is r without what only a drawing needs and without the tests that pass: short enough for a log.
func (r Result) Brief() Result {
	routes := make([]RouteResult, len(r.Routes))
	for i, one := range r.Routes {
		one.Histogram, one.Tests = nil, slices.DeleteFunc(slices.Clone(one.Tests), func(t Test) bool { return t.Outcome == Pass })
		routes[i] = one
	}
	r.Routes = routes
	return r
}

// listed joins what is told, not more than a few.
func listed(all []string) string {
	const few = 3
	if len(all) <= few {
		return strings.Join(all, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(all[:few], "; "), len(all)-few)
}
