package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// flood asks for / over so many connections, each without pause, and counts the answers. It costs little beside
// what it measures: a request is one write, and an answer is read without being understood beyond its length.
func flood(ctx context.Context, address string, connections int, span time.Duration) (int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, span, nil)
	defer cancel()
	var served atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			if err := ask(ctx, address, &served); err != nil {
				failed.Store(&err)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return served.Load(), nil
}

func ask(ctx context.Context, address string, served *atomic.Int64) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for ctx.Err() == nil {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"); err != nil {
			return err
		}
		if err := skip(in); err != nil {
			return err
		}
		served.Add(1)
	}
	return nil
}

// skip reads one answer, which must be 200 and tell its length.
func skip(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(line), "HTTP/1.1 200") {
		return fmt.Errorf("answered %q", line)
	}
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			_, err := in.Discard(length)
			return err
		}
		if name, value, _ := strings.Cut(string(line), ":"); strings.EqualFold(name, "Content-Length") {
			if _, err := fmt.Sscan(value, &length); err != nil {
				return err
			}
		}
	}
}

// target is the server that stands behind a listener: a small page.
func target() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listens on %s \n", l.Addr())
	page := []byte(strings.Repeat("Sample Website. ", 32))
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(page)
	}))
}

// hostOf is the host and port of a URL.
func hostOf(url string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	return host
}
