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

// rapid is Lambda's Runtime API for one function at a time: it hands out one event and takes the answer.
type rapid struct {
	server *httptest.Server
	event  string         // what the first GET …/next gets; empty: it waits
	fresh  atomic.Bool    // the event has not been handed out
	told   chan milestone // what the function asked and answered
}

// milestone is something that a function said, and when.
type milestone struct {
	what string // next, answer or error
	body string
	at   time.Time
}

func (y *yard) rapid(event string) *rapid {
	r := &rapid{event: event, told: make(chan milestone, 8)}
	mux := http.NewServeMux()
	const runtime = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+runtime+"invocation/next", func(w http.ResponseWriter, q *http.Request) {
		r.told <- milestone{what: "next", at: time.Now()}
		if r.event == "" || !r.fresh.CompareAndSwap(true, false) {
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
			r.told <- milestone{what, string(body), time.Now()}
			w.WriteHeader(http.StatusAccepted)
		}
	}
	mux.HandleFunc("POST "+runtime+"invocation/{id}/response", take("answer"))
	mux.HandleFunc("POST "+runtime+"invocation/{id}/error", take("error"))
	mux.HandleFunc("POST "+runtime+"init/error", take("error"))
	r.server = httptest.NewServer(mux)
	y.defers(r.server.Close)
	return r
}

// cold starts a function until it has said what is awaited, and kills it then.
func (r *rapid) cold(ctx context.Context, awaited string, env []string, args ...string) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var said strings.Builder
	c := exec.Command(args[0], args[1:]...)
	c.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(r.server.URL, "http://")}, env...)
	c.Stdout, c.Stderr = &said, &said
	r.fresh.Store(true)
	begun := time.Now()
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Wait() }()
	defer func() { _ = c.Process.Kill(); <-ended }()
	for {
		select {
		case m := <-r.told:
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
			for len(r.told) > 0 {
				<-r.told
			}
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
