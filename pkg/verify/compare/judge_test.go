package compare

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// site answers the i-th request with a status and a body.
type site func(r *rand.Rand, i int) (status int, body string)

// side is what a site answers in n requests; a status from 400 is an error.
func side(seed uint64, n int, ms float64, answer site) *Side {
	r, s := source(seed), &Side{}
	for i := range n {
		status, body := answer(r, i)
		s.Add(Answer{
			Latency: time.Duration(ms * (1 + 0.02*r.NormFloat64()) * float64(time.Millisecond)), Status: status, Failed: status >= 400 || status == 0,
			Type: "application/json; charset=utf-8", Body: []byte(body),
		})
	}
	return s
}

// always answers with the same.
func always(status int, body string) site {
	return func(*rand.Rand, int) (int, string) { return status, body }
}

// noisy is an honest service: a timestamp, a key that is there now and then, a list of any length, a value that may be
// null, keys that are data.
func noisy(r *rand.Rand, i int) (int, string) {
	extra, list, note := "", []string{}, `"note"`
	if r.IntN(3) == 0 {
		extra = `"promotion": {"until": "soon"}, `
	}
	for j := range r.IntN(4) {
		list = append(list, fmt.Sprintf(`{"sku": "s%d", "n": %d}`, j, r.IntN(9)))
	}
	if r.IntN(5) == 0 {
		note = "null"
	}
	return 200, fmt.Sprintf(`{%s"at": "2026-11-29T02:%02d:00Z", "items": [%s], "note": %s, "by": {"u%d": 1}}`, extra, i%60, strings.Join(list, ","), note, r.IntN(1000))
}

func judged(t *testing.T, blue, green site, change func(*Rules)) RouteResult {
	t.Helper()
	rules := usual(300)
	if change != nil {
		change(&rules)
	}
	r := Judge([]Route{{Name: "items", Blue: side(1, 300, 40, blue), Green: side(2, 300, 40, green)}}, rules)
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if r.Outcome != r.Routes[0].Outcome || (r.Outcome == Pass) != (len(r.Reasons) == 0) {
		t.Errorf("the whole is %s for %q, the route %s", r.Outcome, r.Reasons, r.Routes[0].Outcome)
	}
	return r.Routes[0]
}

func (r RouteResult) told(of string) string {
	for _, t := range r.Tests {
		if t.Of == of {
			return string(t.Outcome) + ": " + t.Reason
		}
	}
	return ""
}

func TestWhatABodyMayDo(t *testing.T) {
	replaced := func(old, new string) site {
		return func(r *rand.Rand, i int) (int, string) {
			status, body := noisy(r, i)
			return status, strings.ReplaceAll(body, old, new)
		}
	}
	every := func(n int, one site) site {
		return func(r *rand.Rand, i int) (int, string) {
			if i%n == 0 {
				return one(r, i)
			}
			return noisy(r, i)
		}
	}
	same := func(r *Rules) { r.Body = BodySame }
	for name, c := range map[string]struct {
		green   site
		rules   func(*Rules)
		outcome Outcome
		told    string
	}{
		"the same noise":                       {noisy, nil, Pass, "have the structure of blue's"},
		"the same noise, strictly":             {noisy, same, Pass, "have the structure of blue's"},
		"a key is gone":                        {replaced(`"at"`, `"time"`), nil, Fail, "at is text in 300 of 300 of blue's answers and 0 of 300 of green's"},
		"a key in a list is gone":              {replaced(`"sku"`, `"id"`), nil, Fail, "items[].sku is text in"},
		"a key that is ignored is gone":        {replaced(`"sku"`, `"id"`), func(r *Rules) { r.Ignore = []string{"items[].sku"} }, Pass, ""},
		"all of a list is ignored":             {replaced(`"sku"`, `"id"`), func(r *Rules) { r.Ignore = []string{"items"} }, Pass, ""},
		"a key is new":                         {replaced(`"at"`, `"new": 1, "at"`), nil, Pass, ""},
		"a key is new, strictly":               {replaced(`"at"`, `"new": 1, "at"`), same, Fail, "new is a number in 0 of 300 of blue's answers and 300 of 300 of green's"},
		"another kind":                         {replaced(`: "note"`, `: 7`), nil, Fail, "note is text in"},
		"what it is instead":                   {replaced(`: "2026`, `: 2026, "x": "`), nil, Fail, "at is text in 300 of 300 of blue's answers and 0 of 300 of green's, where it is a number in 300"},
		"the optional key never comes":         {replaced(`"promotion"`, `"offer"`), nil, Fail, "promotion is an object in"},
		"a key is missing in a tenth":          {every(10, always(200, `{"items": []}`)), nil, Fail, "of blue's answers and 2"},
		"a key is missing once":                {every(300, always(200, `{"items": []}`)), nil, Pass, ""},
		"no JSON":                              {always(200, "<html>"), nil, Fail, "the body is an object in 300 of 300 of blue's answers and 0 of 300 of green's, where it is broken JSON in 300"},
		"no body":                              {always(200, ""), nil, Fail, "where it is empty in 300"},
		"a list":                               {always(200, `[{"at": "x"}]`), nil, Fail, "where it is a list in 300"},
		"anything, when nobody looks":          {always(200, ""), func(r *Rules) { r.Body = BodyIgnored }, Pass, ""},
		"deeper than anybody looks, and wider": {replaced(`"at"`, strings.Repeat(`"x": {`, 99)+strings.Repeat(`}`, 99)+`, "at"`), nil, Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := judged(t, noisy, c.green, c.rules)
			if got := r.told("body"); r.Outcome != c.outcome || !strings.Contains(got, c.told) {
				t.Errorf("%s: %q", r.Outcome, got)
			}
		})
	}
	if r := judged(t, noisy, replaced(`"at"`, `"new": {"deep": 1}, "at"`), nil); len(r.Added) != 1 || r.Added[0] != "new" {
		t.Errorf("added are %q", r.Added)
	}
}

func TestErrorsAndStatuses(t *testing.T) {
	after := func(n int, status int, otherwise site) site {
		return func(r *rand.Rand, i int) (int, string) {
			if i < n {
				return status, "{}"
			}
			return otherwise(r, i)
		}
	}
	ok := always(200, "{}")
	for name, c := range map[string]struct {
		blue, green site
		outcome     Outcome
		of, told    string
	}{
		"none err":                         {ok, ok, Pass, "errors", "0 of 300 of green's answers and 0 of 300 of blue's"},
		"green errs a little":              {ok, after(2, 503, ok), Pass, "errors", "2 of 300"},
		"green may err too often":          {ok, after(4, 503, ok), Inconclusive, "errors", "green may err more often than tolerated: in 4 of 300 of green's answers and 0 of 300 of blue's, a rise of"},
		"green errs":                       {ok, after(12, 503, ok), Fail, "errors", "green errs more often: in 12 of 300 of green's answers and 0 of 300 of blue's, a rise of 2.3% to 6.3% (most: status 503)"},
		"green does not answer":            {ok, after(300, 0, ok), Fail, "errors", "(most: no answer)"},
		"both err":                         {after(30, 503, ok), after(30, 503, ok), Inconclusive, "errors", "; about 5000 samples would tell"},
		"green mends":                      {after(60, 503, ok), ok, Pass, "errors", ""},
		"blue does not have it":            {always(404, ""), ok, Skipped, "errors", "blue answers 300 of 300 requests with an error (status 404), so there is nothing to compare with"},
		"another status":                   {ok, always(204, ""), Fail, "status", "green answers 200 in 0 of 300 good answers, blue in 300 of 300"},
		"another status now and then":      {ok, after(15, 302, ok), Fail, "status", "of 300"},
		"another status once":              {ok, after(1, 302, ok), Pass, "status", "have blue's statuses"},
		"statuses that change on one side": {after(100, 302, ok), after(110, 302, ok), Pass, "status", "have blue's statuses"},
	} {
		t.Run(name, func(t *testing.T) {
			rules := usual(300)
			rules.Body = BodyIgnored
			r := Judge([]Route{{"a", side(1, 300, 40, c.blue), side(2, 300, 40, c.green)}, {"b", side(3, 300, 40, ok), side(4, 300, 40, ok)}}, rules)
			one := r.Routes[0]
			if got := one.told(c.of); one.Outcome != c.outcome || !strings.Contains(got, c.told) {
				t.Errorf("%s: %q", one.Outcome, got)
			}
			if r.Routes[1].Outcome != Pass {
				t.Errorf("the other route is %s", r.Routes[1].Outcome)
			}
			want := c.outcome
			if want == Skipped {
				want = Pass
			}
			if r.Outcome != want {
				t.Errorf("the whole is %s: %q", r.Outcome, r.Reasons)
			}
		})
	}
}

func TestErrorsThatNoRouteShowsAloneShowTogether(t *testing.T) {
	var routes []Route
	for i := range 10 {
		green := func(_ *rand.Rand, j int) (int, string) { return 200 + 303*btoi(j < 2), "" }
		routes = append(routes, Route{fmt.Sprint(i), side(uint64(i), 300, 40, always(200, "")), side(uint64(100+i), 300, 40, green)})
	}
	r := Judge(routes, usual(300))
	if r.Outcome != Fail || r.Together.Outcome != Fail || len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], "all routes together: green errs more often: in 20 of 3000") {
		t.Errorf("%s: %q", r.Outcome, r.Reasons)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLatencyIsHeldAgainstTheLargerTolerance(t *testing.T) {
	ok := always(200, "{}")
	for name, c := range map[string]struct {
		blue, green float64
		outcome     Outcome
		told        string
	}{
		"a fast route may be 5 ms slower":          {4, 8, Pass, "green is not slower than tolerated: by 4.0 ms (4.0 ms to 4.0 ms) at blue's median of 4.0 ms"},
		"a fast route may be no more":              {4, 10, Fail, "green is slower: by 6.0 ms"},
		"a slow route may be a tenth slower":       {200, 212, Pass, "by 6.1% (5.8% to 6.3%) at blue's median of 199.9 ms, tolerated 10.0%"},
		"a slow route may be no more":              {200, 230, Fail, "by 15.1%"},
		"faster is no harm":                        {200, 100, Pass, "by -50.0%"},
		"twelve milliseconds on forty are refused": {40, 52, Fail, "by 12.0 ms"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Judge([]Route{{"a", side(1, 300, c.blue, ok), side(2, 300, c.green, ok)}}, usual(300))
			if got := r.Routes[0].told("latency"); r.Outcome != c.outcome || !strings.Contains(got, c.told) {
				t.Errorf("%s: %q", r.Outcome, got)
			}
		})
	}
	l := judged(t, ok, ok, nil)
	if l.Latency.Superiority.Low > 0.5 || l.Latency.Superiority.High < 0.5 || l.Histogram == nil {
		t.Errorf("got %+v", l.Latency)
	}
}

func TestTooLittleIsInconclusiveAndNeverAPass(t *testing.T) {
	ok := always(200, "{}")
	for name, c := range map[string]struct {
		blue, green *Side
		outcome     Outcome
		told        string
	}{
		"time ended":                    {side(1, 120, 40, ok), side(2, 119, 40, ok), Inconclusive, "a: time ended after 119 of 300 samples"},
		"time ended, and it is slower":  {side(1, 120, 40, ok), side(2, 120, 80, ok), Fail, "a: green is slower"},
		"time ended at once":            {&Side{}, &Side{}, Inconclusive, "0 good answers of blue and 0 of green are too few"},
		"too few, and nothing but slow": {side(1, 10, 40, ok), side(2, 10, 4000, ok), Inconclusive, "a: time ended after 10 of 300"},
		"green never came":              {side(1, 300, 40, ok), &Side{}, Inconclusive, "time ended after 0"},
		"blue answers nothing rightly":  {side(1, 300, 40, always(500, "")), side(2, 300, 40, ok), Inconclusive, "no route could be compared"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Judge([]Route{{"a", c.blue, c.green}}, usual(300))
			if r.Outcome != c.outcome || !strings.Contains(strings.Join(r.Reasons, "\n"), c.told) {
				t.Errorf("%s: %q", r.Outcome, r.Reasons)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
		})
	}
	if r := Judge(nil, usual(300)); r.Outcome != Inconclusive {
		t.Errorf("nothing is %s", r.Outcome)
	}
}

func TestAHistogramCountsEveryAnswer(t *testing.T) {
	for _, c := range [][2][]float64{{{1, 2, 3}, {4, 5, 6000}}, {{7, 7, 7}, {7, 7, 7}}, {{0.001}, {60_000}}} {
		h := histogram(c[0], c[1])
		blue, green := 0, 0
		for i := range h.Blue {
			blue, green = blue+h.Blue[i], green+h.Green[i]
		}
		if blue != len(c[0]) || green != len(c[1]) || h.FromMS >= h.ToMS {
			t.Errorf("%v makes %+v", c, h)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	var routes []Route
	for i := range 10 {
		routes = append(routes, Route{fmt.Sprint(i), side(uint64(i), 300, 40, noisy), side(uint64(50+i), 300, 40, noisy)})
	}
	b.ReportAllocs()
	for b.Loop() {
		Judge(routes, usual(300))
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/10/float64(time.Millisecond), "ms/route")
}
