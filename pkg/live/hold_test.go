package live

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAHoldIsReadBackFromItsMark(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Hold{
			Activities: Activities{rapid.Bool().Draw(t, "in"), rapid.Bool().Draw(t, "out"), rapid.Bool().Draw(t, "scheduled")},
			Since:      time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "since"), 0).UTC(),
		}
		if got, ok := ReadHold(map[string]string{TagHold: h.Value()}); !ok || got != h {
			t.Fatalf("%q reads as %+v, %v", h.Value(), got, ok)
		}
	})
}

func TestAMarkThatSomebodyWroteHoldsWhatItNames(t *testing.T) {
	for value, want := range map[string]Activities{
		"":                             {},
		"everything":                   {},
		"out":                          {Out: true},
		"in scheduled since yesterday": {In: true, Scheduled: true},
		"in since":                     {In: true},
		"since in out":                 {},
	} {
		if got, ok := ReadHold(map[string]string{TagHold: value}); !ok || got.Activities != want || !got.Since.IsZero() {
			t.Errorf("%q reads as %+v, %v", value, got, ok)
		}
	}
	if _, ok := ReadHold(map[string]string{TagPin: "in"}); ok {
		t.Error("a hold is read where there is no mark")
	}
}

func TestActivitiesAreSets(t *testing.T) {
	all, in := AllActivities(), Activities{In: true}
	if all.Without(in).String() != "out, scheduled" || in.And(all) != in || in.Or(all) != all {
		t.Error(all.Without(in), in.And(all), in.Or(all))
	}
}
