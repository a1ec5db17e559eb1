package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// asked is what one request is about.
type asked struct {
	bucket, key string
	query       map[string][]string
	body        []byte
	header      http.Header
	under       sealed // what an object that is put is to be under
}

// answer is what goes back: a document, or an object's body.
type answer struct {
	status   int
	document any
	object   *object
	headOnly bool
}

// operation is one of S3's: its action in IAM's words and what it does.
type operation struct {
	name, action string
	do           func(asked) (answer, error)
}

// unsupported are subresources that would change what a request means.
var unsupported = []string{
	"acl", "uploads", "uploadId", "versions", "versionId", "retention", "legal-hold", "torrent", "restore", "select", "attributes", "partNumber",
	"cors", "website", "logging", "notification", "replication", "accelerate", "requestPayment", "analytics", "inventory", "metrics", "delete", "object-lock",
}

// ServeHTTP answers one request; its context carries the caller.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := asked{query: r.URL.Query(), header: r.Header}
	a.bucket, a.key = place(r)
	op, err := s.operation(r, a)
	if err == nil {
		a.body, err = body(w, r)
	}
	var out answer
	if err == nil {
		out, err = s.make(r.Context(), op, a)
	}
	if err != nil {
		refuse(w, r, err)
		return
	}
	out.write(w)
}

// make makes the operation as the caller may, and writes it into the trail.
func (s *Service) make(ctx context.Context, op operation, a asked) (answer, error) {
	out, err := s.srv.Make(ctx, wire.Entry{Service: "s3", Action: op.name, Subject: a.subject()}, func(by *string) (any, error) {
		for _, action := range a.asks(op) {
			if s.opts.Allow == nil {
				break
			}
			allowed, err := s.opts.Allow(ctx, action, a.resource(action), s.conditions(action, a))
			if *by = allowed; err != nil {
				return nil, err
			}
		}
		var err error
		if a.under, err = s.unlock(ctx, op.name, a); err != nil {
			return nil, err
		}
		return op.do(a)
	})
	made, _ := out.(answer)
	return made, err
}

func (a asked) subject() string { return strings.TrimSuffix(a.bucket+"/"+a.key, "/") }

// resource is the ARN that an action is on.
func (a asked) resource(action string) string {
	switch {
	case action == "s3:ListAllMyBuckets":
		return "*"
	case strings.HasSuffix(action, "Object"), strings.HasSuffix(action, "ObjectTagging"):
		return "arn:aws:s3:::" + a.bucket + "/" + a.key
	}
	return "arn:aws:s3:::" + a.bucket
}

// place is the bucket and key of a request: by path, or the bucket by host, as bucket.s3.localhost and bucket.localhost.
func place(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if name, ok := strings.CutSuffix(host, ".localhost"); ok && net.ParseIP(host) == nil {
		if name = strings.TrimSuffix(name, ".s3"); name != "s3" {
			return name, path
		}
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// body is what was sent, out of the chunks that SDKs make of it
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html).
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MostBody))
	if err != nil {
		return nil, fails(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size: the sandbox keeps %d bytes", MostBody)
	}
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return raw, nil
	}
	var whole []byte
	for {
		head, rest, ok := strings.Cut(string(raw), "\r\n")
		size, _, _ := strings.Cut(head, ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if !ok || err != nil || int(n) > len(rest) {
			return nil, fails(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
		}
		if n == 0 {
			return whole, nil // trailers, if any, follow
		}
		whole = append(whole, rest[:n]...)
		raw = []byte(strings.TrimPrefix(rest[n:], "\r\n"))
	}
}

func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	if o := a.object; o != nil {
		h.Set("ETag", o.etag)
		h.Set("Last-Modified", o.at.UTC().Format(http.TimeFormat))
		h.Set("X-Amz-Server-Side-Encryption", "AES256")
		if o.under.key != "" {
			h.Set("X-Amz-Server-Side-Encryption", "aws:kms")
			h.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", o.under.key)
			h.Set("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", strconv.FormatBool(o.under.bucket))
		}
		h.Set("Content-Length", strconv.Itoa(len(o.body)))
		h.Set("Content-Type", o.contentType)
		if n := len(o.tags); n > 0 {
			h.Set("X-Amz-Tagging-Count", strconv.Itoa(n))
		}
		if o.encoding != "" {
			h.Set("Content-Encoding", o.encoding)
		}
		w.WriteHeader(a.status)
		if !a.headOnly {
			w.Write(o.body)
		}
		return
	}
	if a.document == nil {
		w.WriteHeader(a.status)
		return
	}
	text, raw := a.document.(string)
	if !raw {
		b, err := xml.Marshal(a.document)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		text = xml.Header + string(b)
		h.Set("Content-Type", "application/xml")
	}
	w.WriteHeader(a.status)
	io.WriteString(w, text)
}

// refuse writes an error; one to HEAD has no body.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var own fault
	var api smithy.APIError
	switch {
	case errors.As(err, &own):
	case errors.As(err, &api):
		own = fault{http.StatusForbidden, api.ErrorCode(), api.ErrorMessage()}
		switch {
		case strings.HasPrefix(own.code, "AccessDenied"):
			own.code = "AccessDenied"
		case strings.Contains(own.code, "Throttl") || own.code == "SlowDown":
			own.status, own.code = http.StatusServiceUnavailable, "SlowDown"
		case api.ErrorFault() == smithy.FaultServer:
			own.status = http.StatusInternalServerError
		}
	default:
		own = fault{http.StatusInternalServerError, "InternalError", err.Error()}
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(own.status)
		return
	}
	answer{status: own.status, document: struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
		Resource      string
		RequestID     string `xml:"RequestId"`
	}{Code: own.code, Message: own.message, Resource: r.URL.Path, RequestID: w.Header().Get("X-Amzn-Requestid")}}.write(w)
}

func unknown(r *http.Request, what string) error {
	return fails(http.StatusNotImplemented, "NotImplemented", "A header or query you provided implies functionality that is not implemented: the sandbox has no %s", fmt.Sprintf("%s %s%s", r.Method, r.URL.Path, what))
}
