package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// Quantities that a lane tells of a round. Less is better, except of rate.
const (
	wall  = "wall"  // seconds
	cpu   = "cpu"   // seconds, user and system
	peak  = "peak"  // KiB resident at most
	rate  = "rate"  // requests a second
	bytes = "bytes" // of a package
	lost  = "lost"  // requests that failed
	calls = "calls" // of AWS a release
)

// reading is what one lane measured in one round.
type reading map[string]float64

// lane is one way to do what a race is about.
type lane struct {
	name string
	run  func(context.Context) (reading, error)
}

// figure is one line of the table: a quantity of one lane over that of another.
type figure struct {
	name          string
	of, over      string // lanes; over is empty for a count
	quantity      string
	goal, stretch float64
}

// race is some lanes and what is to be told of them.
type race struct {
	rounds  int
	lanes   []lane
	figures []figure
	missing []string // rivals that cannot run here, each with the reason
}

// result is a figure after its race.
type result struct {
	Name     string  `json:"name"`
	Over     string  `json:"over,omitempty"`
	Median   float64 `json:"median"`
	Low      float64 `json:"low"`  // quartiles
	High     float64 `json:"high"` //
	Rounds   int     `json:"rounds"`
	Goal     float64 `json:"goal,omitempty"`
	Stretch  float64 `json:"stretch,omitempty"`
	MoreGood bool    `json:"moreIsBetter,omitempty"`
}

// met says which of its goals a result reaches.
func (r result) met() string {
	reaches := func(mark float64) bool {
		if r.MoreGood {
			return r.Median >= mark
		}
		return r.Median <= mark
	}
	switch {
	case r.Goal == 0 && r.Over != "":
		return ""
	case reaches(r.Stretch) && (r.Stretch != 0 || r.Goal == 0):
		return "stretch"
	case reaches(r.Goal):
		return "goal"
	}
	return "missed"
}

// run takes turns and tells the figures. The first of several rounds only warms files and caches. Who comes after whom
// is drawn anew each round: what a program leaves behind it (pages, caches) costs its follower up to a tenth.
func (r race) run(ctx context.Context, log io.Writer) ([]result, error) {
	readings := map[string][]reading{}
	warm := min(1, r.rounds-1)
	for round := range r.rounds + warm {
		for _, i := range rand.Perm(len(r.lanes)) {
			l := r.lanes[i]
			read, err := l.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", l.name, err)
			}
			if round >= warm {
				readings[l.name] = append(readings[l.name], read)
			}
		}
	}
	for _, l := range r.lanes {
		fmt.Fprintf(log, "%s:", l.name)
		for _, q := range []string{wall, cpu, peak, rate, bytes} {
			if m := middle(readings[l.name], q); m > 0 {
				fmt.Fprintf(log, " %s %.4g", q, m)
			}
		}
		fmt.Fprintln(log)
	}
	var all []result
	for _, f := range r.figures {
		ours, theirs := readings[f.of], readings[f.over]
		if len(ours) == 0 || f.over != "" && len(theirs) == 0 {
			continue
		}
		ratios := make([]float64, len(ours))
		for i := range ours {
			ratios[i] = ours[i][f.quantity]
			if f.over != "" {
				ratios[i] /= theirs[i][f.quantity]
			}
		}
		slices.Sort(ratios)
		n := len(ratios)
		all = append(all, result{Name: f.name, Over: f.over, Median: ratios[n/2], Low: ratios[n/4], High: ratios[(3*n)/4], Rounds: n,
			Goal: f.goal, Stretch: f.stretch, MoreGood: f.quantity == rate})
	}
	return all, nil
}

// middle is the median of what a lane read.
func middle(all []reading, quantity string) float64 {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = r[quantity]
	}
	slices.Sort(values)
	return values[len(values)/2]
}
