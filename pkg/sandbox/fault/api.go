package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// API befalls calls, those of clients, functions and CodeDeploy itself alike.
type API struct {
	Service string        `arg:"" help:"Signing name of the service (ecs, codedeploy, elasticloadbalancing, ...); * matches."`
	Action  string        `arg:"" help:"The operation; * matches."`
	Caller  string        `help:"Only calls by this principal (ARN; * matches)."`
	Code    string        `help:"Answer this error code."`
	Message string        `help:"Answer this text with it."`
	After   bool          `help:"Let the call happen, then answer the error all the same."`
	Delay   time.Duration `help:"Answer so much later, in real time."`
	Skip    int           `help:"Let the first ones pass."`
	Times   int           `help:"How often; 0 is always."`
	Chance  float64       `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Kind implements Fault.
func (API) Kind() string { return "api" }

func (f API) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f API) check() error {
	if f.Code == "" && f.Delay <= 0 {
		return errors.New("an error code or a delay is needed")
	}
	return checkPattern(f.Service, f.Action, f.Caller)
}

func (f API) matches(service, action string, by wire.Caller) bool {
	return like(f.Service, service) && likeAction(f.Action, action) && likeCaller(f.Caller, by)
}

func likeCaller(pattern string, c wire.Caller) bool {
	return like(pattern, c.ARN) || c.Role != "" && like(pattern, c.Role)
}

// likeAction takes an operation by its own name and by IAM's, which differ for lambda:InvokeFunction.
func likeAction(pattern, action string) bool {
	return like(pattern, action) || action == "Invoke" && like(pattern, "InvokeFunction")
}

// likeCall takes "service:Action".
func likeCall(pattern, service, action string) bool {
	of, operation, ok := strings.Cut(pattern, ":")
	return pattern == "" || pattern == "*" || ok && like(of, service) && likeAction(operation, action)
}

func checkCall(pattern string) error {
	if pattern != "" && pattern != "*" && !strings.Contains(pattern, ":") {
		return fmt.Errorf("%q is not of the form service:Action", pattern)
	}
	return checkPattern(pattern)
}

// serverCodes are AWS's own faults, which SDKs repeat.
var serverCodes = []string{
	"InternalFailure", "InternalError", "InternalServerError", "InternalServiceError", "ServerException",
	"ServiceException", "ServiceUnavailable", "ServiceUnavailableException",
}

func (f API) error() error {
	e := &smithy.GenericAPIError{Code: f.Code, Message: f.Message, Fault: smithy.FaultClient}
	if slices.Contains(serverCodes, f.Code) {
		e.Fault = smithy.FaultServer
	}
	if e.Message == "" {
		e.Message = "an injected fault"
		if strings.Contains(f.Code, "Throttl") || f.Code == "TooManyRequestsException" {
			e.Message = "Rate exceeded"
		}
	}
	return e
}

type silent struct{} // in the context of calls that the plan itself makes: what they are

// Around stands around every call; it has the form of wire's Options.Around.
func (p *Plan) Around(ctx context.Context, service, action string, _ any, next func() (any, error)) (any, string, error) {
	if own, ok := ctx.Value(silent{}).(string); ok {
		out, err := next()
		return out, own, err
	}
	if p.count.Load() == 0 {
		out, err := next()
		return out, "", err
	}
	by := wire.CallerOf(ctx)
	if told, err := p.throttled(service, action, by); err != nil {
		return nil, told, err
	}
	p.behindTheBack(ctx, service, action)
	if err := p.denied(service, action, by); err != nil {
		return nil, "permission revoked", err
	}
	if out, told, err, crashed := p.crashAt(service, action, by, next); crashed {
		return out, told, err
	}
	var told []string
	var fails *API
	late := [2]time.Duration{} // before and after the effect
	for _, f := range strike(p, func(f API) bool { return f.matches(service, action, by) }) {
		if f.Delay > 0 {
			told = append(told, fmt.Sprintf("%s late", f.Delay))
			late[index(f.After)] += f.Delay
		}
		if f.Code != "" && fails == nil {
			fails = &f
		}
	}
	pause(ctx, late[0])
	if fails != nil && !fails.After {
		return nil, strings.Join(append(told, "refused"), ", "), fails.error()
	}
	out, err := next()
	pause(ctx, late[1])
	if fails != nil && err == nil {
		return nil, strings.Join(append(told, "answered with an error though it happened"), ", "), fails.error()
	}
	return out, strings.Join(told, ", "), err
}

func index(after bool) int {
	if after {
		return 1
	}
	return 0
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
