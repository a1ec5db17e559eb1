package account

import "fmt"

// Status is how a check ended.
type Status string

// The statuses. Only Blocked keeps a deployment from starting.
const (
	Ready   Status = "ready"
	Warning Status = "warning" // it will probably work
	Unknown Status = "unknown" // it could not be looked at
	Blocked Status = "blocked" // the deployment would fail
)

// Finding is what one check saw. Its JSON form is a promise of `cutover preflight --json`.
type Finding struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Evidence is what was seen, a sentence.
	Evidence string `json:"evidence"`
	// Fix is what to do; empty when there is nothing to do.
	Fix string `json:"fix,omitempty"`
}

// Report is everything that was seen of one account and region.
type Report struct {
	Account  string    `json:"account,omitempty"`
	Region   string    `json:"region,omitempty"`
	Identity string    `json:"identity,omitempty"` // the caller's ARN
	Findings []Finding `json:"findings"`
}

// Blocked is whether a deployment would fail.
func (r Report) Blocked() bool { return r.Blocks() > 0 }

// Blocks counts the findings for which a deployment would fail.
func (r Report) Blocks() int {
	n := 0
	for _, f := range r.Findings {
		if f.Status == Blocked {
			n++
		}
	}
	return n
}

func ready(check, evidence string, args ...any) Finding {
	return Finding{Check: check, Status: Ready, Evidence: fmt.Sprintf(evidence, args...)}
}

func unknown(check, needs string, err error) Finding {
	return Finding{Check: check, Status: Unknown, Evidence: "it could not be looked at: " + err.Error(),
		Fix: "allow " + needs + " to these credentials, or go on if you know that it is in order"}
}
