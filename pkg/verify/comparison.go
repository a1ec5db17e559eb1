package verify

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// Comparison is how green answers beside blue.
type Comparison struct {
	Outcome compare.Outcome `json:"outcome"`
	// Reason is a sentence: what decided, or why there was nothing to compare.
	Reason string `json:"reason"`
	// Observed comparisons decide nothing; Lenient ones let pass what they cannot tell.
	Observed bool `json:"observed,omitempty"`
	Lenient  bool `json:"lenient,omitempty"`
	// Blue and Green are where the requests went.
	Blue  string `json:"blue,omitempty"`
	Green string `json:"green,omitempty"`
	// BlueImage is the reference in the revision that serves.
	BlueImage string `json:"blueImage,omitempty"`
	// Seed of the order in which the requests were made.
	Seed    uint64  `json:"seed,omitempty"`
	Samples int     `json:"samples,omitempty"`
	WarmUp  int     `json:"warmUp,omitempty"`
	Rate    int     `json:"rate,omitempty"`
	Level   float64 `json:"level,omitempty"`
	Seconds float64 `json:"seconds"`
	// Others are the answers at green in which another version showed. They are counted here and nowhere else.
	Others int             `json:"others,omitempty"`
	Result *compare.Result `json:"result,omitempty"`
}

// Holds reports whether the comparison lets green pass.
func (c Comparison) Holds() bool {
	switch c.Outcome {
	case compare.Pass, compare.Skipped:
		return true
	case compare.Inconclusive:
		return c.Observed || c.Lenient
	}
	return c.Observed
}

// judged takes a result. What bodies say stands in it by the names of their keys alone, which are masked all the same.
func (c *Comparison) judged(r compare.Result) {
	var m mask
	for i := range r.Routes {
		one := &r.Routes[i]
		for j := range one.Tests {
			one.Tests[j].Reason = m.sentence(one.Tests[j].Reason)
		}
		one.Added = m.sentences(one.Added)
	}
	r.Reasons = m.sentences(r.Reasons)
	c.Outcome, c.Result = r.Outcome, &r
	passed, skipped := 0, 0
	for _, one := range r.Routes {
		switch one.Outcome {
		case compare.Pass:
			passed++
		case compare.Skipped:
			skipped++
		}
	}
	switch {
	case r.Outcome == compare.Pass && skipped > 0:
		c.Reason = fmt.Sprintf("green answers %d of %d routes as well as blue, which has no answer to the others", passed, len(r.Routes))
	case r.Outcome == compare.Pass:
		c.Reason = fmt.Sprintf("green answers %d of %d routes as well as blue", passed, len(r.Routes))
	case len(r.Reasons) > 1:
		c.Reason = fmt.Sprintf("%s (and %d more)", r.Reasons[0], len(r.Reasons)-1)
	default:
		c.Reason = r.Reasons[0]
	}
}

// sentence says what the comparison came to and what that means.
func (c Comparison) sentence() string {
	switch {
	case c.Outcome == compare.Skipped:
		return "not compared with blue: " + c.Reason
	case c.Outcome == compare.Pass:
		return c.Reason
	}
	who := "the comparison with blue"
	if c.Observed {
		who += ", which is only observed,"
	}
	if c.Outcome == compare.Fail {
		return who + " failed: " + c.Reason
	}
	return who + " is inconclusive: " + c.Reason
}

// brief is c without what only a drawing needs.
func (c Comparison) brief() *Comparison {
	if c.Result != nil {
		r := c.Result.Brief()
		c.Result = &r
	}
	return &c
}

// take puts a comparison's outcome into a verdict that succeeded so far.
func (v *Verdict) take(c Comparison) {
	if c.Holds() {
		v.Reason += "; " + c.sentence()
		return
	}
	v.Outcome, v.Reason = Failed, c.sentence()
}
