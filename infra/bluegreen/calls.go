package bluegreen

import (
	"reflect"

	releasing "github.com/cutover-ecs/cutover/pkg/release"
	verifying "github.com/cutover-ecs/cutover/pkg/verify"
)

// Calls are the client interfaces of the functions. They are their IAM policies: see permissions.go.
type Calls struct {
	Release, Verify []reflect.Type
	// Report is the one interface by which CodeDeploy is answered.
	Report reflect.Type
}

// OwnCalls are the client interfaces that Cutover's functions are written against.
func OwnCalls() Calls {
	return Calls{
		Release: releasing.Permissions(), Verify: verifying.Permissions(), Report: reflect.TypeFor[verifying.Reporter](),
	}
}
