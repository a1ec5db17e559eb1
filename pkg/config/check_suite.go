package config

import (
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"time"

	"github.com/jmespath/go-jmespath"
)

// token is a method or a header's name (RFC 9110, section 5.6.2).
var token = lazily("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// MostVerify is the longest a suite may take: a function's 15 minutes less a minute to answer in.
const MostVerify = 14 * time.Minute

func (s Suite) check(path string, f *Findings) {
	if s.Timeout.Std() > MostVerify {
		f.add(path+".timeout", "%s is longer than the verify function may run; at most %s", s.Timeout, MostVerify)
	}
	if s.Settle != nil && s.Timeout != 0 && *s.Settle >= s.Timeout {
		f.add(path+".settle", "%s leaves no time within the suite's timeout of %s", *s.Settle, s.Timeout)
	}
	var within Duration
	for i, c := range s.Checks {
		c.check(fmt.Sprintf("%s.checks[%d]", path, i), f)
		within += c.Within
	}
	if s.Timeout != 0 && within > s.Timeout {
		f.add(path+".checks", "may be repeated for %s in all, longer than the suite's timeout of %s", within, s.Timeout)
	}
	if s.Version != nil {
		s.Version.check(path+".version", f)
	}
}

func (v Version) check(path string, f *Findings) {
	absolute(f, path+".path", v.Path)
	oneOf(f, path+".is", v.Is, "tag", "digest")
	if (v.Header == "") == (v.JMESPath == "") {
		f.add(path, "must say where the identity is: either header or jmespath")
	}
	headerName(f, path+".header", v.Header)
	expression(f, path+".jmespath", v.JMESPath)
}

func (c Check) check(path string, f *Findings) {
	matches(f, path+".method", c.Method, token, "an HTTP method such as GET")
	absolute(f, path+".path", c.Path)
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		headerName(f, path+".headers."+name, name)
	}
	if len(c.Body) > 64<<10 {
		f.add(path+".body", "has %d bytes; at most 65536, because the suite travels in the function's environment", len(c.Body))
	}
	e, at := c.Expect, path+".expect"
	if e.Status != 0 && (e.Status < 100 || e.Status > 599) {
		f.add(at+".status", "%d is not a status code: 100 to 599", e.Status)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		headerName(f, at+".headers."+name, name)
	}
	for _, expr := range slices.Sorted(maps.Keys(e.JSON)) {
		expression(f, at+".json."+expr, expr)
	}
	if e.Latency.Std() > time.Minute {
		f.add(at+".latency", "%s is longer than a load balancer waits for an answer; at most 1m0s", e.Latency)
	}
}

func headerName(f *Findings, path, name string) {
	if name != "" && (!token().MatchString(name) || textproto.CanonicalMIMEHeaderKey(name) == "Content-Length") {
		f.add(path, "%q is not a header that can be asked for", name)
	}
}

func expression(f *Findings, path, expr string) {
	if expr == "" {
		return
	}
	if _, err := jmespath.Compile(expr); err != nil {
		f.add(path, "%q is not a JMESPath expression: %v", expr, err)
	}
}
