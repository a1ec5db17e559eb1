package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// request is one request with every captured value in its place.
type request struct {
	method    string
	url       *url.URL
	host      string // Host, when it is not the URL's
	header    http.Header
	cookies   map[string]string
	body      []byte
	redirects int
	mostBytes int64
	jar       *jar // nil: cookies are not kept
	unread    bool // the answer's body is counted, not kept
}

// newRequest puts captured values into a check's request to base.
func newRequest(base string, c config.Check, suite config.Suite, v values, kept *jar) (request, error) {
	path, query, asked := strings.Cut(c.Path, "?")
	target := base + config.Expand(path, v.escaped(url.PathEscape))
	if asked {
		target += "?" + config.Expand(query, v.escaped(url.QueryEscape))
	}
	u, err := url.Parse(target)
	if err != nil {
		return request{}, fmt.Errorf("the URL of the request: %w", err)
	}
	if len(c.Query) > 0 {
		q := url.Values{}
		for name, value := range c.Query {
			q.Set(name, v.text(value))
		}
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+q.Encode(), "&")
	}
	r := request{
		method: c.Method, url: u, host: suite.ServerName, header: http.Header{"User-Agent": {"cutover-verify"}},
		cookies: map[string]string{}, redirects: c.Redirects, mostBytes: int64(c.Expect.MaxBytes), jar: kept,
	}
	if err := r.setBody(c, v); err != nil {
		return request{}, err
	}
	for name, value := range c.Headers {
		value = v.text(value)
		if strings.ContainsAny(value, "\r\n\x00") {
			return request{}, fmt.Errorf("header %s would have a line break from a captured value", name)
		}
		if strings.EqualFold(name, "Host") {
			r.host = value
			continue
		}
		r.header.Set(name, value)
	}
	for name, value := range c.Cookies {
		r.cookies[name] = v.text(value)
	}
	return r, nil
}

func (r *request) setBody(c config.Check, v values) error {
	switch {
	case c.File != "":
		return fmt.Errorf("the body in %q was not read when the stack was synthesized; deploy the stack again", c.File)
	case c.Base64 != "":
		body, err := base64.StdEncoding.DecodeString(c.Base64)
		if err != nil {
			return fmt.Errorf("the body is not base64: %w", err)
		}
		r.body = body
	case c.JSON != nil:
		body, err := json.Marshal(v.json(c.JSON))
		if err != nil {
			return fmt.Errorf("write the body as JSON: %w", err)
		}
		r.body = body
		r.header.Set("Content-Type", "application/json")
	case c.Form != nil:
		form := url.Values{}
		for name, value := range c.Form {
			form.Set(name, v.text(value))
		}
		r.body = []byte(form.Encode())
		r.header.Set("Content-Type", "application/x-www-form-urlencoded")
	default:
		r.body = []byte(v.text(c.Body))
	}
	return nil
}

// http is the request as net/http sends it.
func (r request) http(ctx context.Context) (*http.Request, error) {
	var body io.Reader // stays nil without a body: an empty reader would be sent as one of unknown length
	if len(r.body) > 0 {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header = r.header.Clone()
	req.Host = r.host
	all := map[string]string{}
	if r.jar != nil {
		r.jar.give(r.url, all)
	}
	maps.Copy(all, r.cookies)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		req.AddCookie(&http.Cookie{Name: name, Value: all[name]})
	}
	return req, nil
}

// follow is the request after a redirect. Only what leads to the same scheme, host and port is followed: on another
// listener another version may answer. The Host that the request was sent with counts as the same.
func (r request) follow(status int, location string) (request, error) {
	to, err := r.url.Parse(location)
	if err != nil {
		return r, fmt.Errorf("redirected to %q, which is no URL", cut(location, 200))
	}
	if r.host != "" && to.Scheme == r.url.Scheme && strings.EqualFold(to.Host, r.host) {
		to.Host = r.url.Host
	}
	if to.Scheme != r.url.Scheme || !strings.EqualFold(to.Host, r.url.Host) {
		return r, fmt.Errorf("redirected to another place, %s; only redirects on %s://%s are followed",
			cut(to.Redacted(), 200), r.url.Scheme, r.url.Host)
	}
	to.User, to.Fragment = nil, ""
	next := r
	next.url = to
	if status != http.StatusTemporaryRedirect && status != http.StatusPermanentRedirect && r.method != http.MethodHead {
		next.method, next.body, next.header = http.MethodGet, nil, r.header.Clone()
		next.header.Del("Content-Type")
	}
	return next, nil
}
