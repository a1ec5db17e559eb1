//go:build race

package release

// manySchedules are fewer under the race detector, which makes them ten times as long and finds nothing in them:
// one goroutine runs at a time.
const manySchedules = 800

// stride breaks calls from a story's first step on alone: wherever each comes first.
const stride = 6
