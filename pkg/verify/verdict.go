package verify

import (
	"slices"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Outcome of a verification.
type Outcome string

// The outcomes. Skipped means that nobody waits for an answer any more.
const (
	Succeeded Outcome = "Succeeded"
	Failed    Outcome = "Failed"
	Skipped   Outcome = "Skipped"
)

// Verdict is what a verification found: what was asked, what came back and how long it took.
type Verdict struct {
	Service    string `json:"service"`
	Deployment string `json:"deployment"`
	// Wish identifies what is deployed, from its push to its end, in the logs of all functions; empty when the deployment
	// is somebody's own.
	Wish live.Hash `json:"wish,omitempty"`
	// Stage is the lifecycle event whose hook judged; empty when none did.
	Stage   string  `json:"stage,omitempty"`
	Outcome Outcome `json:"outcome"`
	// Reason is a sentence: what was wrong and what to do, or what was seen.
	Reason string `json:"reason"`
	// Image is the reference in the revision under deployment.
	Image       string        `json:"image,omitempty"`
	TaskSet     string        `json:"taskSet,omitempty"`
	TargetGroup string        `json:"targetGroup,omitempty"`
	URL         string        `json:"url,omitempty"`
	Healthy     []string      `json:"healthyTargets,omitempty"`
	Version     *Proof        `json:"version,omitempty"`
	Checks      []CheckResult `json:"checks"`
	// NotMade are the names of the checks after the one that failed.
	NotMade []string `json:"notMade,omitempty"`
	// Report leads to the page of this verdict; empty when none is kept.
	Report string `json:"report,omitempty"`
	// Load is missing when none was asked for, or a check before it failed.
	Load *LoadResult `json:"load,omitempty"`
	// Comparison is missing when none was asked for, or something before it failed.
	Comparison *Comparison `json:"comparison,omitempty"`
	// At is when the verification began.
	At      time.Time `json:"at,omitzero"`
	Seconds float64   `json:"seconds"`
}

// Brief is the verdict without what was asked and what came back where that was right: short enough for a log.
func (v Verdict) Brief() Verdict {
	v.Checks = slices.Clone(v.Checks)
	for i := range v.Checks {
		v.Checks[i].Earlier = nil
		if v.Checks[i].Holds() {
			v.Checks[i].Exchange = nil
		}
	}
	if v.Load != nil {
		brief := *v.Load
		brief.Bars, brief.Moments, brief.Routes = nil, nil, nil
		v.Load = &brief
	}
	if v.Comparison != nil {
		v.Comparison = v.Comparison.brief()
	}
	return v
}

// shownName is a check's name, which may be its path with a secret in the query.
func shownName(name string) string {
	m := mask{}
	return cut(m.Text(cut(name, mostWindow)), mostShown)
}

// notMade are the names of the checks that a suite did not come to.
func notMade(suite config.Suite, made int) []string {
	var names []string
	for _, c := range suite.Checks[min(made, len(suite.Checks)):] {
		names = append(names, shownName(c.Name))
	}
	return names
}

// Proof is how the version under test showed itself.
type Proof struct {
	Want    string  `json:"want"`
	Got     string  `json:"got"`
	Answers int     `json:"answers"` // in a row, each on a fresh connection
	Seconds float64 `json:"seconds"`
}

// CheckResult is one check: the last of its tries.
type CheckResult struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	URL    string `json:"url"`
	Tries  int    `json:"tries"`
	// Status of the answer; zero when none came.
	Status int `json:"status,omitempty"`
	// LatencyMS is milliseconds from the request to the last byte read.
	LatencyMS float64 `json:"latencyMs,omitempty"`
	Bytes     int     `json:"bytes,omitempty"`
	// Problems are empty when the check holds. Secrets are masked.
	Problems []string `json:"problems,omitempty"`
	// Earlier are the tries before the last, at most twenty.
	Earlier []Try `json:"earlier,omitempty"`
	// Exchange is what was asked and what came back at the last try; nil when no request could be made.
	Exchange *Exchange `json:"exchange,omitempty"`
}

// Try is one try of a check.
type Try struct {
	Status    int     `json:"status,omitempty"`
	LatencyMS float64 `json:"latencyMs"`
	// Problem is the first that was found; empty when the check held.
	Problem string `json:"problem,omitempty"`
}

// Holds reports whether the check found nothing wrong.
func (r CheckResult) Holds() bool { return len(r.Problems) == 0 }

// saw takes what one try found in the place of the one before.
func (r *CheckResult) saw(a answer, problems []string, x *Exchange) {
	if r.Tries > 1 {
		before := Try{Status: r.Status, LatencyMS: r.LatencyMS}
		if !r.Holds() {
			before.Problem = cut(r.Problems[0], mostShown)
		}
		r.Earlier = append(r.Earlier, before)
		r.Earlier = r.Earlier[max(0, len(r.Earlier)-mostTries):]
	}
	r.Status, r.LatencyMS, r.Bytes = a.status, milliseconds(a.latency), int(a.bytes)
	r.Problems, r.Exchange = problems, x
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
