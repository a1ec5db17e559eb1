package wire

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
)

// BodyLimit is the size in bytes that a request's body may have, as sent and after decompression.
const BodyLimit = 16 << 20

// ServeHTTP answers one call of an SDK or of the AWS CLI.
//
// The service is the one that the request was signed for; an unsigned request is told by its X-Amz-Target or
// Version and comes from the account's root. Signatures are not checked. A body over BodyLimit, one that cannot
// be read, an unknown service, operation or content type answer an error of AWS's form that says so; a handler
// that panics answers InternalFailure and is logged.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &request{id: requestID()}
	w = breathing(w, r.UserAgent())
	w.Header().Set("X-Amzn-Requestid", q.id)
	q.read(r)
	s.mu.RLock()
	rest := s.rest[q.service]
	s.mu.RUnlock()
	if err := s.abroad(q); err != nil {
		q.refuse(w, err)
		return
	}
	if rest != nil {
		s.serveREST(w, r, q, rest)
		return
	}
	out, err := s.serve(w, r, q)
	if err != nil {
		q.refuse(w, err)
		return
	}
	q.answer(w, out)
}

// abroad refuses what is signed for another region, as AWS does. IAM and STS are everywhere.
func (s *Server) abroad(q *request) error {
	if s.opts.Region == "" || q.region == "" || q.region == s.opts.Region || q.service == "iam" || q.service == "sts" {
		return nil
	}
	code := "InvalidSignatureException"
	if q.protocol == protocolQuery {
		code = "SignatureDoesNotMatch"
	}
	return clientError(code, fmt.Sprintf(
		"Credential should be scoped to a valid region: the sandbox has one, %s, and more regions are not part of it; this request is signed for %.40q.",
		s.opts.Region, q.region))
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, q *request) (any, error) {
	if q.protocol == protocolNone {
		return nil, s.stranger(r, q)
	}
	var err error
	if q.body, err = readBody(w, r); err != nil {
		return nil, err
	}
	tree, err := q.tree(r)
	if err != nil {
		return nil, q.malformed(err)
	}
	s.mu.RLock()
	op := s.byAction[q.service][q.action]
	s.mu.RUnlock()
	ctx := WithCaller(r.Context(), s.caller(q.accessKey))
	if op == nil {
		return nil, s.unknown(ctx, q)
	}
	in := op.make()
	b := binder{loose: q.protocol == protocolQuery, form: q.protocol == protocolQuery}
	if err := b.root(in, tree); err != nil {
		return nil, q.malformed(err)
	}
	return s.do(ctx, op, in)
}

// stranger is the error for a request in none of the protocols.
func (s *Server) stranger(r *http.Request, q *request) error {
	s.mu.RLock()
	_, known := s.byAction[q.service]
	s.mu.RUnlock()
	switch {
	case q.service == "":
		return clientError("MissingAuthenticationToken", fmt.Sprintf(
			"%s %s is not signed, and neither a content type nor X-Amz-Target tells what it asks for", r.Method, r.URL.Path))
	case !known:
		return clientError(codeUnknown, fmt.Sprintf(
			"the sandbox has no service %s (%s %s)", q.service, r.Method, r.URL.Path))
	default:
		return clientError(codeContentType, fmt.Sprintf(
			"%s does not speak %q: application/x-amz-json-1.1, application/x-www-form-urlencoded or rpc-v2-cbor is wanted",
			q.service, r.Header.Get("Content-Type")))
	}
}

// unknown is the error for an operation that is not registered; it is recorded in the trail.
func (s *Server) unknown(ctx context.Context, q *request) error {
	code := codeUnknown
	if q.protocol == protocolQuery {
		code = "InvalidAction"
	}
	service := q.service
	if service == "" {
		service = "(unsigned, unknown service)"
	}
	s.Record(Entry{Caller: CallerOf(ctx), Service: service, Action: strings.Clone(q.action), Error: code})
	return clientError(code, fmt.Sprintf("the sandbox has no %s:%s", service, q.action))
}

func (q *request) malformed(err error) error {
	if q.protocol == protocolQuery {
		return clientError("MalformedInput", err.Error())
	}
	return clientError(codeMalformed, err.Error())
}

// caller is the principal of an access key; a key that nobody issued is the operator's and means root.
func (s *Server) caller(accessKey string) Caller {
	if s.opts.Identify != nil {
		if c, ok := s.opts.Identify(accessKey); ok {
			return c
		}
	}
	// The key is cut out of the request's headers, which the trail must not keep with it.
	return Caller{ARN: "arn:aws:iam::" + s.opts.Account + ":root", AccessKey: strings.Clone(accessKey)}
}

// guarded runs a handler and turns its panic into an error, which is logged with the stack.
func (s *Server) guarded(ctx context.Context, op *operation, in any) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log().ErrorContext(ctx, "handler panicked", "service", op.service, "action", op.action,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			out, err = nil, fmt.Errorf("%s:%s panicked: %v", op.service, op.action, p)
		}
	}()
	return op.call(ctx, in)
}

func (s *Server) log() *slog.Logger {
	if s.opts.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.opts.Log
}

// readBody reads a body whole, unpacked.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, BodyLimit)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, clientError(codeMalformed, "the body is not gzip")
		}
		from = z
	default:
		return nil, clientError(codeContentType, fmt.Sprintf("the content encoding %q is not known", encoding))
	}
	body, err := io.ReadAll(io.LimitReader(from, BodyLimit+1))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), len(body) > BodyLimit:
		return nil, clientError(codeTooLarge, fmt.Sprintf("the body has more than %d bytes", BodyLimit))
	case err != nil:
		return nil, clientError(codeMalformed, "the body ends too early or is damaged")
	}
	return body, nil
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left needs no answer
}

// requestID has the form of AWS's: a version 4 UUID.
func requestID() string {
	var b [16]byte
	for i := 0; i < 16; i += 8 {
		n := rand.Uint64()
		for j := range 8 {
			b[i+j] = byte(n >> (8 * j))
		}
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var out [36]byte
	at := 0
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			out[at] = '-'
			at++
		}
		at += hex.Encode(out[at:], part)
	}
	return string(out[:])
}
