package compare

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/aclements/go-moremath/stats"
	"pgregory.net/rapid"
)

// near allows for the last digits of other arithmetic.
func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Max(math.Abs(want), 1e-300) || got == want
}

func TestSciPyAndRSayTheSame(t *testing.T) {
	raw, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		By   string
		Rank []struct {
			Name        string
			Blue, Green []float64
			U, P        float64
			Shift       struct {
				Exact                      bool
				Estimate, Low, High, Ratio float64
			}
		}
		Fisher []struct {
			BlueHits, Blue, GreenHits, Green int
			P                                float64
		}
		Holm []struct{ P, Adjusted []float64 }
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded.Rank) < 8 || len(recorded.Fisher) < 7 || len(recorded.Holm) < 4 {
		t.Fatalf("%s: %d, %d and %d records", recorded.By, len(recorded.Rank), len(recorded.Fisher), len(recorded.Holm))
	}
	for _, r := range recorded.Rank {
		t.Run(r.Name, func(t *testing.T) {
			blue, green := slices.Sorted(slices.Values(r.Blue)), slices.Sorted(slices.Values(r.Green))
			if u := wins(blue, green); u != r.U {
				t.Errorf("U is %v, want %v", u, r.U)
			}
			if p := slower(blue, green); !near(p, r.P, 1e-9) {
				t.Errorf("p is %v, want %v", p, r.P)
			}
			got := shift(blue, green)
			if !near(got.Estimate, r.Shift.Estimate, 1e-9) {
				t.Errorf("shift is %v, want %v", got.Estimate, r.Shift.Estimate)
			}
			if ratio := shift(logarithms(blue), logarithms(green)).factors().Estimate; !near(ratio, r.Shift.Ratio, 1e-4) {
				t.Errorf("ratio is %v, want %v", ratio, r.Shift.Ratio)
			}
			// R counts exactly where this takes the normal distribution; with ties it solves for a point between pairs.
			const off, solved = 1, 1e-3
			for _, bound := range []struct {
				name      string
				got, want float64
			}{{"low", got.Low, r.Shift.Low}, {"high", got.High, r.Shift.High}} {
				if !r.Shift.Exact {
					if math.Abs(bound.got-bound.want) > solved {
						t.Errorf("%s bound is %v, want %v", bound.name, bound.got, bound.want)
					}
					continue
				}
				const slack = 1e-7
				before, after := count(blue, green, bound.want-slack), count(blue, green, bound.want+slack)
				at := count(blue, green, bound.got)
				if at < before-off || at > after+off {
					t.Errorf("%s bound is %v, pair %d; want %v, pair %d to %d", bound.name, bound.got, at, bound.want, before, after)
				}
			}
		})
	}
	for _, f := range recorded.Fisher {
		if p := oftener(f.BlueHits, f.Blue, f.GreenHits, f.Green); !near(p, f.P, 1e-8) {
			t.Errorf("%+v: p is %v", f, p)
		}
	}
	for _, h := range recorded.Holm {
		var family []*Test
		for _, p := range h.P {
			family = append(family, &Test{P: p})
		}
		adjust(family)
		for i, test := range family {
			if !near(test.Adjusted, h.Adjusted[i], 1e-12) {
				t.Errorf("%v adjusts to %v at %d, want %v", h.P, test.Adjusted, i, h.Adjusted[i])
			}
		}
	}
}

// The examples of Newcombe 1998, table II, method 10, with 95% intervals of two sides.
func TestNewcombesOwnExamplesComeOut(t *testing.T) {
	z := stats.StdNormal.InvCDF(0.975)
	for _, c := range []struct {
		a, m, b, n int
		low, high  float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090}, {6, 7, 2, 7, 0.0582, 0.8062}, {5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775}, {0, 10, 0, 10, -0.2775, 0.2775}, {10, 10, 0, 20, 0.6791, 1}, {10, 10, 0, 10, 0.6075, 1},
	} {
		got := newcombeAt(c.a, c.m, c.b, c.n, z)
		if math.Abs(got.Low-c.low) > 5e-5 || math.Abs(got.High-c.high) > 5e-5 {
			t.Errorf("%d/%d-%d/%d is %.4f to %.4f, want %.4f to %.4f", c.a, c.m, c.b, c.n, got.Low, got.High, c.low, c.high)
		}
	}
}

func TestAPairIsFoundWithoutListingThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few distinct values make many ties.
		value := rapid.Map(rapid.IntRange(1, 400), func(i int) float64 { return float64(i) / 7 })
		blue, green := rapid.SliceOfN(value, 1, 25).Draw(t, "blue"), rapid.SliceOfN(value, 1, 25).Draw(t, "green")
		slices.Sort(blue)
		slices.Sort(green)
		var all []float64
		for _, b := range blue {
			for _, g := range green {
				all = append(all, g-b)
			}
		}
		slices.Sort(all)
		k := rapid.IntRange(1, len(all)).Draw(t, "k")
		if got := pair(blue, green, k); got != all[k-1] {
			t.Fatalf("pair %d is %v, want %v of %v", k, got, all[k-1], all)
		}
	})
}

func TestExactAndApproximateReachMeet(t *testing.T) {
	for _, n := range []int{12, 16, 20} {
		for _, chance := range []float64{0.05, 0.025, 0.01} {
			a := float64(n)
			approximate := math.Floor(a*a/2 - 0.5 + stats.StdNormal.InvCDF(chance)*math.Sqrt(a*a*(2*a+1)/12))
			if exact := reach(n, n, chance); math.Abs(float64(exact)-approximate) > 1 {
				t.Errorf("%d at %v: exactly %d, nearly %.0f", n, chance, exact, approximate)
			}
		}
	}
	if got := reach(3, 3, 0.01); got != -1 {
		t.Errorf("three of each can reach 1%%: %d", got)
	}
}
