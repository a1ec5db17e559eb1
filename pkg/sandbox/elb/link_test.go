package elb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// linked is a link to a server on the loopback.
func linked(t *testing.T, h http.Handler) (*link, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	l := &link{timeout: 10 * time.Second, dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}}
	t.Cleanup(l.CloseIdleConnections)
	return l, server
}

// carried is what came of a request, as a text.
func carried(t *testing.T, rt http.RoundTripper, method, url string, body io.Reader, length int64) string {
	t.Helper()
	var hints []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hints = append(hints, fmt.Sprint(code, h["Link"]))
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.ContentLength = length
		r.Trailer = http.Header{"X-Sum": {"42"}}
		if length > 0 {
			r.Trailer = nil
		}
	}
	res, err := rt.RoundTrip(r)
	if err != nil {
		return "error"
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if len(got) > 100 {
		got = fmt.Appendf(nil, "%d bytes", len(got))
	}
	res.Header.Del("Date")
	return fmt.Sprint(res.StatusCode, hints, res.Header, res.ContentLength, res.TransferEncoding, string(got), res.Trailer, err)
}

func TestALinkCarriesWhatTheStandardTransportCarries(t *testing.T) {
	l, server := linked(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			w.Header().Set("X-Seen", fmt.Sprint(r.Method, r.ContentLength, r.TransferEncoding, r.Header["X-Forwarded-For"]))
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Trailer", r.Trailer.Get("X-Sum"))
			_, _ = w.Write(body)
		case "/stream":
			w.Header().Set("Trailer", "X-Took")
			for range 3 {
				_, _ = io.WriteString(w, "part ")
				_ = http.NewResponseController(w).Flush()
			}
			w.Header().Set("X-Took", "3")
		case "/hints":
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "page")
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/last":
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, "bye")
		case "/refuse":
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		case "/die":
			panic(http.ErrAbortHandler)
		case "/short":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "not all")
			panic(http.ErrAbortHandler)
		}
	}))
	standard := &http.Transport{DisableCompression: true}
	defer standard.CloseIdleConnections()
	large := strings.Repeat("x", 1<<20)
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/echo", ""}, {"HEAD", "/echo", ""}, {"DELETE", "/echo", ""}, {"POST", "/echo", "small"}, {"PUT", "/echo", large}, {"POST", "/echo", "chunked"},
		{"GET", "/stream", ""}, {"GET", "/hints", ""}, {"GET", "/empty", ""}, {"GET", "/last", ""}, {"GET", "/last", ""}, {"POST", "/refuse", "small"},
		{"GET", "/die", ""}, {"POST", "/die", "small"}, {"GET", "/short", ""}, {"GET", "/none", ""}, {"OPTIONS", "/echo", ""},
	} {
		var got [2]string
		for i, rt := range []http.RoundTripper{standard, l} {
			var body io.Reader
			length := int64(len(c.body))
			if c.body != "" {
				body = strings.NewReader(c.body)
			}
			if c.body == "chunked" {
				length = -1
			}
			got[i] = carried(t, rt, c.method, server.URL+c.path, body, length)
		}
		if d := cmp.Diff(got[0], got[1]); d != "" {
			t.Errorf("%s %s (-standard +link): %s", c.method, c.path, d)
		}
	}
}

func TestAConnectionIsUsedAgainAndAClosedOneCostsNoRequest(t *testing.T) {
	l, server := linked(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	opened := 0
	dial := l.dial
	l.dial = func(ctx context.Context) (net.Conn, error) { opened++; return dial(ctx) }
	post := func(body string, length int64) {
		t.Helper()
		if got := carried(t, l, "POST", server.URL, io.MultiReader(strings.NewReader(body)), length); !strings.HasPrefix(got, "200") {
			t.Error(got)
		}
	}
	for range 5 {
		post("body", 4)
		post("streamed", -1)
		_ = carried(t, l, "GET", server.URL, nil, 0)
	}
	if opened != 1 {
		t.Errorf("15 requests in turn opened %d connections", opened)
	}
	closed := l.idle[0]
	server.CloseClientConnections()
	// The end of the connection is on its way through the loopback; reading waits for it.
	if _, err := closed.Conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && err == nil {
		t.Fatal(err)
	}
	post("after the target hung up", 24)
	if opened != 2 {
		t.Errorf("%d connections", opened)
	}
}

func TestHeadersWithoutEndAreRefused(t *testing.T) {
	near, far := net.Pipe()
	l := &link{timeout: time.Minute, dial: func(context.Context) (net.Conn, error) { return near, nil }}
	go func() {
		if _, err := http.ReadRequest(bufio.NewReader(far)); err != nil {
			return
		}
		if _, err := io.WriteString(far, "HTTP/1.1 200 OK\r\n"); err != nil {
			return
		}
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(far, "X-%d: %s\r\n", i, strings.Repeat("y", 1000)); err != nil {
				return
			}
		}
	}()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://target/", nil)
	if _, err := l.RoundTrip(r); !errors.Is(err, errLargeHeader) {
		t.Error(err)
	}
}

func TestAnIdleConnectionIsClosedAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.serve("10.0.0.1", says("hello"))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		c := s.client()
		get(t, c, "http://web:80/")
		held := func() int {
			s.elb.mu.Lock()
			via := s.elb.groups[0].targets[0].via.Load()
			s.elb.mu.Unlock()
			via.mu.Lock()
			defer via.mu.Unlock()
			return len(via.idle)
		}
		time.Sleep(keepAlive - time.Second)
		synctest.Wait()
		if n := held(); n != 1 {
			t.Errorf("%d connections are idle", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := held(); n != 0 {
			t.Errorf("%d connections are idle after their time", n)
		}
	})
}

func TestAClientThatLeavesEndsItsRequestAtTheTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		begun, ended := make(chan struct{}), make(chan struct{})
		s.serve("10.0.0.1", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				close(begun)
				<-r.Context().Done()
				close(ended)
			}
		})
		s.register(g, "10.0.0.1")
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		r, _ := http.NewRequestWithContext(ctx, "GET", "http://web:80/slow", nil)
		client := s.client()
		go func() { <-begun; leave() }()
		if _, err := client.Do(r); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		<-ended
	})
}

func TestAnUpgradedConnectionCarriesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("web")
		s.listener(80, to(g, 1))
		s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") != "echo" {
				return
			}
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome\n")
			for {
				line, err := rw.ReadString('\n')
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, "echo "+line)
			}
		})
		s.register(g, "10.0.0.1")
		synctest.Wait()
		c, err := s.net.dial(t.Context(), "tcp", "web:80")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /socket HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(c)
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(res, err)
		}
		for _, want := range []string{"welcome\n", "echo one\n", "echo two\n"} {
			if got, err := in.ReadString('\n'); err != nil || got != want {
				t.Fatalf("%q, %v; want %q", got, err, want)
			}
			// The idle time-out of a request does not end an upgraded connection.
			time.Sleep(2 * time.Minute)
			if word, ok := map[string]string{"welcome\n": "one\n", "echo one\n": "two\n"}[want]; ok {
				if _, err := io.WriteString(c, word); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
