package main

import (
	"fmt"
	"io"

	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// printComparison tells a comparison route by route, and of each what did not pass.
func printComparison(out io.Writer, c *verify.Comparison) {
	if c == nil {
		return
	}
	fmt.Fprintf(out, "\n  compared with %s, %d samples of each route, seed %d\n", c.Blue, c.Samples, c.Seed)
	if c.Result == nil {
		return
	}
	for _, r := range c.Result.Routes {
		fmt.Fprintf(out, "  %-12s  %7.1f ms  blue %7.1f ms  %s\n", shownOutcome(r.Outcome), r.Green.MedianMS, r.Blue.MedianMS, r.Name)
		for _, t := range r.Tests {
			if t.Outcome != compare.Pass {
				fmt.Fprintf(out, "                %s\n", t.Reason)
			}
		}
	}
	if t := c.Result.Together; t != nil && t.Outcome != compare.Pass {
		fmt.Fprintf(out, "  %-12s  all routes together: %s\n", shownOutcome(t.Outcome), t.Reason)
	}
}

func shownOutcome(o compare.Outcome) string {
	if o == compare.Fail {
		return "FAILED"
	}
	return string(o)
}
