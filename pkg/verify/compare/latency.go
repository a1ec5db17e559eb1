package compare

import (
	"fmt"
	"math"
	"slices"
)

// Latency is how green's latency lies to blue's. Cliff's delta is twice Superiority less one.
type Latency struct {
	// ShiftMS is the Hodges-Lehmann shift in milliseconds, positive when green is slower.
	ShiftMS Interval `json:"shiftMs"`
	// Ratio is the same as a factor: 1.1 is a tenth slower.
	Ratio Interval `json:"ratio"`
	// Superiority is the chance that an answer of green takes longer than one of blue.
	Superiority Interval `json:"superiority"`
	// ToleratedMS is what was tolerated, in milliseconds at blue's median.
	ToleratedMS float64 `json:"toleratedMs"`
	// Relative is whether the ratio decided, or else the shift.
	Relative bool `json:"relative"`
}

// latencyTest asks whether green is slower than blue by more than is tolerated. A slow route is judged by the ratio, a
// fast one by the shift: whichever tolerance is the larger at blue's median.
func latencyTest(b, g []float64, rules Rules) (Latency, Test) {
	blue, green := slices.Sorted(slices.Values(b)), slices.Sorted(slices.Values(g))
	logBlue, logGreen := logarithms(blue), logarithms(green)
	l := Latency{
		ShiftMS: shift(blue, green), Ratio: shift(logBlue, logGreen).factors(), Superiority: superiority(wins(blue, green), len(blue), len(green)),
		ToleratedMS: max(rules.SlowerMS, rules.SlowerPercent/100*median(blue)),
	}
	l.Relative = l.ToleratedMS > rules.SlowerMS
	t := Test{Of: "latency", otherwise: Inconclusive}
	decides, neutral, tolerance := l.ShiftMS, 0.0, rules.SlowerMS
	if l.Relative {
		decides, neutral, tolerance = l.Ratio, 1, 1+rules.SlowerPercent/100
		t.P = slower(logBlue, less(logGreen, math.Log(tolerance)))
	} else {
		t.P = slower(blue, less(green, tolerance))
	}
	told := fmt.Sprintf("%s (%s) at blue's median of %.1f ms, tolerated %s", l.told(l.ShiftMS.Estimate, l.Ratio.Estimate), l.span(), median(blue), l.tolerated(rules))
	t.worse = "green is slower: by " + told
	if decides.High < tolerance {
		t.otherwise = Pass
		t.fine = "green is not slower than tolerated: by " + told
		return l, t
	}
	t.fine = "green may be slower than tolerated: by " + told + more(len(b), decides.High-decides.Estimate, tolerance-max(decides.Estimate, neutral))
	return l, t
}

func (l Latency) told(ms, ratio float64) string {
	if l.Relative {
		return fmt.Sprintf("%.1f%%", 100*(ratio-1))
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func (l Latency) span() string {
	return l.told(l.ShiftMS.Low, l.Ratio.Low) + " to " + l.told(l.ShiftMS.High, l.Ratio.High)
}

func (l Latency) tolerated(rules Rules) string {
	return l.told(rules.SlowerMS, 1+rules.SlowerPercent/100)
}

// more says how many samples would probably tell, when the interval is half as wide as this and has so much room: its
// width falls with the root of their number.
func more(n int, half, room float64) string {
	if room <= 0 || half <= 0 || math.IsInf(half, 0) {
		return ""
	}
	const sure = 2 // an estimate varies too, as much as the interval is wide
	need := math.Ceil(float64(n)*math.Pow(sure*half/room, 2)/50) * 50
	if need <= float64(n) || need > 100_000 {
		return ""
	}
	return fmt.Sprintf("; about %.0f samples would tell", need)
}
