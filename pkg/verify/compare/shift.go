package compare

import (
	"math"
	"slices"
	"sort"

	"github.com/aclements/go-moremath/stats"
)

// Interval is an estimate between its two bounds, each of which holds with Confidence.
type Interval struct {
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// shift is the Hodges-Lehmann estimate of how far green lies from blue, the median of green less blue over all pairs, with the
// bounds that come of turning the Mann-Whitney test round (Hollander, Wolfe and Chicken, "Nonparametric Statistical
// Methods", 3rd edition, sections 4.2 and 4.3). Both are sorted.
func shift(blue, green []float64) Interval {
	pairs := len(blue) * len(green)
	c := reach(len(blue), len(green), 1-Confidence)
	i := Interval{Estimate: pair(blue, green, (pairs+1)/2), Low: math.Inf(-1), High: math.Inf(1)}
	if pairs%2 == 0 {
		i.Estimate = (i.Estimate + pair(blue, green, pairs/2+1)) / 2
	}
	if c >= 0 {
		i.Low, i.High = pair(blue, green, c+1), pair(blue, green, pairs-c)
	}
	return i
}

// exactReach is the size up to which reach counts exactly; beyond, the normal distribution is as good.
const exactReach = 20

// reach is the largest c such that U of two equal samples without ties is at most c with no more than this chance; -1
// when there is none. With ties the chance is smaller still.
func reach(n, m int, chance float64) int {
	if n <= exactReach && m <= exactReach {
		d := stats.UDist{N1: n, N2: m}
		return sort.Search(n*m, func(c int) bool { return d.CDF(float64(c)) > chance }) - 1
	}
	a, b := float64(n), float64(m)
	sigma := math.Sqrt(a * b * (a + b + 1) / 12)
	return max(int(math.Floor(a*b/2-0.5+stats.StdNormal.InvCDF(chance)*sigma)), -1)
}

// pair is the k-th smallest (from 1) of green less blue over all pairs. Their range is halved until few are left in it,
// so that they are never all listed.
func pair(blue, green []float64, k int) float64 {
	low, high := math.Nextafter(green[0]-blue[len(blue)-1], math.Inf(-1)), green[len(green)-1]-blue[0]
	below, within := 0, len(blue)*len(green) // at most low; above it and at most high
	for within > len(blue)+len(green) {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return high // nothing lies between: the rest are ties
		}
		if c := count(blue, green, middle); c >= k {
			high, within = middle, c-below
		} else {
			low, below, within = middle, c, within-(c-below)
		}
	}
	left := make([]float64, 0, within)
	from := 0
	for _, b := range blue {
		for from < len(green) && green[from]-b <= low {
			from++
		}
		for _, g := range green[from:] {
			if g-b > high {
				break
			}
			left = append(left, g-b)
		}
	}
	slices.Sort(left)
	return left[k-below-1]
}

// count is how many pairs are at most v.
func count(blue, green []float64, v float64) int {
	n, j := 0, 0
	for _, b := range blue {
		for j < len(green) && green[j]-b <= v {
			j++
		}
		n += j
	}
	return n
}

// superiority is the chance that an answer of green takes longer than one of blue, ties counted half, from Mann and
// Whitney's U. Its bounds are Newcombe's method 5 (Statistics in Medicine 25, 2006, pages 559-573), which hold near 0
// and 1 too.
func superiority(u float64, n, m int) Interval {
	theta := u / float64(n*m)
	z := stats.StdNormal.InvCDF(Confidence)
	star := float64(n+m)/2 - 1
	outside := func(t float64) bool {
		v := t * (1 - t) * (1 + star*((1-t)/(2-t)+t/(1+t))) / float64(n*m)
		return math.Abs(t-theta) > z*math.Sqrt(v)
	}
	return Interval{Estimate: theta, Low: edge(0, theta, outside), High: edge(1, theta, outside)}
}

// edge is where what is outside far away becomes inside, which it is at near.
func edge(far, near float64, outside func(float64) bool) float64 {
	for range 60 {
		if middle := (far + near) / 2; outside(middle) {
			far = middle
		} else {
			near = middle
		}
	}
	return near
}

// wins is Mann and Whitney's U: in how many pairs green's value is the larger, ties counted half. Both are sorted.
func wins(blue, green []float64) float64 {
	notLarger, smaller := count(blue, green, 0), count(blue, green, -math.SmallestNonzeroFloat64)
	return float64(len(blue)*len(green)-notLarger) + float64(notLarger-smaller)/2
}

// slower is the one-sided Mann-Whitney test: the chance of such samples when green does not tend to be larger.
func slower(blue, green []float64) float64 {
	r, err := stats.MannWhitneyUTest(blue, green, stats.LocationLess)
	if err != nil { // all values are equal, or there are none
		return 1
	}
	return min(max(r.P, 0), 1)
}

// less is every value less d.
func less(values []float64, d float64) []float64 {
	all := slices.Clone(values)
	for i := range all {
		all[i] -= d
	}
	return all
}

// logarithms turn factors into shifts, and leave the order.
func logarithms(values []float64) []float64 {
	all := slices.Clone(values)
	for i := range all {
		all[i] = math.Log(all[i])
	}
	return all
}

// factors turns the shift of logarithms back.
func (i Interval) factors() Interval {
	return Interval{Estimate: math.Exp(i.Estimate), Low: math.Exp(i.Low), High: math.Exp(i.High)}
}
