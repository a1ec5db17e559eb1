package lambda

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Sizes of payloads in bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxRequest  = 6 << 20     // synchronous
	maxEvent    = 1 << 20     // asynchronous
	maxResponse = 6<<20 + 100 // AWS leaves its own envelope 100 bytes
)

// runtimeAPI is the interface between Lambda and a runtime, version 2018-06-01.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (e *environment) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.initError)
	return mux
}

func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	select {
	case e.ready <- struct{}{}:
	default:
	}
	var inv *invocation
	select {
	case inv = <-e.work:
	case <-r.Context().Done():
		return
	case <-e.exited:
		return
	}
	if r.Context().Err() != nil {
		close(inv.lost)
		return
	}
	h := w.Header()
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	h.Set("Lambda-Runtime-Trace-Id", inv.trace)
	if inv.clientContext != "" {
		h.Set("Lambda-Runtime-Client-Context", inv.clientContext)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(inv.payload)))
	_, _ = w.Write(inv.payload) // a runtime that is gone is seen by its exit
}

func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	e.answer(w, r, func(body []byte) answer { return answer{payload: body} })
}

func (e *environment) failure(w http.ResponseWriter, r *http.Request) {
	e.answer(w, r, func(body []byte) answer { return answer{payload: body, failed: true} })
}

// answer hands what the runtime posted to the invocation that it is for.
func (e *environment) answer(w http.ResponseWriter, r *http.Request, make func([]byte) answer) {
	inv := e.current.Load()
	if inv == nil || inv.id != r.PathValue("id") {
		status(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)
		inv.set(failed("Function.ResponseSizeTooLarge", message))
		status(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", message)
		return
	case err != nil:
		return // the runtime went away while it wrote; its exit is the answer
	}
	inv.set(make(body))
	status(w, http.StatusAccepted, "", "")
}

func (e *environment) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		return
	}
	select {
	case e.init <- body:
	default:
	}
	status(w, http.StatusAccepted, "", "")
}

func status(w http.ResponseWriter, code int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if errorType == "" {
		_, _ = io.WriteString(w, `{"status":"OK"}`)
		return
	}
	fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, errorType, message)
}
