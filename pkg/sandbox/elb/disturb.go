package elb

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// Disturbance is what befalls a request on its way to a target. The zero value is nothing.
type Disturbance struct {
	// Delay of the answer, in real time.
	Delay time.Duration
	// Status that is answered in the target's stead; 0: the target answers.
	Status int
}

// disturbed sends a request to a target of g, or lets befall it what Options.Disturb says.
func (s *Service) disturbed(r *http.Request, g *group, addr string, check bool, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	if s.opts.Disturb == nil {
		return send(r)
	}
	d := s.opts.Disturb(g.name, addr, check)
	if d.Delay > 0 {
		timer := time.NewTimer(d.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		}
	}
	if d.Status == 0 {
		return send(r)
	}
	if r.Body != nil {
		r.Body.Close()
	}
	return &http.Response{
		StatusCode: d.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Body:   io.NopCloser(strings.NewReader(http.StatusText(d.Status))),
	}, nil
}
