package config

import "slices"

// LoadTest is traffic at a constant rate, made after the checks. Requests leave at their times whether or not earlier
// ones were answered (an open model), and each answer's latency counts from the time at which its request was due, so
// that a stall shows in every request that it held up, not only in those under way (Gil Tene, "How NOT to Measure
// Latency", https://www.youtube.com/watch?v=lJ8ydIuPFeU).
type LoadTest struct {
	// Checks are the names of the suite's checks whose requests are made, in turn. Default, without requests: every
	// check with GET or HEAD.
	Checks []string `json:"checks,omitempty"`
	// Requests are made after them, in turn: what a check asks and expects, without tries and captures.
	Requests []Check `json:"requests,omitempty"`
	// Rate is how many requests are made in a second, 1 to 1000.
	Rate int `json:"rate,omitempty"`
	// Duration of what is measured, at full rate. Default 30s.
	Duration Duration `json:"duration,omitempty"`
	// Ramp is how long the rate rises from nothing, before everything else. It is not measured. Default 0s.
	Ramp Duration `json:"ramp,omitempty"`
	// WarmUp is how long the full rate is held before the measurement begins. Default 5s.
	WarmUp *Duration `json:"warmUp,omitempty"`
	// Connections is the most that are open at once, 1 to 200; a request that finds none free waits, and its wait
	// counts. Default 50.
	Connections int `json:"connections,omitempty"`
	// Limits are what must hold of what is measured.
	Limits Limits `json:"limits,omitzero"`
}

// Limits of a load; a latency that is left out has none.
type Limits struct {
	// Errors is the share of requests that may fail, 0 to 1: 0.01 is one of a hundred. A request fails when no answer
	// comes, or one that its check does not expect. Default 0.
	Errors float64 `json:"errors,omitempty"`
	// P50 is the latency that half of the requests may exceed. Needs 20 requests.
	P50 Duration `json:"p50,omitempty"`
	// P95 is the latency that one of twenty requests may exceed. Needs 200 requests.
	P95 Duration `json:"p95,omitempty"`
	// P99 is the latency that one of a hundred requests may exceed. Needs 1000 requests.
	P99 Duration `json:"p99,omitempty"`
	// Max is the latency that no request may exceed.
	Max Duration `json:"max,omitempty"`
}

// Whole is how long the load takes: ramp, warm-up and measurement.
func (l LoadTest) Whole() Duration {
	whole := l.Ramp + l.Duration
	if l.WarmUp != nil {
		whole += *l.WarmUp
	}
	return whole
}

// Asked are the requests of a suite's load, in the order in which they are made.
func (s Suite) Asked() []Check {
	if s.Load == nil {
		return nil
	}
	var asked []Check
	for _, name := range s.Load.Checks {
		if i := slices.IndexFunc(s.Checks, func(c Check) bool { return c.Name == name }); i >= 0 {
			asked = append(asked, s.Checks[i])
		}
	}
	if len(s.Load.Checks)+len(s.Load.Requests) == 0 {
		for _, c := range s.Checks {
			if c.Method == "GET" || c.Method == "HEAD" {
				asked = append(asked, c)
			}
		}
	}
	return append(asked, s.Load.Requests...)
}
