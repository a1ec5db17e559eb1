package compare

import (
	"fmt"
	"math"

	"github.com/aclements/go-moremath/stats"
)

// tally is a number of answers and of errors among them.
type tally struct {
	answers, errors int
	kind            string // of most errors
}

func (t tally) and(s *Side) tally {
	if t.kind == "" {
		t.kind = s.worst()
	}
	return tally{t.answers + s.answers, t.errors + s.errors, t.kind}
}

func (t tally) String() string { return fmt.Sprintf("%d of %d", t.errors, t.answers) }

// errorTest asks whether green errs more often. Any rise beyond chance fails; a pass excludes one that is not tolerated.
func errorTest(blue, green tally, rules Rules) Test {
	t := Test{Of: "errors", otherwise: Inconclusive, P: oftener(blue.errors, blue.answers, green.errors, green.answers)}
	t.idle = blue.errors+green.errors == 0
	rise := newcombe(green.errors, green.answers, blue.errors, blue.answers)
	told := fmt.Sprintf("in %s of green's answers and %s of blue's, a rise of %s to %s", green, blue, percent(rise.Low), percent(rise.High))
	t.worse = "green errs more often: " + told + " (most: " + green.kind + ")"
	if rise.High <= rules.Errors {
		t.otherwise, t.fine = Pass, "green does not err more often than tolerated: "+told
		return t
	}
	t.fine = "green may err more often than tolerated: " + told + ", tolerated " + percent(rules.Errors) +
		more(green.answers, rise.High-rise.Estimate, rules.Errors-max(rise.Estimate, 0))
	return t
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// oftener is Fisher's exact test, one-sided: the chance that so many or more of the hits fall to green when they fall
// anywhere alike.
func oftener(blueHits, blue, greenHits, green int) float64 {
	d := stats.HypergeometicDist{N: blue + green, K: blueHits + greenHits, Draws: green}
	_, most := d.Bounds()
	p := 0.0
	for k := float64(greenHits); k <= most; k++ {
		one := d.PMF(k)
		p += one
		if one < p*1e-12 && k > float64(d.K)*float64(green)/float64(d.N) {
			break // what is left is smaller and smaller
		}
	}
	return min(p, 1)
}

// newcombe is the difference of two shares with its bounds, by Newcombe's method 10, made of Wilson's intervals
// (Statistics in Medicine 17, 1998, pages 873-890).
func newcombe(hits, n, otherHits, other int) Interval {
	return newcombeAt(hits, n, otherHits, other, stats.StdNormal.InvCDF(Confidence))
}

func newcombeAt(hits, n, otherHits, other int, z float64) Interval {
	p, low, high := wilson(hits, n, z)
	q, otherLow, otherHigh := wilson(otherHits, other, z)
	return Interval{Estimate: p - q, Low: p - q - math.Hypot(p-low, otherHigh-q), High: p - q + math.Hypot(high-p, q-otherLow)}
}

// wilson is a share with its bounds (Wilson, Journal of the American Statistical Association 22, 1927).
func wilson(hits, n int, z float64) (share, low, high float64) {
	p, size := float64(hits)/float64(n), float64(n)
	middle := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return p, max(middle-half, 0), min(middle+half, 1)
}
