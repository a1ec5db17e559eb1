package notify

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Bus takes the events.
type Bus interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Topics are SNS.
type Topics interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Clients are what a Notifier reads and tells by. Those of destinations are made when one of their kind is first told.
type Clients struct {
	Deployments live.DeploymentReader
	AppSpecs    live.AppSpecReader
	Revisions   live.RevisionReader
	Bus         Bus
	Topics      func() Topics
}

// Permissions are the interfaces whose methods the function may call for such destinations: its IAM policy.
func Permissions(n config.Notify) []reflect.Type {
	called := []reflect.Type{
		reflect.TypeFor[live.DeploymentReader](), reflect.TypeFor[live.AppSpecReader](), reflect.TypeFor[live.RevisionReader](), reflect.TypeFor[Bus](),
	}
	for _, d := range n.Destinations {
		if d.Topic != "" {
			return append(called, reflect.TypeFor[Topics]())
		}
	}
	return called
}
