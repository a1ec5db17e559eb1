package bluegreen

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
	watching "github.com/cutover-ecs/cutover/pkg/watch"
)

// WatchProps say whose starts are watched.
type WatchProps struct {
	Platform config.Platform
	Services []config.Service
	// Functions has one directory a function, each with its bootstrap.
	Functions string
	// Calls are what the function may call. Default: what it is written against.
	Calls []reflect.Type
}

// watchTimeout is enough for a dozen reads of services with many tasks, some tried again.
const watchTimeout = time.Minute

// Watched are the services that want to be.
func Watched(all []config.Service) []config.Service {
	var some []config.Service
	for _, s := range all {
		if *s.Watch.FailedStarts > 0 {
			some = append(some, s)
		}
	}
	return some
}

// NewWatch is the function that stops deployments that cannot succeed, and a rule for each service that wakes it. A
// rule takes one service's events and hands over how many starts may fail with them, so that the function is told of
// no service and none has a part in its environment. Nothing is made where no service wants to be watched.
func NewWatch(scope constructs.Construct, id string, props WatchProps) error {
	props.Services = Watched(props.Services)
	if len(props.Services) == 0 {
		return nil
	}
	if props.Calls == nil {
		props.Calls = watching.Permissions()
	}
	scope = constructs.NewConstruct(scope, jsii.String(id))
	statements, err := Permissions(props.Calls, grants(scopeOfAll(props.Platform, props.Services)))
	if err != nil {
		return fmt.Errorf("permissions of the watch function: %w", err)
	}
	name := props.Platform.WatchFunction()
	queue := newQueue(scope, "Failed", name+"-dlq", props.Platform.Key, props.Platform.KeepLogs)
	function := NewFunction(scope, "Watch", FunctionProps{
		Name: name, Function: Watch, Description: "Stops deployments whose new version cannot start, with the cause", Code: props.Functions,
		Logs: LogsOf(props.Platform), Timeout: watchTimeout, Statements: statements, Failed: toQueue(queue), Told: toNotify(props.Platform),
	})
	if slices.ContainsFunc(props.Services, func(s config.Service) bool { return slices.Contains(props.Platform.AlarmsOf(s), config.DeadLetters) }) {
		newWatched(scope, name+"-", lettersIn("Letters", "letters", "Events that the watch function failed on for good are kept", queue), props.topic())
	}
	wake := newWaking(scope, Watch, function, queue)
	rules := wake.ofEach(props.Services, "Starts", "-starts", func(id string, s config.Service) *string {
		return startsRule(props.Platform, id, s, wake)
	})
	fromRules(scope, "DeadLetters", queue, rules)
	bound(scope, props.Platform.PermissionsBoundary)
	return nil
}

// topic is the platform's own by its ARN: it stands in the same stack, which cannot import from itself.
func (p WatchProps) topic() string {
	if p.Platform.Topic == "new" {
		return Sub(arn("sns", p.Platform.Name+"-alarms"))
	}
	return p.Platform.Topic
}

// startsRule wakes the function with what did not start of one service.
func startsRule(p config.Platform, id string, s config.Service, wake waking) *string {
	names := s.Names(p.Cluster)
	return wake.by(id, names.WatchRule, "Tasks of "+names.Title+" that could not start",
		startsPattern(names), jsii.String(watching.Template(*s.Watch.FailedStarts)))
}

// startsPattern takes the end of a task that did not start, exited by itself or failed its health checks, and attempts
// to place one that failed; not the ends of tasks that people stop, or that a deployment or a scaling takes away.
func startsPattern(names config.Names) map[string]any {
	stopped := map[string]any{
		"clusterArn": []any{arn("ecs", "cluster/"+names.Cluster)}, "group": []any{"service:" + names.Service},
		"lastStatus": []any{"STOPPED"},
		"$or": []any{
			map[string]any{"stopCode": []any{"TaskFailedToStart", "EssentialContainerExited"}},
			map[string]any{"stopCode": []any{"ServiceSchedulerInitiated"}, "stoppedReason": []any{map[string]any{"prefix": "Task failed "}}},
		},
	}
	return map[string]any{
		"source": []any{"aws.ecs"},
		"$or": []any{
			map[string]any{"detail-type": []any{"ECS Task State Change"}, "detail": stopped},
			map[string]any{
				"detail-type": []any{"ECS Service Action"}, "resources": []any{arn("ecs", "service/"+names.Cluster+"/"+names.Service)},
				"detail": map[string]any{"eventName": listed(watching.NotPlaced)},
			},
		},
	}
}
