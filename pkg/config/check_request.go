package config

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// defaultLatency is the most that an answer may take when nothing else is said.
const defaultLatency = Duration(5 * time.Second)

func (c Check) checkRequest(path string, f *Findings) {
	matches(f, path+".method", c.Method, token, "an HTTP method such as GET")
	absolute(f, path+".path", c.Path)
	headers(f, path+".headers", c.Headers)
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		if strings.ContainsAny(c.Headers[name], "\r\n\x00") {
			f.add(path+".headers."+name, "has a line break, which no header can have")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Cookies)) {
		if !token().MatchString(name) || strings.ContainsAny(c.Cookies[name], ";, \"\\\r\n\x00") {
			f.add(path+".cookies."+name, "is not a cookie: its name is a token, its value has no space, quote, comma or semicolon")
		}
	}
	oneOf(f, path+".http", c.HTTP, "1.1", "2")
	between(f, path+".redirects", c.Redirects, 0, 10)
	if places(c.Body != "", c.Base64 != "", c.JSON != nil, c.Form != nil, c.File != "") > 1 {
		f.add(path, "has more than one body: give one of body, base64, json, form and file")
	}
	for _, body := range []struct{ key, text string }{{".body", c.Body}, {".base64", c.Base64}} {
		if len(body.text) > MostSent {
			f.add(path+body.key, "has %d bytes; at most %d, because the suite travels in the function's environment", len(body.text), MostSent)
		}
	}
	if _, err := base64.StdEncoding.DecodeString(c.Base64); err != nil {
		f.add(path+".base64", "is not base64: %v", err)
	}
}

func (c Check) checkTries(path string, f *Findings) {
	between(f, path+".successes", c.Successes, 0, 1000)
	if c.Failures != nil {
		between(f, path+".failures", *c.Failures, 0, 1000)
	}
	if c.Every != 0 && c.Within == 0 && c.Failures == nil && c.Successes <= 1 {
		f.add(path+".every", "is the pause between tries, of which there is one; say within, failures or successes too")
	}
	if c.Timeout != 0 && c.Within > c.Timeout {
		f.add(path+".within", "%s is longer than the check's timeout of %s", c.Within, c.Timeout)
	}
	if pauses := time.Duration(max(c.Successes-1, 0)) * c.Every.Std(); pauses > MostVerify {
		f.add(path+".successes", "%d in a row with pauses of %s take %s, longer than the verify function may run", c.Successes, c.Every, pauses)
	}
}

// checkNames refuses names that no check before this one captures, and adds this one's.
func (c Check) checkNames(path string, captured map[string]bool, f *Findings) {
	known := slices.Sorted(maps.Keys(captured))
	missing := func(at, text string) {
		Expand(text, func(name string) string {
			if !captured[name] {
				f.add(path+at, "${%s} is captured by no check before this one%s; a plain ${ is written $${", name, told(known))
			}
			return ""
		})
	}
	table := func(at string, all map[string]string) {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			missing(at+"."+key, all[key])
		}
	}
	missing(".path", c.Path)
	table(".query", c.Query)
	table(".headers", c.Headers)
	table(".cookies", c.Cookies)
	missing(".body", c.Body)
	inside(".json", c.JSON, missing)
	table(".form", c.Form)
	table(".expect.headers", c.Expect.Headers)
	missing(".expect.contains", c.Expect.Contains)
	for _, expr := range slices.Sorted(maps.Keys(c.Expect.JSON)) {
		inside(".expect.json."+expr, c.Expect.JSON[expr], missing)
	}
	inside(".expect.jsonSubset", c.Expect.JSONSubset, missing)
	for name := range c.Capture {
		captured[name] = true
	}
}

func told(known []string) string {
	if len(known) == 0 {
		return ""
	}
	return " (captured are: " + strings.Join(known, ", ") + ")"
}

// inside calls f for every text in a JSON value.
func inside(at string, tree any, f func(at, text string)) {
	switch t := tree.(type) {
	case string:
		f(at, t)
	case []any:
		for i, one := range t {
			inside(fmt.Sprintf("%s[%d]", at, i), one, f)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			inside(at+"."+key, t[key], f)
		}
	}
}

// header is a header of the request, its name in any case.
func (c Check) header(name string) string {
	for key, value := range c.Headers {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
