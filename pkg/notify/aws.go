package notify

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/cutover-ecs/cutover/pkg/call/eventbridge"
	"github.com/cutover-ecs/cutover/pkg/call/sns"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// Bus takes the events.
type Bus interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error)
}

// Topics are SNS.
type Topics interface {
	Publish(context.Context, *sns.PublishInput) (*sns.PublishOutput, error)
}

// Clients are what a Notifier reads and tells by. Those of destinations are made when one of their kind is first told.
type Clients struct {
	Deployments live.DeploymentReader
	AppSpecs    live.AppSpecReader
	Revisions   live.RevisionReader
	Bus         Bus
	Topics      func() Topics
	Secrets     func() Secrets
	Parameters  func() Parameters
	HTTP        func() *http.Client
	Images      func() oci.Reader
}

// Permissions are the interfaces whose methods the function may call for such destinations: its IAM policy.
func Permissions(n config.Notify) []reflect.Type {
	called := []reflect.Type{
		reflect.TypeFor[live.DeploymentReader](), reflect.TypeFor[live.AppSpecReader](), reflect.TypeFor[live.RevisionReader](), reflect.TypeFor[Bus](),
	}
	if slices.ContainsFunc(n.Destinations, func(d config.Destination) bool { return d.Topic != "" }) {
		called = append(called, reflect.TypeFor[Topics]())
	}
	if slices.ContainsFunc(n.Destinations, func(d config.Destination) bool { return d.Secret() != "" && !config.Parameter(d.Secret()) }) {
		called = append(called, reflect.TypeFor[Secrets]())
	}
	if slices.ContainsFunc(n.Destinations, func(d config.Destination) bool { return d.GitHub != nil }) {
		called = append(called, reflect.TypeFor[oci.Reader]())
	}
	if slices.ContainsFunc(n.Destinations, func(d config.Destination) bool { return config.Parameter(d.Secret()) }) {
		called = append(called, reflect.TypeFor[Parameters]())
	}
	return called
}
