package page

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

// checks are those that were made and, once there is a verdict, those that were not.
func checks(seen Seen) []Check {
	all := []Check{}
	one := func(name string, latency float64, problem string) {
		c := Check{Name: name, State: "passed", LatencyMS: latency, Problem: problem}
		if problem != "" {
			c.State = "failed"
		}
		all = append(all, c)
	}
	if v := seen.Verdict; v != nil {
		for _, c := range v.Checks {
			one(c.Name, c.LatencyMS, first(c.Problems))
		}
		for _, name := range v.NotMade {
			all = append(all, Check{Name: name, State: "not made"})
		}
		return append(all, beyond(*v)...)
	}
	for _, p := range seen.Progress {
		one(p.Check, p.LatencyMS, p.Problem)
	}
	if n := len(seen.Progress); n > 0 && seen.Progress[n-1].Problem == "" {
		for i := n; i < seen.Progress[n-1].All; i++ {
			all = append(all, Check{Name: fmt.Sprintf("check %d", i+1), State: "waiting"})
		}
	}
	return all
}

// beyond are what a verdict has beside its checks.
func beyond(v verify.Verdict) []Check {
	var all []Check
	if l := v.Load; l != nil {
		c := Check{Name: fmt.Sprintf("load of %d requests a second", l.Rate), State: "passed"}
		if !l.Holds() {
			c.State, c.Problem = "failed", first(l.Problems)
		}
		all = append(all, c)
	}
	return all
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
