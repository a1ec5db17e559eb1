package verify

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// raw writes bytes of its own instead of what net/http would.
func raw(write func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			defer c.Close()
			write(c)
		}
	}
}

// spout writes a block again and again until nobody reads, or the answer is n blocks long.
func spout(w io.Writer, block string, n int) {
	b := []byte(block)
	for range n {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

const forever = 1 << 40

// bomb is 64 MiB of nothing in 64 KiB: a packed MiB, again and again, which gzip allows.
var bomb = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	spout(z, strings.Repeat("\x00", 64<<10), 16)
	z.Close()
	return bytes.Repeat(packed.Bytes(), 64)
})

// hostile is a green that does what none should, by path.
func hostile() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) { spout(w, strings.Repeat("x", 64<<10), forever) })
	mux.HandleFunc("/endless-headers", raw(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		spout(c, "X-A: "+strings.Repeat("x", 1<<10)+"\r\n", forever)
	}))
	mux.HandleFunc("/one-endless-header", raw(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nX-A: ")
		spout(c, strings.Repeat("x", 1<<10), forever)
	}))
	mux.HandleFunc("/endless-informations", raw(func(c net.Conn) { spout(c, "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", forever) }))
	mux.HandleFunc("/endless-trailers", raw(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n1\r\nx\r\n0\r\n")
		spout(c, "X-A: "+strings.Repeat("x", 1<<10)+"\r\n", forever)
	}))
	mux.HandleFunc("/no-http", raw(func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n") }))
	mux.HandleFunc("/drip", raw(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
		drip := time.NewTicker(5 * time.Millisecond)
		defer drip.Stop()
		for range drip.C {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
		}
	}))
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb())
	})
	mux.HandleFunc("/bad-gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "this is no gzip")
	})
	mux.HandleFunc("/short", raw(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this") }))
	mux.HandleFunc("/two-lengths", raw(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")
	}))
	mux.HandleFunc("/bad-chunk", raw(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n") }))
	mux.HandleFunc("/closed", raw(func(net.Conn) {}))
	mux.HandleFunc("/reset", raw(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly")
		c.(*net.TCPConn).SetLinger(0)
	}))
	cookies := func(n int) http.HandlerFunc {
		return raw(func(c net.Conn) {
			w := bufio.NewWriter(c)
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")
			for i := range n {
				fmt.Fprintf(w, "Set-Cookie: c%d=secretvalue%d\r\n", i, i)
			}
			io.WriteString(w, "\r\n")
			w.Flush()
		})
	}
	mux.HandleFunc("/cookies", cookies(10_000))
	mux.HandleFunc("/more-cookies-than-kept", cookies(1_000))
	mux.HandleFunc("/large-cookie", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "a="+strings.Repeat("b", 5000))
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/growing-loop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/growing-loop?"+strings.Repeat("x", 20_000)+r.URL.RawQuery, http.StatusFound)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	})
	mux.HandleFunc("/deep", func(w http.ResponseWriter, _ *http.Request) { spout(w, strings.Repeat("[", 1<<10), 1<<10-1) })
	mux.HandleFunc("/wide", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "[{}")
		spout(w, strings.Repeat(",{}", 1<<10), 340)
		io.WriteString(w, "]")
	})
	return mux
}

// A hostile answer may cost this much, whatever it is. Memory is all that was allocated, the hostile server's included.
const (
	mostTime   = 15 * time.Second // of which a busy machine takes most
	mostMemory = 96 << 20
)

func TestAHostileGreenCostsLittleAndIsReportedAsWhatItIs(t *testing.T) {
	s := httptest.NewServer(hostile())
	t.Cleanup(s.Close)
	for name, c := range map[string]struct{ check, want string }{
		"endless":                {`"expect": {"latency": "20s"}`, "the body has no end within 8388608 bytes"},
		"endless-headers":        {``, "the answer's headers are larger than 65536 bytes"},
		"one-endless-header":     {``, "the answer's headers are larger than 65536 bytes"},
		"endless-informations":   {``, "the answer's headers are larger than 65536 bytes"},
		"endless-trailers":       {``, "the answer broke off after 1 bytes"},
		"no-http":                {``, "malformed HTTP"},
		"drip":                   {`"expect": {"latency": "200ms"}`, "no whole answer within 1.2s; status 200 and "},
		"bomb":                   {`"expect": {"latency": "20s"}`, "the body, decompressed, has no end within 8388608 bytes"},
		"bad-gzip":               {``, "the answer broke off after 0 bytes: gzip: invalid header"},
		"short":                  {``, "the answer broke off after 9 bytes: unexpected EOF"},
		"two-lengths":            {``, "Content-Length"},
		"bad-chunk":              {``, "the answer broke off after 0 bytes: invalid byte in chunk length"},
		"closed":                 {``, "the connection was closed before an answer came"},
		"reset":                  {``, "the answer broke off after 4 bytes: "},
		"cookies":                {``, "the answer's headers are larger than 65536 bytes"},
		"more-cookies-than-kept": {``, "it sets 1000 cookies; browsers keep at most about 180 of a host"},
		"large-cookie":           {``, "it sets a cookie of 5001 bytes"},
		"loop":                   {`"redirects": 10`, "redirected more than 10 times: /loop"},
		"growing-loop":           {`"redirects": 10`, ""},
		"away":                   {`"redirects": 10`, "redirected to another place, http://169.254.169.254/"},
		"deep":                   {`"expect": {"json": {"a": 1}}`, "the body is not JSON (invalid character '[' exceeded max depth)"},
		"wide":                   {`"expect": {"json": {"length(@)": 1}}`, "length(@) is 348161, expected 1"},
	} {
		t.Run(name, func(t *testing.T) {
			check := `"path": "/` + name + `"`
			if c.check != "" {
				check += ", " + c.check
			}
			suite := suiteOf(t, `{"keepCookies": true, "checks": [{`+check+`}]}`)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			v := Judge(t.Context(), NewClient(), s.URL, suite, "")
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if v.Outcome != Failed || !strings.Contains(strings.Join(v.Checks[0].Problems, "\n"), c.want) {
				t.Errorf("%s: %q, want %q", v.Outcome, v.Checks[0].Problems, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > mostMemory || took > mostTime {
				t.Errorf("it cost %d MiB and %s", used>>20, took)
			} else {
				t.Logf("%d KiB, %s: %s", used>>10, took.Round(time.Millisecond), v.Checks[0].Problems[0])
			}
			document, err := json.Marshal(v)
			if err != nil || len(document) > 32<<10 {
				t.Errorf("the verdict has %d bytes, %v", len(document), err)
			}
			if strings.Contains(string(document), "secretvalue") {
				t.Error("the verdict has a cookie's value")
			}
		})
	}
}

func TestAJarStaysSmallThroughManyAnswers(t *testing.T) {
	j := newJar()
	var err error
	for i := range 1000 {
		if err = j.take([]*http.Cookie{{Name: fmt.Sprint("c", i), Value: "v", Path: "/"}}, time.Now()); err != nil {
			break
		}
	}
	if err == nil || len(j.cookies) != mostCookies {
		t.Errorf("%d cookies are kept, %v", len(j.cookies), err)
	}
}

func TestAVerdictOfAHundredChecksIsBounded(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for i := range 100 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("\u00ff\"\\", 100))
		}
		spout(w, "\x01\"\\<&", 4000)
	}))
	t.Cleanup(s.Close)
	suite := suiteOf(t, `{"checks": [{"path": "/?`+strings.Repeat("a", 4000)+`", "body": "`+strings.Repeat(`\"`, 4000)+`"}]}`)
	for len(suite.Checks) < config.MostChecks {
		suite.Checks = append(suite.Checks, suite.Checks[0])
	}
	v := Judge(t.Context(), NewClient(), s.URL, suite, "")
	document, err := json.Marshal(v)
	if err != nil || v.Outcome != Succeeded || len(document) > 8<<20 {
		t.Errorf("%s: %s: %d bytes, %v", v.Outcome, v.Reason, len(document), err)
	}
	if brief, err := json.Marshal(v.Brief()); err != nil || len(brief) > 512<<10 {
		t.Errorf("what is logged has %d bytes, %v", len(brief), err)
	}
	t.Logf("%d bytes", len(document))
}

func TestAHostileGreenUnderLoadCostsLittleAndIsReportedAsWhatItIs(t *testing.T) {
	s := httptest.NewServer(hostile())
	t.Cleanup(s.Close)
	for name, want := range map[string]string{
		"endless": "the body has no end within 8388608 bytes", "endless-headers": "headers are larger than 65536 bytes",
		"endless-informations": "headers are larger than 65536 bytes", "endless-trailers": "the answer broke off after 1 bytes",
		"no-http": "malformed HTTP", "drip": "no whole answer within 1.2s", "bomb": "has no end within 8388608 bytes",
		"bad-gzip": "gzip: invalid header", "short": "unexpected EOF", "two-lengths": "Content-Length", "bad-chunk": "invalid byte in chunk length",
		"closed": "closed before an answer came", "reset": "the answer broke off after 4 bytes", "cookies": "headers are larger than 65536 bytes",
		"loop": "redirected more than 10 times", "growing-loop": "", "away": "redirected to another place", "deep": "exceeded max depth",
	} {
		t.Run(name, func(t *testing.T) {
			expect := `{"latency": "200ms"}`
			switch name {
			case "endless", "bomb":
				expect = `{"latency": "20s"}`
			case "deep":
				expect = `{"json": {"a": 1}}`
			}
			suite := suiteOf(t, `{"keepCookies": true, "load": {"rate": 10, "duration": "1s", "warmUp": "0s", "connections": 4,
				"requests": [{"path": "/`+name+`", "redirects": 10, "expect": `+expect+`}]}}`)
			suite.Checks = nil
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			v := Judge(t.Context(), NewClient(), s.URL, suite, "")
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if v.Outcome != Failed || len(v.Load.Faults) == 0 || !strings.Contains(v.Load.Faults[0].Problem, want) {
				t.Fatalf("%s: %s: %+v", v.Outcome, v.Reason, v.Load.Faults)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > mostMemory || took > mostTime {
				t.Errorf("it cost %d MiB and %s", used>>20, took)
			}
			if document, err := json.Marshal(v); err != nil || len(document) > 32<<10 {
				t.Errorf("the verdict has %d bytes, %v", len(document), err)
			}
		})
	}
}

func TestALoadOfBodiesThatNobodyLooksAtKeepsNone(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { spout(w, strings.Repeat("x", 64<<10), 16) }))
	t.Cleanup(s.Close)
	suite := suiteOf(t, `{"load": {"rate": 100, "duration": "1s", "warmUp": "0s"}}`)
	suite.Checks[0].Expect.MinBytes = 1 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v := Judge(t.Context(), NewClient(), s.URL, suite, "")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; v.Outcome != Succeeded || used > 32<<20 {
		t.Errorf("%s: %s: 100 MiB of answers cost %d MiB", v.Outcome, v.Reason, used>>20)
	}
}
