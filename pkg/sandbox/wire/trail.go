package wire

import (
	"errors"
	"sync"

	"github.com/aws/smithy-go"
)

type trail struct {
	mu      sync.Mutex
	entries []Entry
}

func (t *trail) add(limit int, e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.entries) >= limit {
		t.entries = append(t.entries[:0], t.entries[len(t.entries)-limit/2:]...)
	}
	t.entries = append(t.entries, e)
}

func (t *trail) all() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Entry(nil), t.entries...)
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
