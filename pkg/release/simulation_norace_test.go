//go:build !race

package release

// manySchedules fit into a quarter of a minute.
const manySchedules = 10000

// stride breaks calls from every step of a story on.
const stride = 1
