package elb

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// canned is a connection whose other side answers every request with the same words.
type canned struct {
	net.Conn
	words, left []byte
}

func (c *canned) Write(p []byte) (int, error) {
	if bytes.HasSuffix(p, []byte("\r\n\r\n")) {
		c.left = c.words
	}
	return len(p), nil
}

func (c *canned) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *canned) Close() error                    { return nil }
func (c *canned) SetReadDeadline(time.Time) error { return nil }

// mostAllocations of a request on a connection that is open: what net/http makes for an answer, and little of ours.
const mostAllocations = 22

func TestARequestOnAnOpenConnectionAllocatesNoMoreThanItsBudget(t *testing.T) {
	c := &canned{words: []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")}
	l := &link{timeout: time.Minute, dial: func(context.Context) (net.Conn, error) { return c, nil }}
	defer l.CloseIdleConnections()
	r, err := http.NewRequest("GET", "http://target/", nil)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	n := testing.AllocsPerRun(200, func() {
		res, err := l.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = res.Body.Read(buf)
		}
	})
	t.Logf("%.0f allocations", n)
	if n > mostAllocations {
		t.Errorf("%.0f allocations, and the budget is %d", n, mostAllocations)
	}
}
