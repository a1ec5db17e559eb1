package compare

import (
	"cmp"
	"slices"
)

// adjust corrects the tests of a family for their number by Holm's step-down method (Scandinavian Journal of
// Statistics 6, 1979, pages 65-70), whatever the tests have to do with each other. It returns how many there are.
//
// Holm's and not Benjamini and Hochberg's: one failed test refuses green, so what must be rare is one false alarm
// among all tests. The share of false ones among many alarms, which theirs bounds, is of no use to a gate.
//
// A test that no answers with the same totals could make fail is not of the family, because it has no try (Tarone,
// Biometrics 46, 1990, pages 515-522): a route on which nobody erred has no errors to compare.
func adjust(family []*Test) int {
	ordered := slices.SortedFunc(slices.Values(family), func(a, b *Test) int { return cmp.Compare(a.P, b.P) })
	last := 0.0
	for i, t := range ordered {
		last = max(last, min(float64(len(family)-i)*t.P, 1))
		t.Adjusted = last
	}
	return len(family)
}
