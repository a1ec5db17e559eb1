package wire

import (
	"errors"
	"sync"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

type trail struct {
	mu      sync.Mutex
	entries []Entry
	dropped int // entries that came before those
	signal.Signal
}

func (t *trail) add(limit int, e Entry) {
	defer t.Raise()
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.entries) - limit/2; len(t.entries) >= limit {
		t.entries = append(t.entries[:0], t.entries[n:]...)
		clear(t.entries[len(t.entries) : len(t.entries)+n]) // inputs are not kept for nothing
		t.dropped += n
	}
	t.entries = append(t.entries, e)
}

func (t *trail) since(seen int) ([]Entry, int, <-chan struct{}) {
	changed := t.Changed()
	t.mu.Lock()
	defer t.mu.Unlock()
	from := min(max(seen-t.dropped, 0), len(t.entries))
	return append([]Entry(nil), t.entries[from:]...), t.dropped + len(t.entries), changed
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
