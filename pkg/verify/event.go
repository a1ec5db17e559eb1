// Package verify judges green on the test listener, and only green, and tells CodeDeploy.
//
// A Gate is a lifecycle hook, mostly that of AfterAllowTestTraffic: it finds its deployment, proves that the test
// listener shows the replacement task set and nothing else (at other stages another listener, or what serves now), lets
// the listener settle, runs the declared suite and reports Succeeded or Failed. It reports exactly once, before its own deadline, whatever happened: a panic, a bad suite, a
// vanished deployment, a cancelled context. What it found is a Verdict, a document.
//
// Run judges any URL by the same suite; it knows nothing of CodeDeploy.
package verify

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Event is a hook's call: CodeDeploy tells nothing but which deployment waits and under which id it expects the
// answer (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html).
type Event struct {
	DeploymentID string `json:"DeploymentId"`
	ExecutionID  string `json:"LifecycleEventHookExecutionId"`
	// Died is set when the event comes from the hook's on-failure destination: why Lambda gave the hook up.
	Died string `json:"-"`
}

// ErrNotAHook is returned for a payload that is no hook's call.
var ErrNotAHook = errors.New("the payload is not a CodeDeploy lifecycle hook: it has no DeploymentId and LifecycleEventHookExecutionId")

// destination is the record that Lambda sends when an asynchronous invocation failed for good
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
type destination struct {
	RequestContext struct {
		FunctionArn            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	RequestPayload  *Event `json:"requestPayload"`
	ResponsePayload struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	} `json:"responsePayload"`
}

// ParseEvent reads a hook's call, or the record of a hook that died with the call in it.
func ParseEvent(payload []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrNotAHook, err)
	}
	var d destination
	if err := json.Unmarshal(payload, &d); err == nil && d.RequestPayload != nil {
		e = *d.RequestPayload
		e.Died = fmt.Sprintf("the hook died %d times without an answer (%s): %s %s",
			d.RequestContext.ApproximateInvokeCount, d.RequestContext.Condition, d.ResponsePayload.ErrorType, d.ResponsePayload.ErrorMessage)
	}
	if e.DeploymentID == "" || e.ExecutionID == "" {
		return Event{}, ErrNotAHook
	}
	return e, nil
}
