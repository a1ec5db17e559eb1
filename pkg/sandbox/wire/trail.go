package wire

import (
	"errors"
	"sync"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/recent"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

type trail struct {
	mu      sync.Mutex
	entries recent.Ring[Entry]
	signal.Signal
}

func (t *trail) add(e Entry) {
	defer t.Raise()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries.Add(e)
}

func (t *trail) since(seen int) ([]Entry, int, <-chan struct{}) {
	changed := t.Changed()
	t.mu.Lock()
	defer t.mu.Unlock()
	entries, next := t.entries.Since(seen)
	return entries, next, changed
}

// codeOf is the code under which an error goes over the wire.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return "InternalFailure"
}
