package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The limits of a comparison.
const (
	// LeastSamples is what the statistics need of each route and listener. Kayenta asks for as many
	// (https://spinnaker.io/docs/guides/user/canary/best-practices/).
	LeastSamples = 50
	// MostSamples bounds what the function keeps.
	MostSamples = 5000
	// MostCompareRate is what one function can send and measure without being what it measures.
	MostCompareRate = 1000
)

// CheckComparison says all that keeps a complete suite from being compared, by its own rules or, when it has none, by
// the defaults. Its error is Findings.
func (s Suite) CheckComparison() error {
	rules := s.Compare.Filled()
	s.Compare = &rules
	var f Findings
	s.checkCompare("verify.compare", &f)
	if len(f) > 0 {
		return f
	}
	return nil
}

// checkCompare holds the comparison against the suite.
func (s Suite) checkCompare(path string, f *Findings) {
	c := s.Compare.Filled() // there are no defaults yet when something else is wrong
	between(f, path+".samples", c.Samples, LeastSamples, MostSamples)
	if c.WarmUp != nil {
		between(f, path+".warmUp", *c.WarmUp, 0, 1000)
	}
	between(f, path+".rate", c.Rate, 1, MostCompareRate)
	within(f, path+".slower.percent", c.Slower.Percent, 1, 1000)
	if by := c.Slower.By.Std(); by < time.Millisecond || by > time.Minute {
		f.add(path+".slower.by", "%s must be 1ms to 1m", c.Slower.By)
	}
	within(f, path+".errors", c.Errors, 0.001, 1)
	if need := excluding(c.Errors); c.Samples < need && c.Samples >= LeastSamples {
		f.add(path+".samples", "%d cannot exclude a rise of errors by %v even when nobody errs, so nothing could ever pass; take %d, or let errors be larger",
			c.Samples, c.Errors, need)
	}
	within(f, path+".level", c.Level, 0.0001, 0.2)
	oneOf(f, path+".body", c.Body, BodyCompatible, BodySame, BodyIgnore)
	oneOf(f, path+".inconclusive", c.Inconclusive, InconclusiveFails, InconclusivePasses)
	for i, text := range c.Ignore {
		if !place(text) {
			f.add(fmt.Sprintf("%s.ignore[%d]", path, i), `%q is not a place in JSON, such as "items[].price"`, text)
		}
	}
	if c.Body == BodyIgnore && len(c.Ignore) > 0 {
		f.add(path+".ignore", "has no meaning beside body \"ignore\", which looks at no body")
	}
	if s.Timeout != 0 {
		s.checkRoutes(path, f)
		s.checkCompareTime(path, f)
	}
}

// excluding is how many answers without an error exclude such a share of errors: the upper bound of Wilson's interval
// for none of n is z²/(n+z²), and z is 1.645 for 95% on one side.
func excluding(share float64) int {
	const z = 1.6449
	if share <= 0 || share >= 1 {
		return 0
	}
	return int(math.Ceil(z * z * (1 - share) / share))
}

// checkRoutes refuses names that no check has, or whose requests cannot be repeated on production.
func (s Suite) checkRoutes(path string, f *Findings) {
	var names []string
	for _, c := range s.Checks {
		names = append(names, fmt.Sprintf("%q", c.Name))
	}
	for i, name := range s.Compare.Routes {
		at := fmt.Sprintf("%s.routes[%d]", path, i)
		j := slices.IndexFunc(s.Checks, func(c Check) bool { return c.Name == name })
		if j < 0 {
			f.add(at, "no check has the name %q; there are: %s", name, strings.Join(names, ", "))
			continue
		}
		if why := s.Checks[j].repeatable(); why != "" {
			f.add(at, "the check %q %s", name, why)
		}
	}
	if len(s.Compare.Routes) == 0 && len(s.Compared(*s.Compare)) == 0 {
		f.add(path, "no check can be compared: that needs a GET or HEAD without body and captured values")
	}
}

// checkCompareTime refuses a comparison that cannot end within the suite's timeout.
func (s Suite) checkCompareTime(path string, f *Findings) {
	routes, settle := len(s.Compared(*s.Compare)), time.Duration(0)
	if s.Settle != nil && s.Version == nil {
		settle = s.Settle.Std()
	}
	before := "to settle"
	if s.Load != nil {
		settle += s.Load.Whole().Std()
		before = "to settle and for the load"
	}
	if takes := s.Compare.Takes(routes); takes+settle >= s.Timeout.Std() {
		f.add(path, "takes at least %s (routes %d, samples %d and the warm-up, on two listeners, %d requests a second), and of the suite's %s it has "+
			"what %s %s leave; take fewer samples or routes, raise the rate, or give the suite a longer timeout, at most %s",
			takes, routes, s.Compare.Samples, s.Compare.Rate, s.Timeout, settle, before, MostVerify)
	}
}

func within(f *Findings, path string, x, least, most float64) {
	if !(x >= least && x <= most) {
		f.add(path, "%v must be %v to %v", x, least, most)
	}
}
