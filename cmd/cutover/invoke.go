package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// answer is what a command did and what the release loop said to it. Its JSON form is a promise.
type answer struct {
	Service string `json:"service"`
	// Command is the verb: stop, rollback, finish.
	Command string `json:"command"`
	By      string `json:"by"`
	// Done are sentences: what the command itself changed.
	Done []string `json:"done"`
	// Outcome of the loop; absent when it could not decide yet, which Later explains.
	Outcome *release.Outcome `json:"outcome,omitempty"`
	Later   string           `json:"later,omitempty"`
}

// invocation is the event of a manual invocation, as the release function reads it.
type invocation struct {
	Service string    `json:"service"`
	Retry   live.Hash `json:"retry,omitempty"`
	Told    string    `json:"told"`
}

// told is what is going on, for the function's log.
func (o *operator) told() string {
	text := o.verb + " by " + o.by
	if o.Why != "" {
		text += " because " + o.Why
	}
	return text
}

// invoke makes the release loop look now.
func (o *operator) invoke(wish live.Hash) (answer, error) {
	event, err := json.Marshal(invocation{Service: o.service.Name, Retry: wish, Told: o.told()})
	if err != nil {
		return answer{}, err
	}
	return o.send(event)
}

// invokeTime is the function's own time limit, and as much for the ones before it.
const invokeTime = 2 * time.Minute

// send hands an event to the release function and waits for its answer. The function takes one event at a time, so
// that Lambda may refuse this one for a moment; no other error is tried again, because the function may have run.
func (o *operator) send(event []byte) (answer, error) {
	a := answer{Service: o.service.Name, Command: o.verb, By: o.by, Done: append([]string{}, o.done...)}
	ctx, cancel := context.WithTimeout(o.ctx, invokeTime)
	if len(o.done) > 0 {
		ctx, cancel = context.WithTimeout(context.WithoutCancel(o.ctx), invokeTime)
	}
	defer cancel()
	out, err := lambda.NewFromConfig(o.aws).Invoke(ctx, &lambda.InvokeInput{FunctionName: &o.names.ReleaseFunction, Payload: event},
		func(l *lambda.Options) { l.Retryer = whileBusy() })
	if err != nil {
		return a, fmt.Errorf("invoke %s: %w", o.names.ReleaseFunction, err)
	}
	if out.FunctionError != nil {
		var failed struct {
			Message string `json:"errorMessage"`
		}
		_ = json.Unmarshal(out.Payload, &failed)
		if _, why, early := strings.Cut(failed.Message, "it is too early to tell: "); early {
			a.Later = why
			return a, nil
		}
		return a, fmt.Errorf("the release function failed (%s): %s", aws.ToString(out.FunctionError), failed.Message)
	}
	if err := json.Unmarshal(out.Payload, &a.Outcome); err != nil || a.Outcome == nil || a.Outcome.Decision == "" {
		return a, fmt.Errorf("the release function answered %.200q, which is no outcome", out.Payload)
	}
	return a, nil
}

// whileBusy tries again for about half a minute while the function's reserved concurrency is used up.
func whileBusy() aws.Retryer {
	return retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts, r.MaxBackoff, r.RateLimiter = 12, 5*time.Second, ratelimit.None
		r.Retryables = []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: map[string]struct{}{"TooManyRequestsException": {}}}}
	})
}

// show prints what was done and what the loop said.
func (o *operator) show(a answer) error {
	if o.JSON {
		return json.NewEncoder(o.out).Encode(a)
	}
	for _, line := range a.Done {
		fmt.Fprintln(o.out, line+".")
	}
	if a.Later != "" {
		fmt.Fprintf(o.out, "The release loop looks again by itself: %s.\n", a.Later)
	}
	if a.Outcome != nil {
		fmt.Fprintln(o.out, sentence(*a.Outcome))
	}
	return nil
}

// sentence is an outcome for people.
func sentence(r release.Outcome) string {
	text := string(r.Decision)
	switch r.Decision {
	case release.Deploy:
		text = "Deployment " + r.Deployment + " was started"
	case release.Finish:
		text = "The termination wait of " + r.Deployment + " was ended"
	case release.Stop:
		text = "Deployment " + r.Deployment + " was stopped"
	case release.Current:
		text = "Nothing is to be released"
	case release.Hold:
		text = "Held"
	case release.Refuse:
		text = "Refused"
	case release.Wait:
		text = "Nothing can be released yet"
	}
	return text + ": " + strings.TrimSuffix(r.Reason, ".") + "."
}

// close ends a command whose own change is done: the loop is asked, and what it says is told and changes nothing
// about the success. Where it cannot be asked the schedule will do it.
func (o *operator) close() error {
	a, err := o.invoke("")
	if shown := o.show(a); err == nil || shown != nil {
		return shown
	}
	return fmt.Errorf("that is done, but the release loop could not be asked and looks by itself at the next event or schedule: %w", err)
}

// conclude tells an outcome that the command was for: it is an error when nothing goes on because of it, and ends with
// exit code 3 when the loop said why.
func (o *operator) conclude(a answer) error {
	if err := o.show(a); err != nil {
		return err
	}
	switch {
	case a.Outcome == nil:
		return errors.New("the release loop could not decide yet")
	case slices.Contains([]release.Verdict{release.Hold, release.Refuse, release.Wait, release.Ignored}, a.Outcome.Decision):
		return coded{3, fmt.Errorf("the release loop did not release anything (%s)", a.Outcome.Decision)}
	}
	return nil
}
