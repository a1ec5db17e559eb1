package verify

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// What a verdict keeps of one exchange, in bytes and numbers.
const (
	mostURL     = 2 << 10
	mostKept    = 2 << 10 // of a body
	mostWindow  = 4 << 10 // is searched for secrets before it is cut to what is kept
	mostNames   = 40      // headers
	mostValue   = 512     // of a header
	mostTold    = 20      // problems of one check
	mostTries   = 20      // the last of a check
	mostProblem = 600     // of a sentence
)

// Exchange is what was asked and what came back, cut to a few KiB and with secrets masked.
type Exchange struct {
	Request Request `json:"request"`
	// Answer is missing when none came.
	Answer *Answer `json:"answer,omitempty"`
	// Redirects are where redirects led on the way to the answer, in order.
	Redirects []string `json:"redirects,omitempty"`
	// Captured are the values that were taken out of the answer, by name.
	Captured map[string]string `json:"captured,omitempty"`
}

// Request is what was asked.
type Request struct {
	Method  string   `json:"method"`
	URL     string   `json:"url"`
	Host    string   `json:"host,omitempty"` // when it is not the URL's
	Headers []Header `json:"headers,omitempty"`
	Body    string   `json:"body,omitempty"`
	Bytes   int      `json:"bytes,omitempty"` // of the whole body
}

// Answer is what came back.
type Answer struct {
	Status      int      `json:"status"`
	Protocol    string   `json:"protocol"`
	TLS         string   `json:"tls,omitempty"`
	FirstByteMS float64  `json:"firstByteMs"`
	Headers     []Header `json:"headers,omitempty"`
	Body        string   `json:"body,omitempty"`
	Bytes       int64    `json:"bytes"`            // of the body, decompressed, as far as it was read
	More        bool     `json:"more,omitempty"`   // the body had more than was read
	Packed      bool     `json:"packed,omitempty"` // it came compressed
}

// Header is one header with one value.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (m *mask) exchange(r request, a answer) *Exchange {
	x := &Exchange{Request: Request{
		Method: r.method, URL: cut(m.Text(cut(r.url.Redacted(), mostWindow)), mostURL), Host: cut(r.host, 255),
		Headers: m.headers(sent(r)), Body: m.body(r.body), Bytes: len(r.body),
	}}
	for _, hop := range a.hops {
		x.Redirects = append(x.Redirects, cut(m.Text(cut(hop, mostWindow)), mostURL))
	}
	if a.status != 0 {
		x.Answer = &Answer{
			Status: a.status, Protocol: a.proto, TLS: a.secured, FirstByteMS: milliseconds(a.firstByte),
			Headers: m.headers(a.header), Body: m.body(a.body), Bytes: a.bytes, More: a.endless, Packed: a.unpacked,
		}
	}
	return x
}

// sent are the headers of a request with the cookies that it is known to have had.
func sent(r request) http.Header {
	h := r.header.Clone()
	if len(r.cookies) > 0 || r.jar != nil && len(r.jar.cookies) > 0 {
		h.Set("Cookie", "")
		h["Cookie"] = []string{secret.Hidden}
	}
	return h
}

func (m *mask) headers(all http.Header) []Header {
	var kept []Header
	left := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, value := range all[name] {
			if len(kept) == mostNames {
				left++
				continue
			}
			kept = append(kept, Header{cut(name, mostShown), printable(cut(m.Header(name, cut(value, mostWindow)), mostValue))})
		}
	}
	if left > 0 {
		kept = append(kept, Header{"…", fmt.Sprintf("and %d more", left)})
	}
	return kept
}

func (m *mask) body(b []byte) string {
	window := b[:min(len(b), mostWindow)]
	if !utf8.Valid(window[:max(0, len(window)-utf8.UTFMax)]) {
		return fmt.Sprintf("(%d bytes that are no text)", len(b))
	}
	return cut(printable(m.Text(string(window))), mostKept)
}

// sentence is a problem, masked and cut.
func (m *mask) sentence(s string) string {
	return printable(cut(m.Text(cut(s, mostWindow)), mostProblem))
}

// sentences are the first problems.
func (m *mask) sentences(all []string) []string {
	told := make([]string, 0, min(len(all), mostTold+1))
	for i, one := range all {
		if i == mostTold {
			return append(told, fmt.Sprintf("and %d more", len(all)-mostTold))
		}
		told = append(told, m.sentence(one))
	}
	return told
}

// cut is the beginning of s, whole characters only.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// printable replaces what a reader would not see, or would see and not be able to tell.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return '·'
	}, s)
}

func quoted(s string) string { return strconv.Quote(s) }
