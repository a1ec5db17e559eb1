package live

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAnOperatorsWordsAreRead(t *testing.T) {
	at := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		value string
		want  *Order
	}{
		"whole": {"v7 by alice until 2026-12-01T08:00:00Z because v8 is slow",
			&Order{Subjects: []string{"v7"}, By: "alice", Because: "v8 is slow", Until: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)}},
		"ended":           {"by alice until 2026-11-23T05:00:00Z because of the sale", nil},
		"empty":           {"", &Order{}},
		"several digests": {"sha256:01 sha256:02 by bob", &Order{Subjects: []string{"sha256:01", "sha256:02"}, By: "bob"}},
		"what to go back to": {"sha256:01 to v6@sha256:00 because by and until are slow",
			&Order{Subjects: []string{"sha256:01"}, To: "v6@sha256:00", Because: "by and until are slow"}},
		"a word of its own after who": {"v7 by alice smith", &Order{Subjects: []string{"v7"}, By: "alice"}},
		"an end that cannot be read":  {"by alice until tomorrow", &Order{By: "alice"}},
		"until stands in the reason":  {"by bob because it waits until 2020-01-01T00:00:00Z", &Order{By: "bob", Because: "it waits until 2020-01-01T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := ReadHand(map[string]string{TagPin: c.value}, at)
			if c.want != nil {
				c.want.Text = c.value
			}
			if diff := cmp.Diff(Hand{Pin: c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnOrderNamesImagesByTagAndDigest(t *testing.T) {
	image := Image{Tag: "v7", Digest: digest}
	for subject, want := range map[string]bool{
		"v7": true, "v8": false, digest: true, digest[:19]: true, digest[:18]: false, "": false, "sha256:": false,
		"v7@" + digest: true, "v8@" + digest: true, "v7@sha256:0": false, "@": false,
	} {
		if got := (&Order{Subjects: []string{subject}}).Names(image); got != want {
			t.Errorf("%q: %t", subject, got)
		}
	}
	if (*Order)(nil).Names(image) {
		t.Error("no order names nothing")
	}
}
