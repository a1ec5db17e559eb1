package watch

import (
	"context"
	"reflect"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatchlogs"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// LogReader reads the end of a container's log.
type LogReader interface {
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error)
}

// Stopper ends a deployment.
type Stopper interface {
	StopDeployment(context.Context, *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error)
}

// Tagger leaves the cause at the revision.
type Tagger interface {
	TagResource(context.Context, *ecs.TagResourceInput) (*ecs.TagResourceOutput, error)
}

// Clients are what a Watcher reads and does.
type Clients struct {
	Deployments live.DeploymentReader
	Tasks       live.TaskReader
	Logs        LogReader
	Stopper     Stopper
	Tagger      Tagger
}

// Permissions are the interfaces whose methods the watch function may call: its IAM policy.
func Permissions() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[live.DeploymentReader](), reflect.TypeFor[live.TaskReader](),
		reflect.TypeFor[LogReader](), reflect.TypeFor[Stopper](), reflect.TypeFor[Tagger](),
	}
}
