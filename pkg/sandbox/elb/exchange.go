package elb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync"
	"time"
)

// small bodies are sent before the answer is read: they fit the buffers of the connection, so neither side waits.
const small = 4 << 10

// exchange sends a request on c and reads its answer up to the body, which is streamed. The connection goes back to
// the link when the body has been read to its end. After an error it is the caller's to close.
func (l *link) exchange(c *conn, r *http.Request) (*http.Response, error) {
	e := &exchange{link: l, conn: c, quit: context.AfterFunc(r.Context(), func() { c.Close() })}
	if r.Body == nil || r.ContentLength > 0 && r.ContentLength <= small {
		if err := e.send(r); err != nil {
			e.quit()
			return nil, err
		}
	} else {
		e.sent = make(chan error, 1)
		go func() { e.sent <- e.send(r) }()
	}
	res, err := e.answer(r)
	if err != nil {
		e.quit()
		if ctx := r.Context(); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return res, nil
}

// exchange is one request and its answer.
type exchange struct {
	link *link
	conn *conn
	quit func() bool // takes back that the connection ends with the request's context
	sent chan error  // how a body that is sent beside the reading went; nil when there is none

	mu       sync.Mutex
	answered bool // the time-out is over

	body io.ReadCloser // of the answer
	last bool          // request of the connection
	over bool
}

// ends is how long a whole answer waits for the end of a request that is still being sent.
const ends = 50 * time.Millisecond

// send writes the request. The time-out of the answer begins when all is sent.
func (e *exchange) send(r *http.Request) error {
	body := r.Body
	var from *upload
	if body != nil {
		from = &upload{ReadCloser: body}
		r = r.WithContext(r.Context())
		r.Body = from
	}
	err := r.Write(e.conn.out)
	if err == nil {
		err = e.conn.out.Flush()
	}
	if err != nil && from != nil && from.failed {
		e.conn.Close() // the target would wait for the rest; one that refused a body may still say why
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil && !e.answered {
		err = e.conn.SetReadDeadline(time.Now().Add(e.link.timeout))
	}
	return err
}

// hears ends the time-out: the headers of the answer are there.
func (e *exchange) hears() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answered = true
	return e.conn.SetReadDeadline(time.Time{})
}

// upload remembers that it was the client who failed.
type upload struct {
	io.ReadCloser
	failed bool
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.failed = err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// answer reads the headers of the answer, those of interim answers before it.
func (e *exchange) answer(r *http.Request) (*http.Response, error) {
	c := e.conn
	for {
		c.head = maxHeader
		res, err := http.ReadResponse(c.in, r)
		c.head = -1
		if err != nil {
			return nil, err
		}
		switch {
		case res.StatusCode == http.StatusSwitchingProtocols:
			e.quit()
			res.Body = tunnel{c}
			return res, e.hears()
		case res.StatusCode >= 200:
			e.body, e.last = res.Body, res.Close
			if err := e.hears(); err != nil {
				return nil, err
			}
			if res.Body == http.NoBody {
				e.end(true)
				return res, nil
			}
			res.Body = e
			return res, nil
		case res.StatusCode != http.StatusContinue:
			if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.Got1xxResponse != nil {
				if err := t.Got1xxResponse(res.StatusCode, textproto.MIMEHeader(res.Header)); err != nil {
					return nil, err
				}
			}
		}
	}
}

// Read implements io.Reader for the answer's body.
func (e *exchange) Read(p []byte) (int, error) {
	n, err := e.body.Read(p)
	if err == io.EOF {
		e.end(true)
	}
	return n, err
}

// Close implements io.Closer. A body that is not read to its end costs the connection.
func (e *exchange) Close() error {
	e.end(false)
	return nil
}

// end lets the connection go: to the link when both sides have said all, else away.
func (e *exchange) end(whole bool) {
	if e.over {
		return
	}
	e.over = true
	if !e.quit() || !whole || e.last || !e.said() || e.conn.in.Buffered() > 0 {
		e.conn.Close()
		return
	}
	e.link.keep(e.conn)
}

// said reports whether the whole request was sent. A target may answer without reading it all.
func (e *exchange) said() bool {
	if e.sent == nil {
		return true
	}
	select {
	case err := <-e.sent:
		return err == nil
	case <-time.After(ends):
		return false
	}
}

// tunnel is a connection after both sides agreed to speak another protocol.
type tunnel struct{ *conn }

// Read gives what came with the answer's headers first.
func (t tunnel) Read(p []byte) (int, error) { return t.in.Read(p) }

// CloseWrite lets one side end while the other still speaks.
func (t tunnel) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return t.Close()
}
