package wire

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// Handle mounts h for every request that is signed for service, a REST service such as "lambda" or "scheduler".
// The request's context carries the caller. A path that an *http.ServeMux does not know answers an error that
// names it; a panic answers InternalFailure and is logged.
func (s *Server) Handle(service string, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest[service] = h
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request, q *request, h http.Handler) {
	r = r.WithContext(WithCaller(r.Context(), s.caller(q.accessKey)))
	if mux, ok := h.(*http.ServeMux); ok {
		if _, pattern := mux.Handler(r); pattern == "" {
			WriteError(w, clientError(codeUnknown, fmt.Sprintf(
				"the sandbox has no %s: %s %s", q.service, r.Method, r.URL.Path)))
			return
		}
	}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		s.log().ErrorContext(r.Context(), "handler panicked", "service", q.service, "path", r.URL.Path,
			"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		WriteError(w, fmt.Errorf("%s: %s %s panicked: %v", q.service, r.Method, r.URL.Path, p))
	}()
	h.ServeHTTP(w, r)
}

// REST is a handler of one REST operation, over the operation that On registered for In: it reads a JSON body, if
// there is one, into an In, lets fill set what stands in the path, the query and the headers, makes the call and
// answers its output as JSON with the status. fill may be nil.
//
//	mux.Handle("GET /2015-03-31/functions/{name}", wire.REST[lambda.GetFunctionInput, lambda.GetFunctionOutput](srv,
//		http.StatusOK, func(r *http.Request, in *lambda.GetFunctionInput) error {
//			in.FunctionName = aws.String(r.PathValue("name"))
//			return nil
//		}))
func REST[In, Out any](s *Server, status int, fill func(*http.Request, *In) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := new(In)
		err := ReadJSON(w, r, in)
		if err == nil && fill != nil {
			err = fill(r, in)
		}
		if err != nil {
			WriteError(w, err)
			return
		}
		out, err := Call[Out](r.Context(), s, in)
		if err != nil {
			WriteError(w, err)
			return
		}
		WriteJSON(w, status, out)
	})
}

// ReadBody reads a request's body whole, unpacked, up to BodyLimit. Its errors are for WriteError.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) { return readBody(w, r) }

// ReadJSON reads a request's JSON body into an SDK input; no body leaves it as it is. Its errors are for
// WriteError.
func ReadJSON(w http.ResponseWriter, r *http.Request, in any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	tree, err := jsonTree(body)
	if err != nil {
		return clientError(codeMalformed, err.Error())
	}
	if _, err := Bind(in, tree, Exact); err != nil {
		return clientError(codeMalformed, err.Error())
	}
	return nil
}

// WriteJSON answers an SDK output, or nil for no members, as a REST service does.
func WriteJSON(w http.ResponseWriter, status int, out any) {
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	send(w, status, "application/json", Encode(nil, out))
}

// WriteError answers an error as a REST service does: an SDK's typed error with its code and members, under the
// status that the code has there; any other error as InternalFailure.
func WriteError(w http.ResponseWriter, err error) {
	f := faultOf(err)
	w.Header().Set("X-Amzn-Errortype", f.shape)
	send(w, f.status(true), "application/json", f.json(false))
}
