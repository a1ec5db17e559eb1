package bluegreen

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// ServiceProps are what a service is built from.
type ServiceProps struct {
	// Platform and Service are complete, as config.Parse and config.Config.Complete return them.
	Platform config.Platform
	Service  config.Service
	// Network is what the service runs in. Default: the platform's, by NetworkOf. Who makes many services asks that once.
	Network Network
	// Functions has one directory a function, each with its bootstrap: what `make functions` leaves in bin/aws.
	Functions string
	// Calls are what the functions may call. Default: what they are written against.
	Calls Calls
}

// Service is a service with all its parts. Fargate and Group are nil of one that stood already.
type Service struct {
	Names     config.Names
	Way       Way
	Alarms    []awscloudwatch.CfnAlarm
	Task      Task
	Fargate   awsecs.CfnService
	Group     awscodedeploy.CfnDeploymentGroup
	Functions Functions
	Queues    Queues
}

// NewService is one service, deployed blue/green by its image's pushes: the way in, the Fargate service on its
// bootstrap revision, the base, the deployment group, and the functions with what wakes them. It belongs into a stack
// of its own: the functions are woken by that stack's updates. An id of "Default" leaves no trace in logical ids.
//
// Service, listeners, target groups and the bootstrap revision are frozen: CloudFormation sends all properties
// with any update, which ECS refuses for a service that CodeDeploy deploys, and resets a listener's actions, which
// moves live traffic. Their template text depends on no key that an operator may change; frozen_test.go proves it.
func NewService(scope constructs.Construct, id string, props ServiceProps) (Service, error) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	s, names := props.Service, props.Service.Names(props.Platform.Cluster)
	p, network := props.Platform, props.network()
	made := Service{Names: names}
	made.Queues = NewQueues(scope, "Queues", QueuesProps{Names: names, Key: p.Key, Keep: p.KeepLogs})
	made.Way = NewWay(scope, "Way", WayProps{
		Names: names, LoadBalancer: s.LoadBalancer, Network: network, OnProduction: s.AsksProduction(), Shared: sharedBy(p, s),
	})
	made.Alarms = NewAlarms(scope, "Alarms", AlarmsProps{Names: names, Way: made.Way, Topic: TopicOf(p)})
	made.Task = NewTask(scope, "Task", TaskProps{Names: names, Service: s, Logs: LogsOf(p)})
	made.Fargate = NewFargate(scope, "Fargate", FargateProps{Names: names, Network: network, Way: made.Way, Placeholder: p.Placeholder})
	made.Group = NewDeploymentGroup(scope, "Deployment", DeploymentGroupProps{
		Names: names, Deployment: s.Deployment, Hooked: s.Hooked(), Way: made.Way, Service: made.Fargate, Alarms: made.Alarms, TaskRoles: made.Task.Roles,
	})
	if s.Scaling != nil {
		NewScaling(scope, "Scaling", ScalingProps{Names: names, Scaling: *s.Scaling, Way: made.Way, Service: made.Fargate})
	}
	if err := newLoop(scope, props, network, &made); err != nil {
		return Service{}, err
	}
	for _, hook := range append(made.Functions.Stages, made.Functions.Verify) {
		made.Group.AddResourceDependency(hook, nil)
	}
	return made, nil
}

// newLoop are the functions of a service and what wakes them, in the scope that has its other parts already.
func newLoop(scope constructs.Construct, props ServiceProps, network Network, made *Service) (err error) {
	p, s, names := props.Platform, props.Service, made.Names
	if props.Calls.Release == nil {
		props.Calls = OwnCalls()
	}
	made.Functions, err = NewFunctions(scope, "Functions", FunctionsProps{
		Names: names, Platform: p, Service: s, Network: network, Way: made.Way, Task: made.Task,
		Queues: made.Queues, Code: props.Functions, Calls: props.Calls,
	})
	if err != nil {
		return fmt.Errorf("service %s: %w", s.Name, err)
	}
	itself := NewSelfAlarms(scope, "SelfAlarms", SelfAlarmsProps{
		Names: names, Service: s, Kinds: p.AlarmsOf(s), Functions: made.Functions, Queues: made.Queues, Topic: TopicOf(p),
	})
	if s.Observe.Dashboard {
		if _, err := NewDashboard(scope, "Dashboard", DashboardProps{
			Names: names, Platform: p, Service: s, Way: made.Way, Alarms: append(made.Alarms, itself...),
		}); err != nil {
			return fmt.Errorf("service %s: %w", s.Name, err)
		}
	}
	NewRules(scope, "Rules", RulesProps{Names: names, Service: s, Function: made.Functions.Release, Queue: made.Queues.Events})
	NewSchedule(scope, "Schedule", ScheduleProps{Names: names, Every: s.Schedule, Function: made.Functions.Release, Queue: made.Queues.Events, Key: p.Key})
	tag(scope, made.Task, tagsOf(p, s))
	bound(scope, p.PermissionsBoundary)
	return nil
}

func (p ServiceProps) network() Network {
	if p.Network.VPC != "" {
		return p.Network
	}
	return NetworkOf(p.Platform)
}

// sharedBy is the load balancer that the service shares; nil when it has its own.
func sharedBy(p config.Platform, s config.Service) *Balancer {
	if !s.LoadBalancer.Shared {
		return nil
	}
	b := SharedBalancerOf(p)
	return &b
}
