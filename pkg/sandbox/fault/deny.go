package fault

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Deny revokes a permission: calls are refused as by a policy with an explicit deny.
type Deny struct {
	Principal string  `arg:"" help:"ARN of the caller or of its role; * matches."`
	Action    string  `arg:"" help:"What it may no longer do, as service:Action; * matches."`
	Skip      int     `help:"Let the first ones pass."`
	Times     int     `help:"How often; 0 is always."`
	Chance    float64 `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Kind implements Fault.
func (Deny) Kind() string { return "deny" }

func (f Deny) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f Deny) check() error {
	if f.Action == "" {
		return errors.New("an action is needed")
	}
	return errors.Join(checkPattern(f.Principal), checkCall(f.Action))
}

// queryServices name the error differently from the others.
var queryServices = []string{"cloudformation", "elasticloadbalancing", "iam", "sns", "sts"}

func (p *Plan) denied(service, action string, by wire.Caller) error {
	struck := strike(p, func(f Deny) bool { return likeCaller(f.Principal, by) && likeCall(f.Action, service, action) })
	if len(struck) == 0 {
		return nil
	}
	if service == "lambda" && action == "Invoke" {
		action = "InvokeFunction"
	}
	code := "AccessDeniedException"
	if slices.Contains(queryServices, service) {
		code = "AccessDenied"
	}
	return &smithy.GenericAPIError{Code: code, Fault: smithy.FaultClient, Message: fmt.Sprintf(
		"User: %s is not authorized to perform: %s:%s with an explicit deny in an identity-based policy", by.ARN, service, action)}
}
