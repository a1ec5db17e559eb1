//go:build !race

package wire

import "time"

// breath is enough for all but one of some ten thousand calls on a machine that has much else to do, and the SDK makes
// those again.
const breath = 2 * time.Millisecond
