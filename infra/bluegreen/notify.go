package bluegreen

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
	notifying "github.com/cutover-ecs/cutover/pkg/notify"
)

// NotifyProps say of whose pushes is told, and to whom.
type NotifyProps struct {
	// Platform has the destinations.
	Platform config.Platform
	Services []config.Service
	// Functions has one directory a function, each with its bootstrap.
	Functions string
	// Calls are what the function may call for such destinations. Default: what it is written against.
	Calls func(config.Notify) []reflect.Type
}

// notifyTimeout is the most that Lambda gives: the function follows deployments, and hands one that lasts longer to its
// next invocation.
const notifyTimeout = 15 * time.Minute

// NewNotify is the function that tells what becomes of pushes. Three kinds of rules wake it: one a service with
// CodeDeploy's events, one a destination with the steps that it wants to be told, and one to follow a deployment further.
// What the other functions answered reaches it by their own on-success destination.
func NewNotify(scope constructs.Construct, id string, props NotifyProps) error {
	if props.Calls == nil {
		props.Calls = notifying.Permissions
	}
	scope = constructs.NewConstruct(scope, jsii.String(id))
	statements, err := Permissions(props.Calls(*props.Platform.Notify), grants(scopeOfTold(props.Platform, props.Services)))
	if err != nil {
		return fmt.Errorf("permissions of the notify function: %w", err)
	}
	name := props.Platform.NotifyFunction()
	queue := newQueue(scope, "Failed", name+"-dlq", props.Platform.Key, props.Platform.KeepLogs)
	function := NewFunction(scope, "Notify", FunctionProps{
		Name: name, Function: Notify, Description: "Tells what becomes of each push", Code: props.Functions,
		Environment: toldOf(props),
		Logs:        LogsOf(props.Platform), Timeout: notifyTimeout, Statements: statements, Failed: toQueue(queue),
	})
	wake := newWaking(scope, Notify, function, queue)
	rules := wake.ofEach(props.Services, "Deployments", "-deployments", func(id string, s config.Service) *string {
		return deploymentsRule(props.Platform, id, s, wake)
	})
	for _, d := range props.Platform.Notify.Destinations {
		template, err := notifying.DestinationTemplate(d)
		if err != nil {
			return err
		}
		rules = append(rules, wake.permit("Tell-"+d.Name+"-MayInvoke", wake.by("Tell-"+d.Name, props.Platform.TellRule(d),
			"What "+d.Name+" wants to be told", tellPattern(props.Platform, d), jsii.String(template))))
	}
	rules = append(rules, wake.permit("Follow-MayInvoke", wake.by("Follow", props.Platform.Name+"-follow", "Deployments that outlast an invocation", map[string]any{
		"source": []any{notifying.FollowSource}, "detail-type": []any{notifying.FollowDetailType}, "detail": map[string]any{"cluster": []any{props.Platform.Cluster}},
	}, jsii.String(notifying.FollowTemplate))))
	fromRules(scope, "DeadLetters", queue, rules)
	bound(scope, props.Platform.PermissionsBoundary)
	return nil
}

// toldOf is what the function is told: the platform's cluster, and which services have names of their own in ECS.
func toldOf(props NotifyProps) map[string]string {
	environment := map[string]string{notifying.EnvCluster: props.Platform.Cluster}
	if adopted := notifying.AdoptedOf(props.Services).String(); adopted != "" {
		environment[notifying.EnvAdopted] = adopted
	}
	return environment
}

// scopeOfTold is that of all services, with the places where is told.
func scopeOfTold(p config.Platform, services []config.Service) Scope {
	all := scopeOfAll(p, services)
	for _, d := range p.Notify.Destinations {
		if d.GitHub != nil {
			all.Repositories = append(all.Repositories, pushedTo(d, services)...)
		}
		if d.Topic != "" {
			all.Topics = append(all.Topics, d.Topic)
		}
		switch secret := d.Secret(); {
		case config.Parameter(secret):
			all.Parameters = append(all.Parameters, secret)
		case secret != "":
			all.Secrets = append(all.Secrets, secret)
		}
	}
	slices.Sort(all.Repositories)
	all.Repositories = slices.Compact(all.Repositories)
	slices.Sort(all.Topics)
	slices.Sort(all.Secrets)
	slices.Sort(all.Parameters)
	all.Topics, all.Secrets, all.Parameters = slices.Compact(all.Topics), slices.Compact(all.Secrets), slices.Compact(all.Parameters)
	return all
}

// pushedTo are the repositories of the services that a destination is told of, in which the images' labels are.
func pushedTo(d config.Destination, services []config.Service) (arns []string) {
	if len(services) > fewServices {
		return []string{arn("ecr", "repository/*")}
	}
	for _, s := range services {
		if len(d.Services) == 0 || slices.Contains(d.Services, s.Name) {
			arns = append(arns, repositories(s.Repositories())...)
		}
	}
	return arns
}

// tellPattern takes the steps of the platform's services that a destination wants to be told.
func tellPattern(p config.Platform, d config.Destination) map[string]any {
	detail := map[string]any{"cluster": []any{p.Cluster}}
	if len(d.Services) > 0 {
		detail["service"] = listed(d.Services)
	}
	return map[string]any{"source": []any{notifying.Source}, "detail-type": listed(notifying.DetailTypes(d.Stages...)), "detail": detail}
}

// deploymentsRule wakes the function with CodeDeploy's events of one service's deployments.
func deploymentsRule(p config.Platform, id string, s config.Service, wake waking) *string {
	names := s.Names(p.Cluster)
	return wake.by(id, s.NotifyRule(), "Deployments of "+names.Title+" that begin or end", map[string]any{
		"source": []any{"aws.codedeploy"}, "detail-type": []any{"CodeDeploy Deployment State-change Notification"},
		"detail": map[string]any{
			"application": []any{names.Application}, "deploymentGroup": []any{names.DeploymentGroup}, "state": []any{"START", "SUCCESS", "FAILURE", "STOP"},
		},
	}, jsii.String(notifying.ServiceTemplate(s.Name, p.Cluster)))
}
