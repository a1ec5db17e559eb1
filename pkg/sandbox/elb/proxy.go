package elb

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Proxy returns an HTTP proxy for whoever knows a listener by its declared name and port only, as functions do:
// a request to http://<DNSName>:<port>/ is answered by that listener, within the process, and CONNECT leads to the
// listener's socket, where TLS is spoken. Everything else is refused with a sentence.
func (s *Service) Proxy() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			s.tunnel(w, r)
			return
		}
		if r.URL.Scheme != "http" || r.URL.Host == "" {
			http.Error(w, "this is a proxy for http://<load balancer>.elb.localhost:<port>; the request names no such address", http.StatusBadRequest)
			return
		}
		l := s.named(r.URL.Host)
		if l == nil {
			http.Error(w, "no listener of the sandbox has the address "+strconv.Quote(r.URL.Host), http.StatusForbidden)
			return
		}
		in := r.WithContext(context.WithValue(r.Context(), listenerKey{}, l))
		u := *r.URL
		u.Scheme, u.Host = "", ""
		if u.Path == "" {
			u.Path = "/"
		}
		in.URL, in.RequestURI = &u, u.RequestURI()
		l.ServeHTTP(w, in)
	})
}

// tunnel connects a client with a listener's socket until one of them ends.
func (s *Service) tunnel(w http.ResponseWriter, r *http.Request) {
	l := s.named(r.Host)
	if l == nil {
		http.Error(w, "no listener of the sandbox has the address "+strconv.Quote(r.Host), http.StatusForbidden)
		return
	}
	address := l.socket.Addr()
	far, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(r.Context(), address.Network(), address.String())
	if err != nil {
		http.Error(w, "the listener cannot be reached: "+err.Error(), http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection cannot be made a tunnel", http.StatusInternalServerError)
		return
	}
	defer near.Close()
	defer context.AfterFunc(s.work.Context(), func() { near.Close(); far.Close() })()
	if _, err := near.Write([]byte("HTTP/1.1 200 Connection Established\r\n\r\n")); err != nil {
		return
	}
	ended := make(chan struct{})
	if !s.work.Go(func() {
		_, _ = io.Copy(far, buffered)
		far.Close()
		close(ended)
	}) {
		return
	}
	_, _ = io.Copy(near, far)
	near.Close()
	<-ended
}

// named finds a listener by "<DNSName>:<port>", port 80 when none is given.
func (s *Service) named(address string) *listener {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		host, p = address, "80"
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		if l.port == port && strings.EqualFold(l.balancer.dns, host) {
			return l
		}
	}
	return nil
}

// URL is the address at which a person opens a listener on this machine; empty when there is no such listener.
func (s *Service) URL(listenerARN string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.listener(listenerARN)
	if err != nil {
		return ""
	}
	host, port, err := net.SplitHostPort(l.socket.Addr().String())
	if err != nil {
		return l.scheme() + "://" + l.socket.Addr().String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return l.scheme() + "://" + net.JoinHostPort(host, port) + "/"
}
