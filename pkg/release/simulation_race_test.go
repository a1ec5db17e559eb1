//go:build race

package release

// manySchedules are fewer under the race detector, which makes them ten times as long and finds nothing in them:
// one goroutine runs at a time.
const manySchedules = 1200
