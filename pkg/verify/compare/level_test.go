package compare

import (
	"math"
	"os"
	"strconv"
	"testing"
)

// runs of each simulation: `make test` takes 1,000, without the race detector, and `make power` 10,000.
func runs() int {
	if n, err := strconv.Atoi(os.Getenv("CUTOVER_RUNS")); err == nil {
		return n
	}
	return 100
}

// most is what a share may be when it should not exceed this, with the luck of so many runs (three standard errors).
func most(share float64, runs int) float64 {
	return share + 3*math.Sqrt(share*(1-share)/float64(runs))
}

func TestAnEqualOrTolerableGreenFailsNoOftenerThanTheLevel(t *testing.T) {
	intolerant := Rules{Level: 0.05, Samples: 60, Least: 50, Errors: 1}
	tiny := Rules{Level: 0.05, Samples: 10, Least: 8, Errors: 1}
	border := usual(150)
	four := usual(60)
	four.Level, four.SlowerPercent, four.SlowerMS = 0.05, 0, 0
	for _, c := range []struct {
		name   string
		rules  Rules
		routes int
		factor float64
		errors float64
		pass   float64 // the most that may pass
	}{
		{"equal, nothing tolerated", intolerant, 1, 1, 0, 1},
		{"equal, tiny samples", tiny, 1, 1, 0, 1},
		{"equal, four routes that err now and then", four, 4, 1, 0.03, 1},
		{"as slow as is just tolerated", border, 1, 1.1, 0, 1 - Confidence},
	} {
		for i, s := range shapes {
			t.Run(c.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				n := runs()
				blue, green := version{s.draw, 1, c.errors}, version{s.draw, c.factor, c.errors}
				got := simulate(uint64(i), n, blue, green, c.routes, c.rules)
				if got.fail > most(c.rules.Level, n) {
					t.Errorf("%.4f of %d fail, at most %v should", got.fail, n, c.rules.Level)
				}
				if got.pass > most(c.pass, n) {
					t.Errorf("%.4f of %d pass, at most %v should", got.pass, n, c.pass)
				}
				t.Logf("of %d: %+v", n, got)
			})
		}
	}
}

// A test that never fails keeps every level.
func TestTheLevelIsMadeUseOf(t *testing.T) {
	n, s := runs(), shapes[1]
	got := simulate(7, n, version{s.draw, 1, 0}, version{s.draw, 1, 0}, 1, Rules{Level: 0.05, Samples: 60, Least: 50, Errors: 1})
	if got.fail < 0.05-(most(0.05, n)-0.05)-0.01 {
		t.Errorf("only %.3f fail at a level of 0.05", got.fail)
	}
	if got := simulate(8, n, version{s.draw, 1, 0}, version{s.draw, 1.25, 0}, 1, usual(300)); got.fail < 0.9 || got.pass > 0 {
		t.Errorf("a quarter slower is %+v", got)
	}
	if got := simulate(9, n, version{s.draw, 1, 0}, version{s.draw, 1, 0.01}, 1, usual(1200)); got.fail < 0.5 {
		t.Errorf("one more error in a hundred is %+v", got)
	}
	if got := simulate(10, n, version{s.draw, 1, 0.005}, version{s.draw, 1, 0.005}, 1, usual(300)); got.pass < 0.6 {
		t.Errorf("an equal green is %+v", got)
	}
}

// The bounds must hold as often as they say, whatever the shape.
func TestIntervalsCoverWhatIsTrue(t *testing.T) {
	for i, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			n, r := runs(), source(uint64(20+i))
			ratio, superior := 0, 0
			for range n {
				blue, green := version{s.draw, 1, 0}.answers(r, 100), version{s.draw, 1.2, 0}.answers(r, 100)
				l, _ := latencyTest(blue.latencies, green.latencies, usual(100))
				if l.Ratio.Low <= 1.2 && 1.2 <= l.Ratio.High {
					ratio++
				}
				same, _ := latencyTest(blue.latencies, version{s.draw, 1, 0}.answers(r, 100).latencies, usual(100))
				if same.Superiority.Low <= 0.5 && 0.5 <= same.Superiority.High {
					superior++
				}
			}
			least := 0.9 - (most(0.9, n) - 0.9)
			if got := float64(ratio) / float64(n); got < least {
				t.Errorf("the ratio's interval covers it in %.3f of %d", got, n)
			}
			if got := float64(superior) / float64(n); got < least {
				t.Errorf("superiority's interval covers it in %.3f of %d", got, n)
			}
		})
	}
}
