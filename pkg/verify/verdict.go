package verify

import (
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
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
	Service    string  `json:"service"`
	Deployment string  `json:"deployment"`
	Outcome    Outcome `json:"outcome"`
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
	Seconds     float64       `json:"seconds"`
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
	// Problems are empty when the check holds.
	Problems []string `json:"problems,omitempty"`
}

// Holds reports whether the check found nothing wrong.
func (r CheckResult) Holds() bool { return len(r.Problems) == 0 }

func (r *CheckResult) saw(c config.Check, a answer) {
	r.Status, r.LatencyMS, r.Bytes = a.status, milliseconds(a.latency), len(a.body)
	r.Problems = problems(c.Expect, a)
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
