package page

import (
	"fmt"
	"math"

	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// pair draws blue above the middle and green below it, so that neither hides the other and no color is needed to tell
// them apart.
type pair struct {
	Label       string
	Blue, Green []rectangle
	// Medians are upright lines, blue's above and green's below.
	BlueMedian, GreenMedian string
	Texts                   []label
}

// middle parts blue from green.
const middle = (floor + top) / 2

// beside draws how long both sides of a route took, on a scale in which equal steps are equal factors. Nil when
// nothing was compared.
func beside(r compare.RouteResult) *pair {
	h := r.Histogram
	if h == nil || h.FromMS <= 0 || h.ToMS <= h.FromMS || len(h.Blue) == 0 || len(h.Green) != len(h.Blue) {
		return nil
	}
	at := func(ms float64) float64 {
		return wide * min(max(math.Log(ms/h.FromMS)/math.Log(h.ToMS/h.FromMS), 0), 1)
	}
	p := &pair{
		Label: fmt.Sprintf("How long answers of %s took: blue, above, %s at the median and %s at the 95th percentile; green, below, %s and %s.",
			r.Name, milliseconds(r.Blue.MedianMS), milliseconds(r.Blue.P95MS), milliseconds(r.Green.MedianMS), milliseconds(r.Green.P95MS)),
		Blue: half(h.Blue, true), Green: half(h.Green, false), BlueMedian: point(at(r.Blue.MedianMS)), GreenMedian: point(at(r.Green.MedianMS)),
		Texts: []label{{X: 4, Y: 14, Text: "blue"}, {X: 4, Y: int(floor) - 4, Text: "green"}},
	}
	for _, ms := range marks(h.FromMS, h.ToMS) {
		p.Texts = append(p.Texts, label{X: int(at(ms)), Y: words, Anchor: "middle", Text: fmt.Sprintf("%g ms", ms)})
	}
	return p
}

// half are the bars of one side: each side's highest fills it, whatever the other has.
func half(counts []int, up bool) []rectangle {
	most, each, room := 1, wide/float64(len(counts)), middle-top
	for _, n := range counts {
		most = max(most, n)
	}
	var bars []rectangle
	for i, n := range counts {
		if n == 0 {
			continue
		}
		high, y := math.Max(float64(n)/float64(most)*room, 1), middle
		if up {
			y -= high
		}
		bars = append(bars, rectangle{X: point(float64(i)*each + .5), Y: point(y), W: point(math.Max(each-1, .5)), H: point(high)})
	}
	return bars
}

// marks are round figures from 1, 2 and 5 within a scale, not so near its ends that they would be cut, and not more
// than have room.
func marks(from, to float64) []float64 {
	const margin = 0.04
	span := math.Log(to / from)
	var all []float64
	for _, steps := range [][]float64{{1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1}} {
		all = all[:0]
		for e := math.Floor(math.Log10(from)); e <= math.Log10(to); e++ {
			for _, step := range steps {
				ms := step * math.Pow(10, e)
				if share := math.Log(ms/from) / span; share > margin && share < 1-margin {
					all = append(all, math.Round(ms*1e6)/1e6)
				}
			}
		}
		if len(all) <= 8 {
			break
		}
	}
	return all
}

// outcomeClass is how an outcome looks.
func outcomeClass(o compare.Outcome) string {
	switch o {
	case compare.Pass:
		return "good"
	case compare.Fail:
		return "bad"
	}
	return "soft"
}

// outcomeText is an outcome in a table.
func outcomeText(o compare.Outcome) string {
	if o == compare.Fail {
		return "failed"
	}
	return string(o)
}

// shifted is how much slower green is, with its interval.
func shifted(l *compare.Latency) string {
	if l == nil {
		return "–"
	}
	return fmt.Sprintf("%+.1f ms (%+.1f to %+.1f)", l.ShiftMS.Estimate, l.ShiftMS.Low, l.ShiftMS.High)
}

// effect is Cliff's delta with its interval.
func effect(l *compare.Latency) string {
	if l == nil {
		return "–"
	}
	delta := func(superiority float64) float64 { return 2*superiority - 1 }
	return fmt.Sprintf("%+.2f (%+.2f to %+.2f)", delta(l.Superiority.Estimate), delta(l.Superiority.Low), delta(l.Superiority.High))
}
