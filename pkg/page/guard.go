package page

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// policy lets the page run and load what is its own, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guard lets in who has the token, which is the first part of every path, and came to this very address.
type guard struct {
	token string
	port  string
	next  http.Handler
}

func newGuard(address net.Addr, next http.Handler) (*guard, error) {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the page is served on this machine alone, and %s is open to others: give a loopback address, such as 127.0.0.1:0", address)
	}
	return &guard{token: rand.Text(), port: port, next: next}, nil
}

// ServeHTTP refuses a Host that is not this machine's, which a name that was bound to its address (DNS rebinding) would
// show; a path without the token; what another site sends; and a change that this page did not ask for.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, value := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		h.Set(name, value)
	}
	token, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch reads := r.Method == http.MethodGet || r.Method == http.MethodHead; {
	case !g.here(r.Host):
		http.Error(w, "this page is served to this machine alone", http.StatusForbidden)
	case subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) != 1:
		http.Error(w, "open the address that cutover printed: it holds the token that is missing here", http.StatusUnauthorized)
	case !own(r, reads):
		http.Error(w, "another site's page may ask nothing here", http.StatusForbidden)
	default:
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.URL.RawPath = "/"+rest, ""
		g.next.ServeHTTP(w, inner)
	}
}

// here reports whether a request was sent to this machine by a name that nobody can bind elsewhere.
func (g *guard) here(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == g.port && (name == "127.0.0.1" || name == "localhost" || name == "::1")
}

// own reports whether the page itself asks. Browsers send Origin with whatever may change something, and Sec-Fetch-Site
// with everything (https://www.w3.org/TR/fetch-metadata); "none" is a person who opened the address.
func own(r *http.Request, reads bool) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && !(reads && site == "none") {
		return false
	}
	if origin == "" {
		return reads
	}
	return origin == "http://"+r.Host
}
