package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// mostViewers of one service at a time.
	mostViewers = 16
	// heartbeat is how long a stream is silent at the most, so that a viewer who has gone is noticed.
	heartbeat = 15 * time.Second
	// writeTime is how long a viewer may take to take a message.
	writeTime = 10 * time.Second
)

// events is the stream of what happens, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
// "state" is how things stand, whole; "traffic" samples and "lines" are those since the message before; "waits" those
// that can be skipped; "trouble" that nothing can be read, or an empty text.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	f, ok := s.feeds[r.PathValue("service")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	select {
	case s.seats <- struct{}{}:
		defer func() { <-s.seats }()
	default:
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer f.join(r.Context())()
	w.Header().Set("Content-Type", "text/event-stream")
	out := stream{w: w, to: http.NewResponseController(w)}
	out.say("begin", len(s.feeds)) // forget what another stream told
	var shown frame
	for samples, lines := 0, 0; ; {
		now, fresh, taken, told, count, next := f.look(samples, lines)
		samples, lines = taken, count
		if now.number > 0 && now.number != shown.number {
			out.say("state", now.state)
		}
		if len(fresh) > 0 {
			out.say("traffic", fresh)
		}
		if len(told) > 0 {
			out.say("lines", told)
		}
		if now.waits != nil && !same(now.waits, shown.waits) {
			out.say("waits", now.waits)
		}
		if now.trouble != shown.trouble {
			out.say("trouble", now.trouble)
		}
		shown = now
		if out.flush() != nil {
			return
		}
		select {
		case <-next:
		case <-time.After(heartbeat):
			out.beat()
		case <-r.Context().Done():
			return
		}
	}
}

func same(a, b []Wait) bool {
	if len(a) != len(b) || b == nil {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || !a[i].Until.Equal(b[i].Until) {
			return false
		}
	}
	return true
}

// stream writes events; its first error ends it.
type stream struct {
	w   http.ResponseWriter
	to  *http.ResponseController
	err error
}

func (s *stream) say(event string, data any) {
	text, err := json.Marshal(data) // one line
	if err == nil {
		s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, text))
	} else if s.err == nil {
		s.err = err
	}
}

func (s *stream) beat() { s.write(": still here\n\n") }

func (s *stream) write(text string) {
	if s.err != nil {
		return
	}
	if s.err = s.to.SetWriteDeadline(time.Now().Add(writeTime)); s.err == nil {
		_, s.err = s.w.Write([]byte(text))
	}
}

func (s *stream) flush() error {
	if s.err == nil {
		s.err = s.to.Flush()
	}
	return s.err
}
