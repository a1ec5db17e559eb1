package call

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// mostAnswer is the largest answer that is read: Lambda's has at most 6 MB, and of ECR's enhanced scans a page of a
// thousand findings, each with its description, its sources and its resources, may have some more.
const mostAnswer = 32 << 20

// read takes an answer whole, or makes an error of it.
func (q Request) read(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	r, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok {
		return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("a %T is no answer", out.RawResponse)}
	}
	defer r.Body.Close()
	var whole bytes.Buffer
	whole.Grow(int(min(max(r.ContentLength, 0), mostAnswer)) + bytes.MinRead) // so that it need not grow again
	_, err = whole.ReadFrom(io.LimitReader(r.Body, mostAnswer+1))
	body := whole.Bytes()
	if err == nil && len(body) > mostAnswer {
		err = fmt.Errorf("the answer has more than %d bytes", mostAnswer)
	}
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	if r.StatusCode/100 == 2 {
		out.Result = &Answer{Header: r.Header, Body: body}
		if q.decode != nil {
			if err := q.decode(body); err != nil {
				return out, metadata, &smithy.DeserializationError{Err: err}
			}
		}
		return out, metadata, nil
	}
	f := faultOf(r.Header, body)
	if f.request != "" {
		awsmiddleware.SetRequestIDMetadata(&metadata, f.request)
	}
	if f.code == "" {
		f.code, f.message = "UnknownError", http.StatusText(r.StatusCode)
	}
	whose := smithy.FaultClient
	if r.StatusCode >= http.StatusInternalServerError {
		whose = smithy.FaultServer
	}
	return out, metadata, &smithy.GenericAPIError{Code: f.code, Message: f.message, Fault: whose}
}

// Refused reports whether a service refused with an error of one of the codes.
func Refused(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// fault is what a service says when it refuses.
type fault struct{ code, message, request string }

// faultOf reads a refusal in whichever of the protocols it is.
func faultOf(h http.Header, body []byte) fault {
	if f, ok := faultOfXML(body); ok {
		return f
	}
	var told struct {
		Type    string `json:"__type"`
		Code    any    `json:"code"`
		Message string `json:"message"` // or Message: names are read without regard to case
	}
	if json.Unmarshal(body, &told) != nil {
		told.Message = ""
	}
	f := fault{code: h.Get("X-Amzn-ErrorType"), message: told.Message}
	if f.code == "" {
		f.code = told.Type
	}
	if code, ok := told.Code.(string); ok && f.code == "" {
		f.code = code
	}
	f.code = restjson.SanitizeErrorCode(f.code)
	// A service that once spoke the query protocol tells there what the error was called in it
	// (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait).
	if code, _, ok := strings.Cut(h.Get("X-Amzn-Query-Error"), ";"); ok {
		f.code = code
	}
	return f
}

// faultOfXML reads the refusals of the query protocol, of EC2's kind of it, and of S3.
func faultOfXML(body []byte) (fault, bool) {
	var told struct {
		Query struct {
			Code    string
			Message string
		} `xml:"Error"`
		EC2 struct {
			Code    string
			Message string
		} `xml:"Errors>Error"`
		S3Code    string `xml:"Code"`
		S3Message string `xml:"Message"`
		RequestId string
		RequestID string
	}
	if xml.Unmarshal(body, &told) != nil {
		return fault{}, false
	}
	f := fault{request: told.RequestId + told.RequestID}
	f.code = told.Query.Code + told.EC2.Code + told.S3Code
	f.message = told.Query.Message + told.EC2.Message + told.S3Message
	return f, f.code != ""
}
