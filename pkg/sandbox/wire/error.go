package wire

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
)

// Codes of errors that the wire itself answers.
const (
	codeInternal    = "InternalFailure"
	codeUnknown     = "UnknownOperationException"
	codeMalformed   = "SerializationException"
	codeTooLarge    = "RequestEntityTooLarge"
	codeContentType = "UnsupportedMediaTypeException"
)

// messageLimit is the most bytes that an error's message has: one that quotes its input could be as long as that.
const messageLimit = 1 << 10

func clientError(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

// fault is an error as the protocols write it.
type fault struct {
	code    string // as the SDKs' ErrorCode() tells it, and as query writes it
	shape   string // name of the error's shape, which JSON and CBOR write
	message string
	server  bool          // the server is to blame
	members reflect.Value // the SDK's own error, for its further members; invalid when it has none
	lower   bool
}

// faultOf is err as the protocols write it; an error that is not of AWS's kind is an InternalFailure.
func faultOf(err error) fault {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fault{code: codeInternal, shape: codeInternal, message: err.Error(), server: true}
	}
	f := fault{
		code: api.ErrorCode(), shape: api.ErrorCode(), message: api.ErrorMessage(),
		server: api.ErrorFault() == smithy.FaultServer,
	}
	if len(f.message) > messageLimit {
		f.message = strings.ToValidUTF8(f.message[:messageLimit], "") + "…"
	}
	v := reflect.Indirect(reflect.ValueOf(api))
	if v.Kind() == reflect.Struct && strings.HasSuffix(v.Type().PkgPath(), "/types") {
		f.shape, f.members, f.lower = v.Type().Name(), v, isLower(v.Type())
		if old := queryCodes[serviceOf(v.Type())+"."+f.shape]; old != "" {
			f.code = old
		}
	}
	return f
}

// status of the fault; JSON's and CBOR's errors are all 400 or 500 unless the wire itself refused.
func (f fault) status(byCode bool) int {
	switch {
	case f.server && f.code == "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case f.code == codeTooLarge:
		return http.StatusRequestEntityTooLarge
	case f.code == codeContentType:
		return http.StatusUnsupportedMediaType
	}
	if s := statuses[f.code]; byCode && s != 0 {
		return s
	}
	if f.server {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// further calls visit for each member that an SDK's error has beside its message.
func (f fault) further(visit func(m member, v reflect.Value)) {
	if !f.members.IsValid() {
		return
	}
	for _, m := range shapeOf(f.members.Type()).members {
		switch strings.ToLower(m.name) {
		case "message", "errorcodeoverride":
			continue
		}
		if v := f.members.Field(m.index); !unset(v) {
			visit(m, v)
		}
	}
}

// json is the fault's body. Services differ in how they spell message; clients of the UpperCamel ones find both.
func (f fault) json(typed bool) []byte {
	dst := []byte{'{'}
	if typed {
		dst = append(appendText(append(dst, `"__type":`...), f.shape), ',')
	}
	dst = appendText(append(dst, `"message":`...), f.message)
	if !f.lower {
		dst = appendText(append(dst, `,"Message":`...), f.message)
	}
	f.further(func(m member, v reflect.Value) {
		dst = appendJSON(append(append(dst, ','), m.key...), v)
	})
	return append(dst, '}')
}

func (f fault) cbor() []byte {
	m := cbor.Map{
		"__type": cbor.String(f.shape), "message": cbor.String(f.message), "Message": cbor.String(f.message),
	}
	f.further(func(e member, v reflect.Value) { m[e.name] = cborOf(v) })
	return cbor.Encode(m)
}

func (f fault) xml(namespace, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString(`<ErrorResponse xmlns="` + namespace + `"><Error><Type>`)
	b.WriteString(f.blame())
	b.WriteString("</Type><Code>")
	escapeXML(&b, f.code)
	b.WriteString("</Code><Message>")
	escapeXML(&b, f.message)
	b.WriteString("</Message></Error><RequestId>" + requestID + "</RequestId></ErrorResponse>")
	return b.Bytes()
}

func (f fault) blame() string {
	if f.server {
		return "Receiver"
	}
	return "Sender"
}
