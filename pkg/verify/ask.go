package verify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// mostBody is how much of an answer is kept. A longer one is judged by its beginning.
const mostBody = 1 << 20

// mostCounted is how much of an answer is read when the check does not say: what has no end by then has none.
const mostCounted = 8 << 20

// mostHeaders bounds an answer's headers, in bytes.
const mostHeaders = 64 << 10

// answer is what came back for one request.
type answer struct {
	status    int
	proto     string // "HTTP/1.1"
	secured   string // "TLS 1.3", empty without
	header    http.Header
	body      []byte
	bytes     int64 // of the body, decompressed, as far as it was read
	truncated bool  // body is not all of it
	endless   bool  // bytes is not all of it
	unpacked  bool  // it came compressed
	firstByte time.Duration
	latency   time.Duration // from the request to the last byte read
	hops      []string      // where redirects led, in order
}

// NewClient returns the client that checks are made with: a fresh connection for each request, so that every
// node of a load balancer gets its share; TLS verified; no redirect followed; every wait and size limited. It speaks
// HTTP/2 where the listener offers it.
func NewClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: mostHeaders,
			DisableKeepAlives:      true,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// clientFor is client for a suite's name and a version of HTTP ("", "1.1" or "2"). A transport that is not the
// standard library's is left as it is.
func clientFor(client *http.Client, serverName, version string) *http.Client {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t, ok := c.Transport.(*http.Transport)
	if !ok || serverName == "" && version == "" {
		return &c
	}
	t = t.Clone()
	// A transport that was used has written what it negotiates into these; the clone begins anew.
	t.TLSNextProto = nil
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.NextProtos = nil
	t.TLSClientConfig.ServerName = serverName
	if version != "" {
		t.ForceAttemptHTTP2 = false
		t.Protocols = &http.Protocols{}
		t.Protocols.SetHTTP1(version == "1.1")
		t.Protocols.SetHTTP2(version == "2")
		t.Protocols.SetUnencryptedHTTP2(version == "2")
	}
	c.Transport = t
	return &c
}

// ask makes one request, follows the redirects it may, and reads the last answer, all no longer than limit. What came
// back before an error is returned with it.
func ask(ctx context.Context, client *http.Client, r request, limit time.Duration) (answer, error) {
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	var hops []string
	for {
		a, location, err := r.exchange(ctx, client, start)
		a.hops = hops
		if err != nil {
			if whole.Err() != nil {
				limit = 0
			}
			return a, plain(err, limit, a)
		}
		if location == "" || r.redirects == 0 {
			return a, nil
		}
		if len(hops) == r.redirects {
			return a, fmt.Errorf("redirected more than %d times: %s, then %s", r.redirects, strings.Join(hops, ", "), cut(location, 200))
		}
		next, err := r.follow(a.status, location)
		if err != nil {
			return a, err
		}
		hops = append(hops, next.url.RequestURI())
		r = next
	}
}

// exchange makes one request and reads its answer; location is where a redirect leads.
func (r request) exchange(ctx context.Context, client *http.Client, start time.Time) (a answer, location string, err error) {
	req, err := r.http(ctx)
	if err != nil {
		return answer{}, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, "", err
	}
	defer resp.Body.Close()
	a = answer{
		status: resp.StatusCode, proto: resp.Proto, header: resp.Header, unpacked: resp.Uncompressed, firstByte: time.Since(start),
	}
	if resp.TLS != nil {
		a.secured = tls.VersionName(resp.TLS.Version)
	}
	err = a.read(resp.Body, r.mostBytes, r.unread)
	a.latency = time.Since(start)
	if r.jar != nil {
		err = errors.Join(err, r.jar.take(resp.Cookies(), time.Now()))
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		location = resp.Header.Get("Location")
	}
	return a, location, err
}

// read keeps the beginning of a body, unless it is to stay unread, and counts the rest, of which no more than most
// bytes are read.
func (a *answer) read(body io.Reader, most int64, unread bool) (err error) {
	if most == 0 {
		most = mostCounted
	}
	if !unread {
		a.body, err = io.ReadAll(io.LimitReader(body, mostBody))
		a.bytes = int64(len(a.body))
	}
	if err == nil && (unread || len(a.body) == mostBody) {
		var more int64
		more, err = io.Copy(io.Discard, io.LimitReader(body, max(most-a.bytes, 0)+1))
		a.bytes += more
	}
	a.truncated, a.endless = a.bytes > mostBody, a.bytes > most
	if err != nil {
		return fmt.Errorf("the answer broke off after %d bytes: %w", a.bytes, err)
	}
	return nil
}

// plain says of a client's error what happened, without the method and URL, which the caller tells anyway. No limit
// means that it was not the request's own that ended it.
func plain(err error, limit time.Duration, a answer) error {
	var u *url.Error
	before := ""
	if a.status != 0 {
		before = fmt.Sprintf("; status %d and %d bytes of the body came", a.status, a.bytes)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && limit == 0:
		return fmt.Errorf("there was no time left for a whole answer%s", before)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no whole answer within %s%s", limit, before)
	case errors.Is(err, context.Canceled):
		return errors.New("cancelled before an answer came")
	case a.status == 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return fmt.Errorf("the connection was closed before an answer came (%w)", io.EOF)
	}
	if errors.As(err, &u) && a.status == 0 {
		err = u.Err
	}
	return hinted(err)
}

// hinted is an error of net/http's in the words of a suite, with what to do when a suite can mend it.
func hinted(err error) error {
	const carrier = "net/http: HTTP/1.x transport connection broken: "
	var certificate *tls.CertificateVerificationError
	text := err.Error()
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("%w; a certificate for the service's own name needs serverName in the suite", err)
	case strings.Contains(text, "response headers exceeded") || strings.Contains(text, "response header list larger"):
		return fmt.Errorf("the answer's headers are larger than %d bytes (server response headers exceeded)", mostHeaders)
	case strings.HasPrefix(text, carrier):
		return errors.New("the answer is not HTTP as it should be: " + strings.TrimPrefix(text, carrier))
	}
	return err
}
