package ec2

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// mostBody is the largest request that is read.
const mostBody = 1 << 20

// fails is an error in EC2's words (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
func fails(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// ServeHTTP answers one request; its context carries the caller.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	action, out, err := s.answer(w, r)
	id := rand.Text()
	var body bytes.Buffer
	status := http.StatusOK
	if err != nil {
		status = refusal(&body, id, err)
	} else {
		inner, _ := xml.Marshal(out) // structs of texts and numbers always marshal
		inner = inner[bytes.IndexByte(inner, '>')+1 : bytes.LastIndex(inner, []byte("</"))]
		fmt.Fprintf(&body, `<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>%s</requestId>%s</%[1]sResponse>`, action, id, inner)
	}
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that left needs no answer
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (action string, out any, err error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		return "", nil, fails("RequestEntityTooLarge", "the body is damaged or has more than %d bytes", mostBody)
	}
	if len(raw) == 0 {
		raw = []byte(r.URL.RawQuery)
	}
	ask, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", nil, fails("MalformedQueryString", "%v", err)
	}
	action = ask.Get("Action")
	op, known := operations[action]
	if !known {
		return "", nil, fails("InvalidAction", "the sandbox has no ec2:%.60s", action)
	}
	out, err = s.make(r.Context(), action, op, ask)
	return action, out, err
}

// make makes the operation as the caller may, and writes it into the trail.
func (s *Service) make(ctx context.Context, action string, op operation, ask url.Values) (out any, err error) {
	subject := op.on(s, ask)
	return s.srv.Make(ctx, wire.Entry{Service: "ec2", Action: action, Subject: subject}, func(by *string) (any, error) {
		if s.opts.Allow != nil {
			allowed, err := s.opts.Allow(ctx, "ec2:"+action, subject, nil)
			if *by = allowed; err != nil {
				return nil, fails("UnauthorizedOperation", "You are not authorized to perform this operation. %v", err)
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return op.do(s, ask)
	})
}

// refusal writes an error, and is its status.
func refusal(body *bytes.Buffer, id string, err error) int {
	code, message, status := "InternalError", err.Error(), http.StatusInternalServerError
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
		switch {
		case code == "UnauthorizedOperation":
			status = http.StatusForbidden
		case api.ErrorFault() != smithy.FaultServer:
			status = http.StatusBadRequest
		}
	}
	body.WriteString("<Response><Errors><Error><Code>")
	_ = xml.EscapeText(body, []byte(code))
	body.WriteString("</Code><Message>")
	_ = xml.EscapeText(body, []byte(message))
	fmt.Fprintf(body, "</Message></Error></Errors><RequestID>%s</RequestID></Response>", id)
	return status
}
