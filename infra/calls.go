package main

import (
	"reflect"

	releasing "github.com/cutover-ecs/cutover/pkg/release"
	verifying "github.com/cutover-ecs/cutover/pkg/verify"
)

// calls are the client interfaces that the functions are written against.
func calls() Calls {
	return Calls{
		Release: releasing.Permissions(), Verify: verifying.Permissions(), Report: reflect.TypeFor[verifying.Reporter](),
	}
}
