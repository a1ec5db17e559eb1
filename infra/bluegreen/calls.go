package bluegreen

import (
	"reflect"

	"github.com/cutover-ecs/cutover/pkg/config"
	notifying "github.com/cutover-ecs/cutover/pkg/notify"
	releasing "github.com/cutover-ecs/cutover/pkg/release"
	verifying "github.com/cutover-ecs/cutover/pkg/verify"
	watching "github.com/cutover-ecs/cutover/pkg/watch"
)

// Calls are the client interfaces of the functions. They are their IAM policies: see permissions.go.
type Calls struct {
	// Release are those of the loop for a service of that description.
	Release func(config.Service) []reflect.Type
	Verify  []reflect.Type
	// Report is the one interface by which CodeDeploy is answered.
	Report reflect.Type
	// Watch and Notify are those of the two that work for all services.
	Watch  []reflect.Type
	Notify func(config.Notify) []reflect.Type
}

// OwnCalls are the client interfaces that Cutover's functions are written against.
func OwnCalls() Calls {
	return Calls{
		Release: releasing.Permissions, Verify: verifying.Permissions(), Report: reflect.TypeFor[verifying.Reporter](),
		Watch: watching.Permissions(), Notify: notifying.Permissions,
	}
}
