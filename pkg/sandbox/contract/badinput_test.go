package contract_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

// common are the error codes that any operation may answer, from the services' pages of common errors, such as
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html, and from the protocols.
var common = []string{
	"AccessDeniedException", "InvalidAction", "InvalidParameterValue", "MalformedInput", "MissingParameter",
	"RequestEntityTooLarge", "RequestTooLargeException", "SerializationException", "ThrottlingException",
	"UnknownOperationException", "UnsupportedMediaTypeException", "ValidationError", "ValidationException",
}

// declared tells whether an operation may answer a code.
func declared(op *contract.Operation, code string) bool {
	return slices.Contains(common, code) || slices.Contains(op.Errors, code) ||
		slices.ContainsFunc(op.Errors, func(e string) bool { return strings.TrimSuffix(e, "Exception") == code })
}

// judge says what is wrong with the answer to bad input.
func judge(op *contract.Operation, a answer, refused bool) string {
	switch {
	case a.status >= 500:
		return "failed: " + a.String()
	case a.status < 300 && refused:
		return fmt.Sprintf("was taken: %d %.120s", a.status, a.body)
	case a.status < 300:
		return ""
	case a.code == "" || a.message == "":
		return fmt.Sprintf("is no error of AWS's form: %d %s %.200s", a.status, a.kind, a.body)
	case !declared(op, a.code):
		return "answers a code that the operation does not declare: " + a.String()
	case len(a.body) > 4<<10:
		return fmt.Sprintf("answers %d bytes: %s", len(a.body), a)
	}
	return ""
}

func TestBadInputIsAnsweredWithAnErrorOfAWS(t *testing.T) {
	r := newRun(t)
	seen := map[string]bool{}
	for _, s := range rehearsal {
		service, action, _ := strings.Cut(s.call, ":")
		in := r.input(s)
		r.do(s, false) // first, so that an unlucky mutant that is taken finds the name taken
		if model, op := r.operation(service, action); !seen[s.call] {
			for _, m := range mutants(model, op, in) {
				a := r.call(service, action, m.in)
				if wrong := judge(op, a, m.refused && exempt[s.call+" "+m.what] == ""); wrong != "" {
					t.Errorf("%s, %s: %s", s.call, m.what, wrong)
				}
			}
		}
		seen[s.call] = true
	}
}

// exempt are inputs that the models forbid and the sandbox takes, each with its reason.
var exempt = map[string]string{
	"sqs:ChangeMessageVisibility without VisibilityTimeout":  "the SDK's input has no way to say that it is missing: 0 is taken",
	"sqs:SendMessageBatch without Entries.0.MessageBody":     "an entry fails by itself, in the output",
	"sqs:SendMessageBatch without Entries.1.MessageBody":     "an entry fails by itself, in the output",
	"sqs:DeleteMessageBatch without Entries.0.ReceiptHandle": "an entry fails by itself, in the output",
	"lambda:GetFunction empty FunctionName":                  "the path without a name is ListFunctions', in AWS too",
}

func TestMalformedBodiesAreRefused(t *testing.T) {
	c := &client{t: t, box: start(t, nil), all: contract.New()}
	large := bytes.Repeat([]byte("x"), 10<<20)
	for service, actions := range registered(t) {
		sp := speeches[service]
		bad := map[string]string{
			"damaged": "{", "a list": "[]", "a text": `"x"`, "two": "{}{}", "deep": strings.Repeat(`{"a":`, 20_000),
		}
		switch sp.protocol {
		case "query":
			bad = map[string]string{"damaged": "Action=%zz"}
		case "cbor":
			bad = map[string]string{"damaged": "\xbf", "a list": "\x80", "endless": "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"}
		}
		for i, action := range actions {
			_, op := c.operation(service, action)
			bodyless := sp.protocol == "rest" && !strings.HasPrefix(op.HTTP, "P") || action == "Invoke"
			for what, body := range bad {
				a := c.raw(service, action, sp.content, []byte(body))
				if wrong := judge(op, a, !bodyless); wrong != "" {
					t.Errorf("%s:%s, %s: %s", service, action, what, wrong)
				}
			}
			if sp.protocol == "json" || sp.protocol == "query" {
				a := c.raw(service, action, "text/plain", []byte("x"))
				if wrong := judge(op, a, true); wrong != "" {
					t.Errorf("%s:%s, wrong content type: %s", service, action, wrong)
				}
			}
			if raceDetector && i > 0 && sp.protocol != "rest" {
				continue // the other actions' bodies are read by the same code
			}
			if a := c.raw(service, action, sp.content, large); judge(op, a, !bodyless) != "" {
				t.Errorf("%s:%s, 10 MiB: %s", service, action, judge(op, a, !bodyless))
			}
		}
	}
}
