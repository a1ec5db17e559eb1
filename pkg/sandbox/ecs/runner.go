package ecs

import (
	"context"
	"net"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
)

// Runner starts tasks. Tasks makes one of a task.Runner.
type Runner interface {
	// Start returns when all containers are started; ctx is for the start only. The error is the task's
	// stoppedReason.
	Start(ctx context.Context, spec task.Spec) (Task, error)
}

// Task is a started task.
type Task interface {
	// Dial connects to a port inside the task.
	Dial(ctx context.Context, port int) (net.Conn, error)
	// Exec runs a command in a container and returns its exit code; the end of ctx kills it.
	Exec(ctx context.Context, container string, command []string) (code int, err error)
	// Done is closed when the task has ended.
	Done() <-chan struct{}
	// Exits is how the containers ended; whole after Done.
	Exits() []task.Exit
	// Stop ends the task and returns when it has ended. The end of ctx means at once.
	Stop(ctx context.Context)
}

var _ Task = (*task.Task)(nil)

// Origin tells what a task is started for.
type Origin struct {
	Cluster, Service string
	TaskSet          string // its id
	Revision         string // family:revision
}

type originKey struct{}

// OriginOf is the origin of the task that a Runner is asked to start; zero outside of Start.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

func withOrigin(ctx context.Context, m *member) context.Context {
	return context.WithValue(ctx, originKey{}, m.origin())
}

func (m *member) origin() Origin {
	return Origin{
		Cluster: *m.set.service.cluster.shape.ClusterName, Service: *m.set.service.shape.ServiceName,
		TaskSet: *m.set.shape.Id, Revision: base(*m.set.layout.def.TaskDefinitionArn),
	}
}

// Tasks runs tasks as r does.
func Tasks(r *task.Runner) Runner { return tasks{r} }

type tasks struct{ runner *task.Runner }

func (t tasks) Start(ctx context.Context, spec task.Spec) (Task, error) {
	started, err := t.runner.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return started, nil
}
