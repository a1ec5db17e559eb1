package page

import (
	"fmt"
	"math"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

// drawing is a bar chart in a box of 600 by 150, and its sentence for who does not see it.
type drawing struct {
	Label string
	Bars  []rectangle
	Texts []label
}

type rectangle struct {
	X, Y, W, H string
	More       bool // stands out
}

type label struct {
	X, Y         int
	Anchor, Text string
}

// The box of a drawing: bars stand on the floor, texts below it.
const (
	wide, floor, words = 600.0, 130.0, 145
	top                = 16.0
)

// drawn makes bars of heights between 0 and 1.
func drawn(text string, heights []float64, more func(int) bool) drawing {
	d := drawing{Label: text}
	each := wide / float64(len(heights))
	for i, h := range heights {
		if h <= 0 {
			continue
		}
		high := math.Max(h*(floor-top), 1)
		d.Bars = append(d.Bars, rectangle{
			X: point(float64(i)*each + .5), Y: point(floor - high), W: point(math.Max(each-1, .5)), H: point(high), More: more(i),
		})
	}
	return d
}

// distribution draws how many requests took how long, in steps that grow by a factor. Nil when nothing was measured.
func distribution(l *verify.LoadResult) *drawing {
	if len(l.Bars) == 0 {
		return nil
	}
	most := int64(1)
	for _, b := range l.Bars {
		most = max(most, b.Count)
	}
	heights := make([]float64, len(l.Bars))
	for i, b := range l.Bars {
		// The root keeps the few slow ones in sight beside the many fast ones.
		heights[i] = math.Sqrt(float64(b.Count) / float64(most))
	}
	d := drawn(fmt.Sprintf("How long requests took: half no longer than %s, 95 of 100 than %s, 99 of 100 than %s, the slowest %s. Heights grow with the root of the number.",
		milliseconds(l.P50MS), milliseconds(l.P95MS), milliseconds(l.P99MS), milliseconds(l.MaxMS)), heights, func(int) bool { return false })
	last := len(l.Bars) - 1
	d.Texts = []label{
		{X: 2, Y: words, Text: milliseconds(l.Bars[0].UpToMS)}, {X: wide / 2, Y: words, Anchor: "middle", Text: milliseconds(l.Bars[last/2].UpToMS)},
		{X: wide - 2, Y: words, Anchor: "end", Text: milliseconds(l.Bars[last].UpToMS)},
	}
	return &d
}

// course draws the slowest request of each piece of the load; pieces with failures stand out. Nil when nothing was
// measured.
func course(l *verify.LoadResult) *drawing {
	if l.Requests == 0 || l.MaxMS == 0 {
		return nil
	}
	heights, worst := make([]float64, len(l.Moments)), 0
	for i, m := range l.Moments {
		heights[i] = m.MaxMS / l.MaxMS
		if m.MaxMS > l.Moments[worst].MaxMS {
			worst = i
		}
	}
	d := drawn(fmt.Sprintf("The slowest request through the load, by when it was due: the worst, %s, after %.0f s. Red where requests failed.",
		milliseconds(l.Moments[worst].MaxMS), l.Moments[worst].At), heights, func(i int) bool { return l.Moments[i].Errors > 0 })
	d.Texts = []label{
		{X: 2, Y: words, Text: "0 s"}, {X: wide - 2, Y: words, Anchor: "end", Text: fmt.Sprintf("%.0f s", l.Seconds)},
		{X: 2, Y: 12, Text: milliseconds(l.MaxMS)},
	}
	return &d
}
