package wire

import (
	"net/http"
	"strings"
	"time"
)

// After the last byte of a request has left, net/http's client looks for a surplus in the body. When the answer
// overtakes this, the Go SDK (smithy-go v1.28.8, safeReadCloser.WriteTo) has closed the body, and net/http takes its
// io.EOF for a failed write and drops the connection, with what the client's buffer of 4 KiB does not hold yet.
// AWS is never so near; so an answer larger than this waits a breath.
const largeAnswer = 3 << 10

// breather answers a client of the Go SDK, which needs the breath.
type breather struct {
	http.ResponseWriter
	breathed bool
}

// breathing is w, or a breather before it. What a user agent tells of itself is
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html; Cutover's own clients, which pkg/live makes, send
// a request in one piece, by a body that net/http knows, and do not need the breath.
func breathing(w http.ResponseWriter, agent string) http.ResponseWriter {
	if !strings.Contains(agent, "aws-sdk-go-v2/") || strings.Contains(agent, " app/cutover") {
		return w
	}
	return &breather{ResponseWriter: w}
}

func (b *breather) Write(body []byte) (int, error) {
	if len(body) > largeAnswer && !b.breathed {
		time.Sleep(breath)
	}
	b.breathed = true
	return b.ResponseWriter.Write(body)
}

// Unwrap is for http.ResponseController.
func (b *breather) Unwrap() http.ResponseWriter { return b.ResponseWriter }
