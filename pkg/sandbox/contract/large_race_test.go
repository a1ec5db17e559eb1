//go:build race

package contract_test

// raceDetector looks at each byte of a large body, at ten times the cost, and so has one a service.
const raceDetector = true
