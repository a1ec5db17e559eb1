package config

import (
	"fmt"
	"slices"
	"time"
)

// Severities of findings, those that matter least first. "none" is below all of them.
var Severities = []string{"none", "informational", "low", "medium", "high", "critical"}

// ScanGate holds an image until ECR's scan of it is complete, and while the scan finds what is worse than Allow. What
// production runs already is not asked about.
type ScanGate struct {
	// Allow is the worst severity that is let through: "none", "informational", "low", "medium", "high" or "critical".
	// Default "medium".
	Allow string `json:"allow,omitempty"`
	// AllowUnrated lets findings through that nobody has given a severity. Default false: they count as the worst.
	AllowUnrated bool `json:"allowUnrated,omitempty"`
	// Exceptions let single findings through for a while. At most 50.
	Exceptions []ScanException `json:"exceptions,omitempty"`
}

// ScanException lets one finding through until a day.
type ScanException struct {
	// ID is the finding's, such as "CVE-2026-12345".
	ID string `json:"id"`
	// Until is the last day on which it is let through, in UTC: "2026-12-31".
	Until string `json:"until"`
	// Reason is why, for whoever reads of the release. At most 200 characters.
	Reason string `json:"reason"`
}

func (g *ScanGate) fill() {
	if g != nil {
		g.Allow = or(g.Allow, "medium")
	}
}

var findingID = lazily(`^[A-Za-z0-9][A-Za-z0-9._:-]{2,99}$`)

func (g *ScanGate) check(path string, f *Findings) {
	if g == nil {
		return
	}
	oneOf(f, path+".allow", g.Allow, Severities...)
	if n := len(g.Exceptions); n > 50 {
		f.add(path+".exceptions", "are %d; at most 50, because they travel in the functions' environment", n)
	}
	seen := map[string]bool{}
	for i, e := range g.Exceptions {
		at := fmt.Sprintf("%s.exceptions[%d]", path, i)
		if e.ID == "" {
			f.add(at+".id", `is missing; it is the finding's, such as "CVE-2026-12345"`)
		}
		matches(f, at+".id", e.ID, findingID, `the id of a finding, such as "CVE-2026-12345"`)
		if seen[e.ID] {
			f.add(at+".id", "%q has an exception already", e.ID)
		}
		seen[e.ID] = true
		if _, err := time.Parse(time.DateOnly, e.Until); err != nil {
			f.add(at+".until", `%q is not a day such as "2026-12-31"; an exception ends`, e.Until)
		}
		if n := len([]rune(e.Reason)); n == 0 || n > 200 {
			f.add(at+".reason", "has %d characters; it takes 1 to 200 to say why the finding is let through", n)
		}
	}
}

// Except is the exception for a finding, and whether it holds at that time; nil when there is none.
func (g *ScanGate) Except(id string, at time.Time) (exception *ScanException, holds bool) {
	i := slices.IndexFunc(g.Exceptions, func(e ScanException) bool { return e.ID == id })
	if i < 0 {
		return nil, false
	}
	day, err := time.Parse(time.DateOnly, g.Exceptions[i].Until)
	return &g.Exceptions[i], err == nil && at.Before(day.AddDate(0, 0, 1))
}

// Lets reports whether findings of a severity, by one of the names in Severities, are let through. One that has no such
// name is unrated.
func (g *ScanGate) Lets(severity string) bool {
	rank := slices.Index(Severities, severity)
	if rank < 0 {
		return g.AllowUnrated
	}
	return rank <= slices.Index(Severities, g.Allow)
}
