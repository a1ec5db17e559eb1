package lambda

import (
	"fmt"

	"github.com/aws/smithy-go"
)

// invalidConstraint is what AWS answers when a member breaks the constraints of its model.
func invalidConstraint(member, value, constraint string) error {
	return &smithy.GenericAPIError{
		Code:    "ValidationException",
		Message: fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, constraint),
		Fault:   smithy.FaultClient,
	}
}
