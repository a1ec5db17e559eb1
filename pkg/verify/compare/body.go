package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Body is how bodies are compared.
type Body string

// The ways: green may add to blue's structure but take nothing away; it may do neither; nobody looks.
const (
	BodyCompatible Body = "compatible"
	BodySame       Body = "same"
	BodyIgnored    Body = "ignore"
)

// change is an entry that one side has oftener than chance would.
type change struct {
	entry
	p float64
}

// bodyTest asks whether green lacks what stands in blue's bodies, or has what does not. How often blue itself has an
// entry is the noise: what blue leaves out now and then, green may leave out as often (Fisher's exact test, corrected
// for the number of entries that vary at all). The idea of learning the noise from the old version against itself is
// Diffy's (https://blog.x.com/engineering/en_us/a/2015/diffy-testing-services-without-writing-tests).
func bodyTest(b, g *Side, rules Rules) (Test, []string) {
	t := Test{Of: "body", P: 1, Adjusted: 1, otherwise: Pass, fine: "green's bodies have the structure of blue's"}
	blue, green := len(b.latencies), len(g.latencies)
	var varying []entry
	var added []string
	known := places(b.shapes)
	for e := range union(b.shapes, g.shapes) {
		if under(e.place, rules.Ignore) {
			continue
		}
		if b.shapes[e] < blue || g.shapes[e] < green {
			varying = append(varying, e)
		}
		if g.shapes[e] == green && !known[e.place] && known[parent(e.place)] && !b.more {
			added = append(added, e.place)
		}
	}
	slices.Sort(added)
	t.idle = len(varying) == 0
	var changes []change
	for _, e := range varying {
		p := oftener(g.shapes[e], green, b.shapes[e], blue)
		if rules.Body == BodySame {
			p = differs(b.shapes[e], blue, g.shapes[e], green)
		}
		p = min(p*float64(len(varying)), 1)
		t.P = min(t.P, p)
		if p < rules.Level {
			changes = append(changes, change{e, p})
		}
	}
	if b.more || g.more {
		t.fine += fmt.Sprintf(", as far as the first %d places tell", mostEntries)
	}
	t.worse = "green's bodies have another structure: " + listed(tellChanges(changes, b, g))
	return t, slices.Compact(added)
}

func union(a, b map[entry]int) map[entry]int {
	all := maps.Clone(a)
	if all == nil {
		all = map[entry]int{}
	}
	maps.Copy(all, b)
	return all
}

// places are those of entries, the root among them.
func places(shapes map[entry]int) map[string]bool {
	all := map[string]bool{"": true}
	for e := range shapes {
		all[e.place] = true
	}
	return all
}

// tellChanges are sentences, those nearest the root first; what follows from one is left out.
func tellChanges(changes []change, b, g *Side) []string {
	slices.SortFunc(changes, func(x, y change) int {
		return cmp.Or(cmp.Compare(len(x.place), len(y.place)), cmp.Compare(x.place, y.place), cmp.Compare(x.p, y.p))
	})
	var told []string
	gone := map[string]bool{}
	for _, c := range changes {
		if gone[c.place] || above(c.place, gone) {
			continue
		}
		gone[c.place] = true
		told = append(told, fmt.Sprintf("%s is %s in %d of %d of blue's answers and %d of %d of green's%s", c.entry, c.kind,
			b.shapes[c.entry], len(b.latencies), g.shapes[c.entry], len(g.latencies), instead(c.entry, b.shapes, g.shapes)))
	}
	return told
}

// instead tells what green has oftener than blue at an entry's place.
func instead(e entry, blue, green map[entry]int) string {
	most := entry{}
	for other := range green {
		gain := green[other] - blue[other]
		if other.place == e.place && other.kind != e.kind && gain > 0 && (most.kind == "" || gain > green[most]-blue[most]) {
			most = other
		}
	}
	if most.kind == "" {
		return ""
	}
	return fmt.Sprintf(", where it is %s in %d", most.kind, green[most])
}

// above reports whether a place lies under one of these.
func above(place string, gone map[string]bool) bool {
	for place != "" {
		place = parent(place)
		if gone[place] {
			return true
		}
	}
	return false
}

// parent is the place that a place stands in.
func parent(place string) string {
	for i := len(place) - 1; i > 0; i-- {
		switch {
		case place[i] == '.':
			return place[:i]
		case place[i] == '[' && i+2 == len(place):
			return place[:i]
		}
	}
	return ""
}
