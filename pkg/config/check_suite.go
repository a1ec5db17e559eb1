package config

import (
	"fmt"
	"maps"
	"net/textproto"
	"regexp"
	"slices"
	"time"

	"github.com/jmespath/go-jmespath"
)

var (
	// token is a method or a header's name (RFC 9110, section 5.6.2).
	token       = lazily("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	codePattern = lazily(`^[1-5]\d\d$`)
	hostName    = lazily(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)
)

// The limits of a suite.
const (
	// MostVerify is the longest a suite may take: a function's 15 minutes less a minute to answer in.
	MostVerify = 14 * time.Minute
	// MostChecks bounds the verdict.
	MostChecks = 100
	// MostBytes is the most that an answer may be allowed to have; more than the first 1 MiB is counted, not kept.
	MostBytes = 1 << 30
	// MostSent is the largest body of a request.
	MostSent = 64 << 10
)

func (s Suite) check(path string, f *Findings) {
	if s.File != "" {
		s.alone(path, f)
	}
	if s.Timeout.Std() > MostVerify {
		f.add(path+".timeout", "%s is longer than the verify function may run; at most %s", s.Timeout, MostVerify)
	}
	if s.Settle != nil && s.Timeout != 0 && *s.Settle >= s.Timeout {
		f.add(path+".settle", "%s leaves no time within the suite's timeout of %s", *s.Settle, s.Timeout)
	}
	matches(f, path+".serverName", s.ServerName, hostName, "a host's name without scheme and port, such as shop.example")
	if len(s.Checks) > MostChecks {
		f.add(path+".checks", "are %d; at most %d", len(s.Checks), MostChecks)
	}
	var within Duration
	captured := map[string]bool{}
	for i, c := range s.Checks {
		at := fmt.Sprintf("%s.checks[%d]", path, i)
		c.check(at, f)
		c.checkNames(at, captured, f)
		if s.Timeout != 0 && c.Timeout > s.Timeout {
			f.add(at+".timeout", "%s is longer than the suite's %s", c.Timeout, s.Timeout)
		}
		within += c.Within
	}
	if s.Timeout != 0 && within > s.Timeout {
		f.add(path+".checks", "may be repeated for %s in all, longer than the suite's timeout of %s", within, s.Timeout)
	}
	if s.Version != nil {
		s.Version.check(path+".version", f)
	}
	if s.Load != nil {
		s.checkLoad(path+".load", captured, f)
	}
	if s.Compare != nil {
		s.checkCompare(path+".compare", f)
	}
}

// alone refuses keys beside a file. It comes after the defaults, which is why those are let pass.
func (s Suite) alone(path string, f *Findings) {
	if len(s.Checks) > 0 || s.Version != nil || s.ServerName != "" || s.KeepCookies || s.Load != nil || s.Compare != nil {
		f.add(path+".file", "%q holds the whole suite; write the other keys there", s.File)
	}
}

func (v Version) check(path string, f *Findings) {
	absolute(f, path+".path", v.Path)
	oneOf(f, path+".is", v.Is, IsTag, IsDigest, IsRevision)
	if (v.Header == "") == (v.JMESPath == "") {
		f.add(path, "must say where the identity is: either header or jmespath")
	}
	headerName(f, path+".header", v.Header)
	expression(f, path+".jmespath", v.JMESPath)
}

func (c Check) check(path string, f *Findings) {
	c.checkRequest(path, f)
	c.checkTries(path, f)
	c.Expect.check(path+".expect", f)
	if c.Timeout != 0 && c.Expect.Latency > c.Timeout && c.Expect.Latency != defaultLatency {
		f.add(path+".expect.latency", "%s is longer than the check's timeout of %s", c.Expect.Latency, c.Timeout)
	}
	if e := c.Expect; c.Method == "HEAD" && (e.Contains != "" || e.Matches != "" || len(e.JSON) > 0 || e.JSONSubset != nil || e.MinBytes > 0) {
		f.add(path+".expect", "asks for a body, which an answer to HEAD has not")
	}
	if c.Redirects > 0 && len(c.Expect.Status) == 1 && c.Expect.Status[0] == "3xx" {
		f.add(path+".expect.status", "3xx cannot be the end of redirects that are followed; leave redirects out, or expect what they lead to")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Capture)) {
		at, one := path+".capture."+name, c.Capture[name]
		if !isName(name) {
			f.add(at, "is not a name: letters, digits and underscores, no digit first")
		}
		if places(one.JMESPath != "", one.Header != "", one.Matches != "") != 1 {
			f.add(at, "must say where the value is: one of jmespath, header and matches")
		}
		expression(f, at+".jmespath", one.JMESPath)
		headerName(f, at+".header", one.Header)
		regular(f, at+".matches", one.Matches)
	}
}

func places(given ...bool) int {
	n := 0
	for _, g := range given {
		if g {
			n++
		}
	}
	return n
}

func (e Expect) check(path string, f *Findings) {
	e.Status.check(path+".status", f)
	headers(f, path+".headers", e.Headers)
	headers(f, path+".headersMatch", e.HeadersMatch)
	for _, name := range slices.Sorted(maps.Keys(e.HeadersMatch)) {
		regular(f, path+".headersMatch."+name, e.HeadersMatch[name])
	}
	regular(f, path+".matches", e.Matches)
	for _, expr := range slices.Sorted(maps.Keys(e.JSON)) {
		expression(f, path+".json."+expr, expr)
	}
	between(f, path+".minBytes", e.MinBytes, 0, MostBytes)
	between(f, path+".maxBytes", e.MaxBytes, 0, MostBytes)
	if e.MaxBytes > 0 && e.MinBytes > e.MaxBytes {
		f.add(path+".minBytes", "%d is more than maxBytes, %d", e.MinBytes, e.MaxBytes)
	}
	if e.Latency.Std() > time.Minute {
		f.add(path+".latency", "%s is longer than a load balancer waits for an answer; at most 1m0s", e.Latency)
	}
}

func headers(f *Findings, path string, all map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		headerName(f, path+"."+name, name)
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

func regular(f *Findings, path, expr string) {
	if _, err := regexp.Compile(expr); err != nil {
		f.add(path, "%q is not a regular expression: %v", expr, err)
	}
}

func between(f *Findings, path string, n, least, most int) {
	if n < least || n > most {
		f.add(path, "%d must be %d to %d", n, least, most)
	}
}
