//go:build race

package release

// manySchedules are fewer under the race detector, which makes them ten times as long and finds nothing in them:
// one goroutine runs at a time.
const manySchedules = 800

// stride breaks calls from every other step of a story on.
const stride = 2
