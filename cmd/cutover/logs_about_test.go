package main

import (
	"fmt"
	"slices"
	"testing"
)

func TestWhatIsAboutOneDeploymentIsToldFromItsPushToItsEnd(t *testing.T) {
	const first, second = "8cb4fd189884-92c0a0e44b3e", "000000000000-92c0a0e44b3e"
	outcome := func(decision, wish, deployment string) string {
		return fmt.Sprintf(`{"msg":"outcome","decision":%q,"reason":"r","wish":%q,"deployment":%q}`, decision, wish, deployment)
	}
	texts := []string{
		outcome("Hold", first, ""),      // a gate
		outcome("Deploy", first, "d-1"), // starts
		outcome("Busy", second, "d-1"),  // another waits for it
		`{"msg":"verdict","service":"web","verdict":{"deployment":"d-1","wish":"` + first + `","outcome":"Succeeded","reason":"r"}}`,
		`{"msg":"watched","diagnosis":{"decision":"Waiting","reason":"r","deployment":"d-1"}}`,
		outcome("Current", first, ""),    // ended
		outcome("Deploy", second, "d-2"), // the other
		`{"msg":"verdict","verdict":{"deployment":"d-2","wish":"` + second + `","outcome":"Failed","reason":"r"}}`,
		"listening on :80",
	}
	var lines []logLine
	for i, text := range texts {
		lines = append(lines, logLine{id: fmt.Sprint(i), text: text})
	}
	of := func(id string) (ids []string) {
		for _, l := range about(lines, id) {
			ids = append(ids, l.id)
		}
		return ids
	}
	for id, want := range map[string][]string{
		"d-1": {"0", "1", "2", "3", "4", "5"}, first: {"0", "1", "2", "3", "4", "5"}, "d-2": {"2", "6", "7"}, second: {"2", "6", "7"},
		"8cb4fd189884": {"0", "1", "2", "3", "4", "5"}, "d-3": nil, "": {"0", "1", "2", "3", "4", "5", "6", "7", "8"},
	} {
		if got := of(id); !slices.Equal(got, want) {
			t.Errorf("about %q: %v, want %v", id, got, want)
		}
	}
}
