package release

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWhateverHappensTheNewestAllowedImageIsLiveOrWasTriedOnce plays many scripts, each for a service of another
// description. CUTOVER_SCHEDULES says how many (a million make a soak), CUTOVER_SEED where to begin; the same seed
// plays the same scripts. A failure is shrunk and told as a story.
func TestWhateverHappensTheNewestAllowedImageIsLiveOrWasTriedOnce(t *testing.T) {
	schedules := fromEnvironment(t, "CUTOVER_SCHEDULES", manySchedules)
	setFlag(t, "rapid.seed", fromEnvironment(t, "CUTOVER_SEED", 20261123))
	setFlag(t, "rapid.checks", schedules/len(shapes()))
	reached := countDecisions(t)
	var mu sync.Mutex
	counted := map[string]int{}
	start := time.Now()
	t.Run("services", func(t *testing.T) {
		for i, of := range shapes() {
			t.Run(of.name, func(t *testing.T) {
				t.Parallel()
				scripts := drawn(i)
				rapid.Check(t, func(r *rapid.T) {
					c := play(scripts.Draw(r, "script"), of, false)
					if c.wrong != "" {
						again := play(c.script, of, true)
						r.Fatalf("%s: %s\n\n%s\n\n%s", of.name, c.wrong, strings.Join(again.told, "\n"), c.script)
					}
					mu.Lock()
					defer mu.Unlock()
					counted["schedules"]++
					for what, n := range c.counted {
						counted[what] += n
					}
				})
			})
		}
	})
	if t.Failed() {
		return
	}
	took := time.Since(start)
	t.Logf("%d schedules in %s, %.0f a second", counted["schedules"], took.Round(time.Millisecond), float64(counted["schedules"])/took.Seconds())
	report(t, counted)
	for _, name := range RuleNames() {
		t.Logf("%8d  %s", reached(name), name)
		if reached(name) == 0 {
			t.Errorf("the row or rule %q was never reached", name)
		}
	}
}

func report(t *testing.T, counted map[string]int) {
	for _, what := range slices.Sorted(maps.Keys(counted)) {
		t.Logf("%8d  %s", counted[what], what)
	}
}

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// setFlag sets a flag for the duration of a test.
func setFlag(t *testing.T, name string, value int) {
	f := flag.Lookup(name)
	was := f.Value.String()
	if err := f.Value.Set(strconv.Itoa(value)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(was) })
}

// countDecisions counts how often each row of the table and each rule of "tried once" applied, until the test's
// end.
func countDecisions(t *testing.T) func(name string) int {
	var mu sync.Mutex
	counts := map[string]int{}
	count := func(name string, applied bool) {
		if applied {
			mu.Lock()
			counts[name]++
			mu.Unlock()
		}
	}
	rows, rules := slices.Clone(table), slices.Clone(tryRules)
	t.Cleanup(func() { copy(table, rows); copy(tryRules, rules) })
	for i, r := range rows {
		table[i].decide = func(desired Desired, o Observed) (Decision, bool) {
			d, applies := r.decide(desired, o)
			count(r.observed, applies)
			return d, applies
		}
	}
	for i, r := range rules {
		tryRules[i].applies = func(l lookedUp) bool {
			applies := r.applies(l)
			count(r.name, applies)
			return applies
		}
	}
	return func(name string) int {
		mu.Lock()
		defer mu.Unlock()
		return counts[name]
	}
}
