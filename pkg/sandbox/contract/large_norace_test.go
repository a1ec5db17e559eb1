//go:build !race

package contract_test

// raceDetector is not on: every action has its large body.
const raceDetector = false
