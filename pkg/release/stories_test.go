package release

import (
	"slices"
	"strings"
	"testing"
)

// TestStoriesThatOnceWentWrongEndWell are scripts as the simulation shrunk them.
func TestStoriesThatOnceWentWrongEndWell(t *testing.T) {
	for name, s := range map[string]script{
		"what is in progress is not stopped for the same images on a new base, on which they would then be held": {
			shape: 2, single: true, steps: []step{{comes, 0, 0}, {comes, 0, 0}, {breakCall, 0, 0}, {wait, 0, 0}, {stack, 0, 0}}},
		"somebody's deployment is not finished while a task set is left over from another": {
			shape: 0, single: true, steps: []step{{comes, 0, 0}, {wait, 0, 1}, {comes, 0, 0}, {stopByHand, 0, 5}, {console, 0, 0}}},
		"nothing is stopped for the sake of a base that the stack has replaced": {
			shape: 2, steps: []step{{breakCall, 0, 1}, {pause, 11, 0}, {goOn, 0, 0}, {comes, 0, 0}, {wait, 0, 3}, {comes, 0, 0}, {pause, 11, 0},
				{wait, 0, 3}, {stack, 0, 0}}},
		"nothing is finished for the sake of one more try, which is forgotten when there is room": {
			shape: 2, grown: true, single: true, steps: []step{{stack, 0, 0}, {comes, 0, 0}, {wait, 0, 0}, {alarm, 36, 5}, {wait, 38, 0}, {wait, 0, 0},
				{wait, 5, 5}, {invoke, 1, 6}, {wait, 6, 5}}},
		"an operator goes back from an image that the registry does not have any more": {
			shape: 3, grown: true, single: true, steps: []step{{comes, 0, 0}, {wait, 0, 5}, {console, 2, 0}, {hand, 0, 6}, {remove, 1, 0}}},
		"somebody's deployment that fails does not hold a new base back": {
			shape: 0, grown: true, single: true, steps: []step{{console, 0, 0}, {wait, 0, 0}, {fails, 0, 0}, {wait, 0, 4}, {stack, 0, 0}, {wait, 0, 0}}},
		"a task set whose rollback is late is not taken for another deployment's, which is then not stopped in vain": {
			shape: 2, grown: true, single: true, steps: []step{{pause, 0, 0}, {comes, 0, 0}, {comes, 0, 0}, {invoke, 0, 0}, {stack, 0, 0}, {console, 16, 6},
				{retag, 3, 3}, {wait, 60, 0}, {fails, 9, 0}, {retag, 22, 5}, {invoke, 3, 5}}},
		"a spare revision that was registered before all others is not left": {
			shape: 0, single: true, steps: []step{{breakCall, 1, 6}, {comes, 0, 0}, {wait, 0, 0}, {comes, 0, 0}, {wait, 0, 4}, {finishByHand, 1, 0}, {comes, 0, 7}, {stack, 19, 6}}},
		"a deployment that began in the middle of a look is not taken for a task set that nobody made": {
			shape: 6, order: 4, steps: []step{{pause, 3, 0}, {invoke, 0, 0}, {comes, 0, 0}, {wait, 0, 0}, {comes, 0, 0}, {wait, 0, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			if c := play(s, shapes()[s.shape], true); c.wrong != "" {
				t.Errorf("%s\n%s", c.wrong, strings.Join(c.told, "\n"))
			}
		})
	}
}

// TestAFunctionThatFailsAtAnyCallComesToTheSameEnd breaks each call in each way, wherever it comes in a story in which
// the loop makes all of them.
func TestAFunctionThatFailsAtAnyCallComesToTheSameEnd(t *testing.T) {
	reached := map[string]bool{}
	for shape, of := range shapes() {
		s := script{shape: shape, grown: true, single: true, steps: []step{
			{scale, 0, 0}, {comes, 0, 0}, {wait, 0, 7}, {fails, 0, 0}, {wait, 0, 4},
			{comes, 0, 0}, {wait, 0, 0}, {comes, 0, 0}, {wait, 0, 2}, {comes, 0, 0}, {wait, 0, 5}, {stack, 0, 0}, {wait, 0, 6}}}
		var waits []int // no call is made before time passes
		for i, step := range s.steps {
			if step.do == wait {
				waits = append(waits, i)
			}
		}
		end := play(s, of, false)
		for call := range callNames() {
			for kind := throttledCall; kind <= behind; kind++ {
				for n := 0; n < len(waits); n += stride {
					at := waits[n]
					broken := s
					broken.steps = slices.Insert(slices.Clone(s.steps), at, step{breakCall, call, int(kind)})
					c := play(broken, of, false)
					if _, is := c.primary(); c.wrong != "" || is.wish != end.family[len(end.family)-1].wish {
						c = play(broken, of, true)
						t.Errorf("%s: %s %s, from step %d: %s\n%s", of.name, callNames()[call], kind, at, c.wrong, strings.Join(c.told, "\n"))
					}
					for what := range c.counted {
						reached[what] = true
					}
				}
			}
		}
	}
	for _, call := range callNames() {
		for kind := throttledCall; kind < behind; kind++ {
			if what := "fault: " + call + " " + kind.String(); !reached[what] {
				t.Errorf("never: %s", what)
			}
		}
	}
}
