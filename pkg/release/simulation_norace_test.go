//go:build !race

package release

// manySchedules fit into a quarter of a minute.
const manySchedules = 12000
