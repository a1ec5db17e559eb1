package wire

import (
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

type protocol uint8

const (
	protocolNone protocol = iota
	protocolJSON
	protocolQuery
	protocolCBOR
)

// request is what one HTTP request asks for.
type request struct {
	id          string
	protocol    protocol
	contentType string // of the request, and so of the answer
	accessKey   string
	service     string // signing name; empty when nothing tells it
	region      string // that the request is signed for; empty when it is not signed
	action      string
	body        []byte
	queryMode   bool // the client wants query's error codes
}

// read finds out what a request asks for: its protocol by its content type, its service by the scope that it was
// signed for, else by its target or version.
func (q *request) read(r *http.Request) {
	q.accessKey, q.region, q.service = credential(r)
	q.contentType, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
	q.queryMode = r.Header.Get("X-Amzn-Query-Mode") == "true"
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		q.protocol = protocolCBOR
		name, operation, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/service/"), "/operation/")
		q.action = operation
		q.fallback(targets[name])
	case q.contentType == "application/x-amz-json-1.1" || q.contentType == "application/x-amz-json-1.0":
		q.protocol = protocolJSON
		prefix, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		q.action = operation
		q.fallback(targets[prefix])
	case q.contentType == "application/x-www-form-urlencoded", r.Method == http.MethodGet && r.URL.Query().Has("Action"):
		q.protocol = protocolQuery
	}
}

func (q *request) fallback(service string) {
	if q.service == "" {
		q.service = service
	}
}

// tree reads the body.
func (q *request) tree(r *http.Request) (map[string]any, error) {
	switch q.protocol {
	case protocolJSON:
		return jsonTree(q.body)
	case protocolCBOR:
		return cborTree(q.body)
	}
	raw := string(q.body)
	if r.Method == http.MethodGet {
		raw = r.URL.RawQuery
	}
	form, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	q.action = form.Get("Action")
	q.fallback(versions[form.Get("Version")])
	return formTree(form)
}

// credential is the access key of a request, and the region and the service that it was signed for.
func credential(r *http.Request) (accessKey, region, service string) {
	scope := r.Header.Get("Authorization")
	if _, after, ok := strings.Cut(scope, "Credential="); ok {
		scope, _, _ = strings.Cut(after, ",")
	} else if r.URL.RawQuery != "" {
		scope = r.URL.Query().Get("X-Amz-Credential")
	} else {
		return "", "", ""
	}
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) < 5 {
		return "", "", ""
	}
	return parts[0], parts[2], parts[3]
}

// answer writes what a handler returned.
func (q *request) answer(w http.ResponseWriter, out any) {
	v := reflect.ValueOf(out)
	switch q.protocol {
	case protocolCBOR:
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		send(w, http.StatusOK, "application/cbor", cbor.Encode(cborOf(v)))
	case protocolQuery:
		var b bytes.Buffer
		b.WriteString("<" + q.action + `Response xmlns="` + namespaces[q.service] + `"><` + q.action + "Result>")
		writeXML(&b, v)
		b.WriteString("</" + q.action + "Result><ResponseMetadata><RequestId>" + q.id +
			"</RequestId></ResponseMetadata></" + q.action + "Response>")
		send(w, http.StatusOK, "text/xml", b.Bytes())
	default:
		send(w, http.StatusOK, q.contentType, appendJSON(nil, v))
	}
}

// refuse writes an error. s3 speaks XML too, and its clients are told in words which they can read.
func (q *request) refuse(w http.ResponseWriter, err error) {
	f := faultOf(err)
	if q.protocol == protocolQuery || q.protocol == protocolNone && q.service == "s3" {
		send(w, f.status(true), "text/xml", f.xml(namespaces[q.service], q.id))
		return
	}
	w.Header().Set("X-Amzn-Errortype", f.shape)
	if q.queryMode {
		w.Header().Set("X-Amzn-Query-Error", f.code+";"+f.blame())
	}
	switch q.protocol {
	case protocolCBOR:
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		send(w, f.status(false), "application/cbor", f.cbor())
	case protocolJSON:
		send(w, f.status(false), q.contentType, f.json(true))
	default:
		send(w, f.status(true), "application/json", f.json(true))
	}
}
