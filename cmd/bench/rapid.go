package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// rapid is Lambda's Runtime API for one event.
type rapid struct {
	event string // what the first GET …/next of a process gets; empty: it waits
}

// milestone is something that a function said, and when.
type milestone struct {
	what string // next, answer or error
	body string
	at   time.Time
}

// serve starts the API for one process. Each has a server of its own, so that no late request of the one before takes
// its event.
func (r *rapid) serve() (server *httptest.Server, told <-chan milestone) {
	says := make(chan milestone, 8)
	var given atomic.Bool
	mux := http.NewServeMux()
	const runtime = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+runtime+"invocation/next", func(w http.ResponseWriter, q *http.Request) {
		says <- milestone{what: "next", at: time.Now()}
		if r.event == "" || !given.CompareAndSwap(false, true) {
			<-q.Context().Done()
			return
		}
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:bench")
		_, _ = io.WriteString(w, r.event)
	})
	take := func(what string) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			body, _ := io.ReadAll(io.LimitReader(q.Body, 64<<10))
			says <- milestone{what, string(body), time.Now()}
			w.WriteHeader(http.StatusAccepted)
		}
	}
	mux.HandleFunc("POST "+runtime+"invocation/{id}/response", take("answer"))
	mux.HandleFunc("POST "+runtime+"invocation/{id}/error", take("error"))
	mux.HandleFunc("POST "+runtime+"init/error", take("error"))
	return httptest.NewServer(mux), says
}

// cold starts a function until it has said what is awaited, and kills it then.
func (r *rapid) cold(ctx context.Context, awaited string, env []string, args ...string) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	api, told := r.serve()
	defer api.Close()
	var said strings.Builder
	c := exec.Command(args[0], args[1:]...)
	c.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://")}, env...)
	c.Stdout, c.Stderr = &said, &said
	begun := time.Now()
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Wait() }()
	defer func() { _ = c.Process.Kill(); <-ended }()
	for {
		select {
		case m := <-told:
			if m.what == "error" {
				return nil, fmt.Errorf("the function told an error: %s", m.body)
			}
			if m.what != awaited {
				continue
			}
			high, err := highest(c.Process.Pid)
			if err != nil {
				return nil, err
			}
			_ = c.Process.Kill()
			<-ended
			return reading{wall: m.at.Sub(begun).Seconds(), peak: high, cpu: processor(c)}, nil
		case <-ended:
			return nil, fmt.Errorf("the function ended: %s", said.String())
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), errors.New(said.String()))
		}
	}
}

// processor is the time that a process which has ended used, user and system.
func processor(c *exec.Cmd) float64 {
	used := c.ProcessState.SysUsage().(*syscall.Rusage)
	return (time.Duration(used.Utime.Nano()) + time.Duration(used.Stime.Nano())).Seconds()
}
