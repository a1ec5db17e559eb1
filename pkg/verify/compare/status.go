package compare

import (
	"fmt"
	"maps"
	"slices"
)

// statusTest asks whether green's good answers have other statuses than blue's: each status against all others, both
// ways, corrected for the number of statuses (Bonferroni).
func statusTest(b, g *Side) Test {
	t := Test{Of: "status", P: 1, Adjusted: 1, otherwise: Pass, fine: "green's good answers have blue's statuses"}
	all := map[int]bool{}
	for _, side := range []*Side{b, g} {
		for status := range side.good {
			all[status] = true
		}
	}
	t.idle = len(all) < 2
	if t.idle {
		return t
	}
	blue, green := len(b.latencies), len(g.latencies)
	for _, status := range slices.Sorted(maps.Keys(all)) {
		p := differs(b.good[status], blue, g.good[status], green)
		if p *= float64(len(all)); p < t.P {
			t.P = p
			t.worse = fmt.Sprintf("green answers %d in %d of %d good answers, blue in %d of %d", status, g.good[status], green, b.good[status], blue)
		}
	}
	return t
}

// differs is Fisher's exact test, two-sided by doubling the smaller side.
func differs(blueHits, blue, greenHits, green int) float64 {
	return min(2*min(oftener(blueHits, blue, greenHits, green), oftener(greenHits, green, blueHits, blue)), 1)
}
