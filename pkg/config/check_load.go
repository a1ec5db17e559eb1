package config

import (
	"fmt"
	"time"
)

// The limits of a load.
const (
	// MostRate is what one function can send and judge by itself.
	MostRate = 1000
	// MostConnections bounds what the answers under way may take of the function's memory.
	MostConnections = 200
)

// checkLoad holds the load against the suite, whose checks have captured these names.
func (s Suite) checkLoad(path string, captured map[string]bool, f *Findings) {
	l := *s.Load
	between(f, path+".rate", l.Rate, 1, MostRate)
	between(f, path+".connections", l.Connections, 1, MostConnections)
	if l.Duration.Std() < time.Second {
		f.add(path+".duration", "%s is too short to measure anything; at least 1s", l.Duration)
	}
	if settle := Duration(0); s.Timeout != 0 {
		if s.Settle != nil && s.Version == nil {
			settle = *s.Settle
		}
		if whole := l.Whole() + settle; whole >= s.Timeout {
			f.add(path, "takes %s with ramp, warm-up and settling, and the suite has %s for all; give the suite a longer timeout, at most %s, or the load less to do",
				whole, s.Timeout, MostVerify)
		}
	}
	s.checkAsked(path, captured, f)
	l.Limits.check(path+".limits", int(float64(l.Rate)*l.Duration.Std().Seconds()), f)
}

func (s Suite) checkAsked(path string, captured map[string]bool, f *Findings) {
	count := map[string]int{}
	for _, c := range s.Checks {
		count[c.Name]++
	}
	for i, name := range s.Load.Checks {
		at := fmt.Sprintf("%s.checks[%d]", path, i)
		switch count[name] {
		case 0:
			f.add(at, "no check has the name %q", name)
		case 1:
		default:
			f.add(at, "%d checks have the name %q; give each its own", count[name], name)
		}
	}
	for i, c := range s.Load.Requests {
		at := fmt.Sprintf("%s.requests[%d]", path, i)
		c.check(at, f)
		c.checkNames(at, captured, f)
		if c.Within != 0 || c.Failures != nil || c.Successes != 0 || c.Every != 0 || c.Timeout != 0 || len(c.Capture) > 0 {
			f.add(at, "is made once each time and captures nothing: leave within, failures, successes, every, timeout and capture out")
		}
	}
	if len(s.Asked()) == 0 && len(s.Load.Checks) == 0 {
		f.add(path, "has nothing to ask: no check is a GET or HEAD; name checks or write requests")
	}
	if n := len(s.Load.Checks) + len(s.Load.Requests); n > MostChecks {
		f.add(path+".requests", "are %d with the checks; at most %d", n, MostChecks)
	}
}

// check holds the limits against each other and against the number of requests that they are measured on: a
// percentile needs ten requests beyond it, or it is the luck of a few.
func (l Limits) check(path string, requests int, f *Findings) {
	if l.Errors < 0 || l.Errors > 1 {
		f.add(path+".errors", "%v must be a share from 0 to 1, such as 0.01", l.Errors)
	}
	var before struct {
		name  string
		limit Duration
	}
	for _, one := range []struct {
		name  string
		limit Duration
		needs int
	}{{"p50", l.P50, 20}, {"p95", l.P95, 200}, {"p99", l.P99, 1000}, {"max", l.Max, 1}} {
		if one.limit == 0 {
			continue
		}
		if requests < one.needs {
			f.add(path+"."+one.name, "needs %d requests to mean something, and the load makes %d; raise rate or duration", one.needs, requests)
		}
		if one.limit < before.limit {
			f.add(path+"."+one.name, "%s is less than %s, %s, and cannot be", one.limit, before.name, before.limit)
		}
		before.name, before.limit = one.name, one.limit
	}
}
