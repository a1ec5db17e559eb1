package config

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Comparison holds green against blue after the checks (and the load) hold: the same requests, in random order, to the
// production listener, where blue serves, and to the test listener. How it judges: docs/verification-comparison.md.
type Comparison struct {
	// Routes are the names of the suite's checks whose requests are compared. They are made many times and on
	// production, so only GET and HEAD without captured values are taken. Default: every such check.
	Routes []string `json:"routes,omitempty"`
	// Samples is how many answers are judged of each route and listener, 50 to 5000. Default 300.
	Samples int `json:"samples,omitempty"`
	// WarmUp is how many answers of each route and listener are left out before them, at most 1000. Default 20.
	WarmUp *int `json:"warmUp,omitempty"`
	// Rate is the most requests in a second, both listeners together: production gets half of it, 1 to 1000. Default 50.
	Rate int `json:"rate,omitempty"`
	// Slower is how much slower than blue green may be on each route.
	Slower Slower `json:"slower,omitzero"`
	// Errors is the rise in the share of errors that a pass must exclude, on each route and on all together: 0.02 is two
	// of a hundred requests. A rise that is more than chance fails, however small. Default 0.02.
	Errors float64 `json:"errors,omitempty"`
	// Level is the chance that a green that answers as blue does fails all the same, all routes and tests together,
	// 0.0001 to 0.2. Default 0.01.
	Level float64 `json:"level,omitempty"`
	// Body is what of blue's JSON green must keep: "compatible" (the default) lets green add keys, "same" lets it not,
	// "ignore" looks at no body. What varies among blue's own answers is learnt and lets pass.
	Body string `json:"body,omitempty"`
	// Ignore are places in JSON bodies that may differ, with all below them, such as "items[].price".
	Ignore []string `json:"ignore,omitempty"`
	// Inconclusive is what becomes of a green when the samples cannot tell: "fail" (the default) or "pass".
	Inconclusive string `json:"inconclusive,omitempty"`
	// Observe reports the comparison and lets it decide nothing. Default false.
	Observe bool `json:"observe,omitempty"`
}

// Slower is a tolerance: green may be slower by the larger of the two.
type Slower struct {
	// Percent of blue's latency, 1 to 1000. Default 10.
	Percent float64 `json:"percent,omitempty"`
	// By is a duration, below which nobody notices, 1ms to 1m. Default 5ms.
	By Duration `json:"by,omitempty"`
}

// The choices of a Comparison.
const (
	BodyCompatible = "compatible"
	BodySame       = "same"
	BodyIgnore     = "ignore"

	InconclusiveFails  = "fail"
	InconclusivePasses = "pass"
)

// Filled is c with its defaults; a nil one has all of them.
func (c *Comparison) Filled() Comparison {
	var all Comparison
	if c != nil {
		all = *c
	}
	all.fill()
	return all
}

// Compared are the checks whose requests are compared, in the suite's order.
func (s Suite) Compared(c Comparison) []Check {
	var all []Check
	seen := map[string]bool{}
	for _, check := range s.Checks {
		named := len(c.Routes) == 0 || slices.Contains(c.Routes, check.Name)
		if named && !seen[check.Name] && check.repeatable() == "" {
			seen[check.Name] = true
			all = append(all, check)
		}
	}
	return all
}

// repeatable says why a check's request cannot be made many times and on production; empty when it can.
func (c Check) repeatable() string {
	switch {
	case c.Method != "GET" && c.Method != "HEAD":
		return "is a " + c.Method + ", which may change what production has; only GET and HEAD are compared"
	case c.Body != "" || c.Base64 != "" || c.JSON != nil || c.Form != nil || c.File != "":
		return "has a body, which may change what production has"
	}
	captures := false
	see := func(_, text string) {
		Expand(text, func(string) string { captures = true; return "" })
	}
	see("", c.Path)
	for _, all := range []map[string]string{c.Query, c.Headers, c.Cookies} {
		for _, text := range all {
			see("", text)
		}
	}
	if captures {
		return "uses captured values, which one version gave and the other does not know"
	}
	return ""
}

// Takes is the least time that the comparison of so many routes needs.
func (c Comparison) Takes(routes int) time.Duration {
	warmUp := 0
	if c.WarmUp != nil {
		warmUp = *c.WarmUp
	}
	requests := float64(routes) * 2 * float64(c.Samples+warmUp)
	return time.Duration(math.Ceil(requests/float64(max(c.Rate, 1)))) * time.Second
}

// place reports whether a text names a place in JSON: keys and [], joined by dots.
func place(text string) bool {
	for _, name := range strings.Split(text, ".") {
		if strings.TrimSuffix(name, "[]") == "" && name != "[]" {
			return false
		}
	}
	return true
}
