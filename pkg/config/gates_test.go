package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func frozenBy(t *testing.T, freezes string) Gates {
	t.Helper()
	c, err := Parse([]byte(`{"services": [{"name": "shop", "gates": {"freeze": `+freezes+`}}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	return c.Services[0].Gates
}

func TestFreezesAreTimesOfDayInTheirZoneAndDates(t *testing.T) {
	for name, c := range map[string]struct {
		freezes, at, until string // until empty: not frozen
	}{
		"a weekend, within":             {`[{"name": "w", "days": ["sat", "sun"]}]`, "2026-11-28T12:00:00Z", "2026-11-30T00:00:00Z"},
		"a weekend, before":             {`[{"name": "w", "days": ["sat", "sun"]}]`, "2026-11-27T23:59:59Z", ""},
		"a weekend, its end":            {`[{"name": "w", "days": ["sat", "sun"]}]`, "2026-11-30T00:00:00Z", ""},
		"a night, its first half":       {`[{"name": "n", "days": ["fri"], "from": "18:00", "to": "08:00"}]`, "2026-11-27T18:00:00Z", "2026-11-28T08:00:00Z"},
		"a night, its second half":      {`[{"name": "n", "days": ["fri"], "from": "18:00", "to": "08:00"}]`, "2026-11-28T07:59:00Z", "2026-11-28T08:00:00Z"},
		"a night that is not this one":  {`[{"name": "n", "days": ["fri"], "from": "18:00", "to": "08:00"}]`, "2026-11-27T07:00:00Z", ""},
		"in another zone":               {`[{"name": "n", "timeZone": "Europe/Berlin", "from": "18:00", "to": "20:00"}]`, "2026-11-27T17:30:00Z", "2026-11-27T19:00:00Z"},
		"in another zone, too early":    {`[{"name": "n", "timeZone": "Europe/Berlin", "from": "18:00", "to": "20:00"}]`, "2026-11-27T16:59:00Z", ""},
		"in summer":                     {`[{"name": "n", "timeZone": "Europe/Berlin", "from": "18:00", "to": "20:00"}]`, "2026-07-01T16:30:00Z", "2026-07-01T18:00:00Z"},
		"a day on which clocks change":  {`[{"name": "d", "timeZone": "Europe/Berlin", "days": ["sun"]}]`, "2026-10-25T22:30:00Z", "2026-10-25T23:00:00Z"},
		"between dates":                 {`[{"name": "x", "from": "2026-12-23T18:00", "to": "2027-01-02T08:00"}]`, "2026-12-31T00:00:00Z", "2027-01-02T08:00:00Z"},
		"after dates":                   {`[{"name": "x", "from": "2026-12-23T18:00", "to": "2027-01-02T08:00"}]`, "2027-01-02T08:00:00Z", ""},
		"one that follows on another":   {`[{"name": "a", "from": "10:00", "to": "12:00"}, {"name": "b", "from": "11:00", "to": "13:00"}]`, "2026-11-27T10:30:00Z", "2026-11-27T13:00:00Z"},
		"a whole day whose end is next": {`[{"name": "d", "days": ["fri"], "from": "00:00", "to": "24:00"}]`, "2026-11-27T23:59:59Z", "2026-11-28T00:00:00Z"},
		"one that begins when it ends":  {`[{"name": "d", "days": ["fri"], "from": "09:00", "to": "09:00"}]`, "2026-11-28T08:59:00Z", "2026-11-28T09:00:00Z"},
		"none at all":                   {`[]`, "2026-11-27T10:30:00Z", ""},
		"of two the one that is frozen": {`[{"name": "a", "days": ["mon"]}, {"name": "b", "days": ["fri"]}]`, "2026-11-27T10:30:00Z", "2026-11-28T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			_, until, frozen := frozenBy(t, c.freezes).Frozen(at)
			if got := until.UTC().Format(time.RFC3339); frozen != (c.until != "") || frozen && got != c.until {
				t.Errorf("%v until %s", frozen, got)
			}
		})
	}
}

func TestWhenAFreezeEndsNothingIsFrozenAnyMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.SampledFrom(weekdays)
		clock := rapid.SampledFrom([]string{"00:00", "02:30", "12:00", "23:59"})
		var g Gates
		for range rapid.IntRange(1, 3).Draw(t, "freezes") {
			g.Freeze = append(g.Freeze, Freeze{Name: "f", TimeZone: rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York"}).Draw(t, "zone"),
				Days: rapid.SliceOfN(day, 1, 2).Draw(t, "days"), From: clock.Draw(t, "from"), To: clock.Draw(t, "to")})
		}
		at := time.Unix(rapid.Int64Range(1750000000, 1800000000).Draw(t, "at"), 0)
		_, until, frozen := g.Frozen(at)
		if _, _, still := g.Frozen(until); frozen && (still || !until.After(at)) {
			t.Fatalf("frozen at %s until %s: still %v", at, until, still)
		}
	})
}
