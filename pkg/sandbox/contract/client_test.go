package contract_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

// speech is how a service is spoken to.
type speech struct {
	protocol string // "json", "query", "cbor" or "rest"
	content  string // content type of requests
	target   string // X-Amz-Target prefix, or the query's Version
}

var speeches = map[string]speech{
	"application-autoscaling": {"json", "application/x-amz-json-1.1", "AnyScaleFrontendService"},
	"ecs":                     {"json", "application/x-amz-json-1.1", "AmazonEC2ContainerServiceV20141113"},
	"codedeploy":              {"json", "application/x-amz-json-1.1", "CodeDeploy_20141006"},
	"ecr":                     {"json", "application/x-amz-json-1.1", "AmazonEC2ContainerRegistry_V20150921"},
	"events":                  {"json", "application/x-amz-json-1.1", "AWSEvents"},
	"logs":                    {"json", "application/x-amz-json-1.1", "Logs_20140328"},
	"sqs":                     {"json", "application/x-amz-json-1.0", "AmazonSQS"},
	"secretsmanager":          {"json", "application/x-amz-json-1.1", "secretsmanager"},
	"kms":                     {"json", "application/x-amz-json-1.1", "TrentService"},
	"ssm":                     {"json", "application/x-amz-json-1.1", "ssm"},
	"sns":                     {"query", "application/x-www-form-urlencoded", "2010-03-31"},
	"monitoring":              {"cbor", "application/cbor", "GraniteServiceVersion20100801"},
	"elasticloadbalancing":    {"query", "application/x-www-form-urlencoded", "2015-12-01"},
	"iam":                     {"query", "application/x-www-form-urlencoded", "2010-05-08"},
	"sts":                     {"query", "application/x-www-form-urlencoded", "2011-06-15"},
	"cloudformation":          {"query", "application/x-www-form-urlencoded", "2010-05-15"},
	"lambda":                  {"rest", "application/json", ""},
	"scheduler":               {"rest", "application/json", ""},
}

// client calls a sandbox without an SDK, so that it can say anything.
type client struct {
	t   *testing.T
	box *sandbox.Sandbox
	all *contract.Contract
}

// answer is what came back.
type answer struct {
	status  int
	kind    string // content type
	header  http.Header
	body    []byte
	code    string // of an error
	message string
}

func (a answer) String() string { return fmt.Sprintf("%d %s: %.300s", a.status, a.code, a.message) }

func (c *client) operation(service, action string) (*contract.Service, *contract.Operation) {
	c.t.Helper()
	s, ok := c.all.Service(service)
	if !ok || s.Operations[action] == nil {
		c.t.Fatalf("%s:%s has no record", service, action)
	}
	return s, s.Operations[action]
}

// call says in to an operation, in the words of the service's protocol.
func (c *client) call(service, action string, in map[string]any) answer {
	c.t.Helper()
	sp := speeches[service]
	switch sp.protocol {
	case "query":
		return c.raw(service, action, sp.content, []byte(form(action, sp.target, in).Encode()))
	case "cbor":
		return c.raw(service, action, sp.content, cbor.Encode(toCBOR(in)))
	case "rest":
		return c.rest(service, action, in)
	default:
		return c.raw(service, action, sp.content, marshal(in))
	}
}

// raw sends a body to an operation.
func (c *client) raw(service, action, content string, body []byte) answer {
	sp := speeches[service]
	method, path, header := "POST", "/", http.Header{"Content-Type": {content}}
	switch sp.protocol {
	case "json":
		header.Set("X-Amz-Target", sp.target+"."+action)
	case "cbor":
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
		path = "/service/" + sp.target + "/operation/" + action
	case "rest":
		_, op := c.operation(service, action)
		method, path, _ = strings.Cut(op.HTTP, " ")
		path = strings.NewReplacer("{FunctionName}", "rehearsal", "{Name}", "rehearsal", "{StatementId}", "rehearsal").Replace(path)
	}
	return c.send(service, method, path, header, body)
}

// rest puts members where the model says that they belong.
func (c *client) rest(service, action string, in map[string]any) answer {
	s, op := c.operation(service, action)
	method, path, _ := strings.Cut(op.HTTP, " ")
	header, query, body := http.Header{"Content-Type": {"application/json"}}, url.Values{}, map[string]any{}
	var payload []byte
	input := s.Shapes[op.Input]
	for name, v := range in {
		where, at, _ := strings.Cut(input.At[name], " ")
		switch where {
		case "uri":
			path = strings.ReplaceAll(path, "{"+at+"}", url.PathEscape(fmt.Sprint(v)))
		case "querystring":
			query.Set(at, fmt.Sprint(v))
		case "header":
			header.Set(at, fmt.Sprint(v))
		case "payload":
			payload = []byte(fmt.Sprint(v))
		default:
			body[name] = v
		}
	}
	if payload == nil && len(body) > 0 {
		payload = marshal(body)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.send(service, method, path, header, payload)
}

func (c *client) send(service, method, path string, header http.Header, body []byte) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.box.Endpoint()+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = header
	if header.Get("Authorization") == "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=SANDBOX/20261123/eu-central-2/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Errorf("%s %s%s: %v", method, service, path, err)
		return answer{status: 599}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, kind: resp.Header.Get("Content-Type"), header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Error(err)
	}
	if a.status >= 300 {
		a.fault()
	}
	return a
}

// fault reads an error in any of the protocols.
func (a *answer) fault() {
	switch a.kind {
	case "text/xml":
		var e struct {
			Error struct{ Code, Message string }
		}
		_ = xml.Unmarshal(a.body, &e) // what is not XML has no code
		a.code, a.message = e.Error.Code, e.Error.Message
	case "application/cbor":
		v, _ := cbor.Decode(a.body)
		m, _ := v.(cbor.Map)
		code, _ := m["__type"].(cbor.String)
		message, _ := m["message"].(cbor.String)
		a.code, a.message = string(code), string(message)
	default:
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(a.body, &e)
		a.code, a.message = e.Type, e.Message
		if a.code == "" {
			a.code = a.header.Get("X-Amzn-Errortype")
		}
	}
}

func marshal(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// form spells an input as a query does.
func form(action, version string, in map[string]any) url.Values {
	f := url.Values{"Action": {action}, "Version": {version}}
	var put func(at string, v any)
	put = func(at string, v any) {
		switch x := v.(type) {
		case map[string]any:
			for k, e := range x {
				put(strings.TrimPrefix(at+"."+k, "."), e)
			}
		case []any:
			if len(x) == 0 {
				f.Set(at, "")
			}
			for i, e := range x {
				put(at+".member."+strconv.Itoa(i+1), e)
			}
		default:
			f.Set(at, fmt.Sprint(v))
		}
	}
	put("", in)
	return f
}

// toCBOR spells an input in CBOR; a text that begins with "@" is the time after it.
func toCBOR(v any) cbor.Value {
	switch x := v.(type) {
	case map[string]any:
		m := cbor.Map{}
		for k, e := range x {
			m[k] = toCBOR(e)
		}
		return m
	case []any:
		var l cbor.List
		for _, e := range x {
			l = append(l, toCBOR(e))
		}
		return l
	case string:
		if t, err := time.Parse("@"+time.RFC3339, x); err == nil {
			return &cbor.Tag{ID: 1, Value: cbor.Float64(t.Unix())}
		}
		return cbor.String(x)
	case bool:
		return cbor.Bool(x)
	case json.Number:
		if n, err := strconv.ParseUint(string(x), 10, 64); err == nil {
			return cbor.Uint(n)
		}
		f, _ := x.Float64()
		return cbor.Float64(f)
	}
	return &cbor.Nil{}
}
