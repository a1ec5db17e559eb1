package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// mostBody is how much of an answer is read. A longer one is judged by its beginning.
const mostBody = 1 << 20

// answer is what came back for one request.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	truncated bool
	latency   time.Duration // from the request to the last byte read
}

// NewClient returns the client that checks are made with: a fresh connection for each request, so that every
// node of a load balancer gets its share; TLS verified; no redirect followed; every wait and size limited.
func NewClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableKeepAlives:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask makes one request and reads its answer, no longer than limit.
func ask(ctx context.Context, client *http.Client, method, url string, headers map[string]string, body string, limit time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var payload io.Reader
	if body != "" {
		payload = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, payload)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", "cutover-verify")
	for name, value := range headers {
		if strings.EqualFold(name, "Host") {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	start := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, plain(err, limit)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(io.LimitReader(resp.Body, mostBody+1))
	a := answer{status: resp.StatusCode, header: resp.Header, body: read, latency: time.Since(start)}
	if len(read) > mostBody {
		a.body, a.truncated = read[:mostBody], true
	}
	if err != nil {
		return a, fmt.Errorf("the answer broke off after %d bytes: %w", len(read), plain(err, limit))
	}
	return a, nil
}

// plain takes the method and URL, which the caller tells anyway, off a client's error.
func plain(err error, limit time.Duration) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no whole answer within %s", limit)
	}
	return err
}
