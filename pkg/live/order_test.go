package live

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAnOrderThatIsWrittenIsReadBack(t *testing.T) {
	at := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	word := rapid.StringMatching(`[A-Za-z0-9._:/@+=-]{1,20}`).Filter(func(s string) bool {
		return s != "to" && s != "by" && s != "until" && s != "because"
	})
	rapid.Check(t, func(r *rapid.T) {
		o := Order{
			Subjects: rapid.SliceOfN(word, 0, 5).Draw(r, "subjects"), To: rapid.OneOf(rapid.Just(""), word).Draw(r, "to"),
			By: word.Draw(r, "by"), Because: strings.Join(rapid.SliceOfN(word, 0, 40).Draw(r, "why"), " "),
		}
		if rapid.Bool().Draw(r, "ends") {
			o.Until = at.Add(time.Duration(rapid.IntRange(1, 1e6).Draw(r, "seconds")) * time.Second)
		}
		value, err := o.Value()
		if err != nil || len(value) > 256 {
			r.Fatalf("%q: %v", value, err)
		}
		got := *ReadHand(map[string]string{TagPin: value}, at).Pin
		if !strings.HasPrefix(o.Because, got.Because) {
			r.Errorf("the reason %q was read as %q", o.Because, got.Because)
		}
		o.Text, o.Because, got.Because = value, "", ""
		if len(o.Subjects) == 0 {
			o.Subjects = nil
		}
		if diff := cmp.Diff(o, got); diff != "" {
			r.Error(diff)
		}
	})
}

func TestWhatATagCannotHoldIsLeftOutOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		order Order
		want  string
	}{
		"marks in a reason":     {Order{By: "bob", Because: "v8 is slow, (see #12)"}, "by bob because v8 is slow see 12"},
		"only marks":            {Order{By: "bob", Because: "!?"}, "by bob"},
		"nothing":               {Order{}, ""},
		"only a reason":         {Order{Because: "of the sale"}, "because of the sale"},
		"who is no word":        {Order{By: "alice smith"}, "error"},
		"an image with a comma": {Order{Subjects: []string{"a,b"}}, "error"},
		"too many images":       {Order{Subjects: strings.Fields(strings.Repeat(digest+" ", 4))}, "error"},
	} {
		got, err := c.order.Value()
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: %q (%v), not %q", name, got, err, c.want)
		}
	}
	long, err := Order{By: "bob", Because: strings.Repeat("größe ", 60)}.Value()
	if err != nil || len(long) > 256 || len(long) < 245 || !strings.HasSuffix(long, " größe") {
		t.Errorf("a long reason became %d bytes, %q: %v", len(long), long, err)
	}
}

func TestABlockKeepsWhatWasBlockedBeforeAndGoesBackToTheLatest(t *testing.T) {
	image := func(n, tag string) Image { return Image{Tag: tag, Digest: "sha256:" + strings.Repeat(n, 64)} }
	first := (*Order)(nil).Block(image("3", "v3"), image("2", "v2"), "alice", "of a leak")
	if diff := cmp.Diff(Order{Subjects: []string{"sha256:333333333333"}, To: "v2@" + image("2", "").Digest, By: "alice", Because: "of a leak"}, first); diff != "" {
		t.Error(diff)
	}
	second := first.Block(image("2", "v2"), image("1", ""), "bob", "")
	if !second.Names(image("3", "v3")) || !second.Names(image("2", "")) || second.Names(image("1", "")) || second.To != image("1", "").Digest || second.By != "bob" {
		t.Errorf("%+v", second)
	}
	if again := second.Block(image("2", "v2"), Image{}, "bob", ""); len(again.Subjects) != 2 || again.To != "" {
		t.Errorf("blocked again: %+v", again)
	}
	many := second
	for _, n := range strings.Split("456789abcdef", "") {
		many = many.Block(image(n, "v"+n), image("1", strings.Repeat("long", 20)), "bob", "")
		if _, err := many.Value(); err != nil || !many.Names(image(n, "")) {
			t.Fatalf("%+v: %v", many, err)
		}
	}
	if many.Names(image("3", "")) {
		t.Error("the oldest of many was kept")
	}
}
