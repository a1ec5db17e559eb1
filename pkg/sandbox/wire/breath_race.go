//go:build race

package wire

import "time"

// breath is longer where client and server are in one program that the race detector slows.
const breath = 5 * time.Millisecond
