package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// mostPages of a hundred stopped tasks each are looked through.
const mostPages = 10

// starts are the attempts of a task set that failed, newest first.
type starts struct {
	tasks []types.Task
	// unplaced are the reasons of attempts that did not even get a task, newest first.
	unplaced []string
	// newest is when the newest of all failed.
	newest time.Time
}

// count of the failed starts.
func (s starts) count() int { return len(s.tasks) + len(s.unplaced) }

// failedStarts reads them: what stopped by itself or for its health, and what could not be placed, since the task set
// was created. The event's own task is asked for by name, because a list may lag behind it.
func (w *Watcher) failedStarts(ctx context.Context, e Event, service types.Service, set types.TaskSet) (starts, error) {
	stopped, err := w.stopped(ctx, e)
	if err != nil {
		return starts{}, err
	}
	var s starts
	for _, task := range stopped {
		if live.Belongs(task, set) && failed(task) {
			s.tasks = append(s.tasks, task)
		}
	}
	slices.SortFunc(s.tasks, func(a, b types.Task) int { return stoppedAt(b).Compare(stoppedAt(a)) })
	if len(s.tasks) > 0 {
		s.newest = stoppedAt(s.tasks[0])
	}
	for _, event := range service.Events {
		reason, ok := unplaced(aws.ToString(event.Message), aws.ToString(set.Id))
		if !ok || s.told(reason) || event.CreatedAt == nil || set.CreatedAt != nil && event.CreatedAt.Before(*set.CreatedAt) {
			continue
		}
		s.unplaced = append(s.unplaced, reason)
		if event.CreatedAt.After(s.newest) {
			s.newest = *event.CreatedAt
		}
	}
	return s, nil
}

// stopped are the service's tasks that stopped within the last hour.
func (w *Watcher) stopped(ctx context.Context, e Event) ([]types.Task, error) {
	arns := []string{}
	if e.Task != "" {
		arns = append(arns, e.Task)
	}
	pages := 0
	for tasks, err := range ecs.TaskPages(ctx, w.clients.Tasks, ecs.ListTasksInput{
		Cluster: &e.Cluster, ServiceName: &e.Service, DesiredStatus: types.DesiredStatusStopped,
	}) {
		if err != nil {
			return nil, fmt.Errorf("list the stopped tasks of service %s: %w", e.Service, err)
		}
		arns = append(arns, tasks...)
		if pages++; pages == mostPages {
			break
		}
	}
	slices.Sort(arns)
	var all []types.Task
	for some := range slices.Chunk(slices.Compact(arns), 100) { // as many as DescribeTasks takes
		out, err := w.clients.Tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &e.Cluster, Tasks: some})
		if err != nil {
			return nil, fmt.Errorf("describe the stopped tasks of service %s: %w", e.Service, err)
		}
		all = append(all, out.Tasks...)
	}
	return all, nil
}

// failed reports whether a task's end is a start that failed. A task that a person stopped, that was scaled in or
// whose capacity was taken away is none.
func failed(t types.Task) bool {
	switch t.StopCode {
	case types.TaskStopCodeTaskFailedToStart, types.TaskStopCodeEssentialContainerExited:
		return true
	case types.TaskStopCodeServiceSchedulerInitiated:
		return strings.HasPrefix(aws.ToString(t.StoppedReason), unhealthy)
	}
	return false
}

// unhealthy is how ECS's reason begins for a task that it replaces for its health, asked by itself or by a target
// group (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html).
const unhealthy = "Task failed "

// unplaced reads the service event "(service s, taskSet t) was unable to place a task. Reason: …." ECS writes it also
// for a task that did stop; see told.
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html)
func unplaced(message, set string) (reason string, ok bool) {
	who, reason, ok := strings.Cut(message, " was unable to place a task. Reason: ")
	if !ok || strings.Contains(who, "taskSet ") && !strings.Contains(who, "taskSet "+set+")") {
		return "", false
	}
	reason, _, _ = strings.Cut(reason, " For more information,")
	return strings.TrimRight(reason, ". "), true
}

// told reports whether a stopped task gives that reason.
func (s starts) told(reason string) bool {
	return slices.ContainsFunc(s.tasks, func(t types.Task) bool {
		return strings.HasPrefix(aws.ToString(t.StoppedReason), reason)
	})
}

func stoppedAt(t types.Task) time.Time {
	for _, at := range []*time.Time{t.StoppedAt, t.StoppingAt, t.CreatedAt} {
		if at != nil {
			return *at
		}
	}
	return time.Time{}
}

// allowed is how many starts may fail: the configured number, and at least half of the tasks that are wanted, as with
// the circuit breaker of ECS's own deployments
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html).
func allowed(configured int, set types.TaskSet) int {
	return max(configured, int(set.ComputedDesiredCount+1)/2)
}

// oneOf reports whether s is one of them.
func oneOf(s string, all []string) bool { return slices.Contains(all, s) }
