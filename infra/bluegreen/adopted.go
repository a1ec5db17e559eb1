package bluegreen

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// NewAdopted is what watches over a service that stands already and that CodeDeploy deploys: the functions with what
// wakes them, their dead letters, and alarms. It makes, changes and owns neither service, load balancer, target groups,
// listeners nor deployment group, so that deleting the stack leaves them as they are, and serving. The deployment group
// need not know the hooks: the AppSpec of each deployment names them.
//
// One resource reaches into what stands: the rule that lets the verify function in at the test listener, where the
// description names the load balancer's security group. It is a resource of its own and goes with the stack.
func NewAdopted(scope constructs.Construct, id string, props ServiceProps) (Service, error) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	p, s, network := props.Platform, props.Service, props.network()
	names := s.Names(p.Cluster)
	made := Service{Names: names}
	made.Queues = NewQueues(scope, "Queues", QueuesProps{Names: names, Key: p.Key, Keep: p.KeepLogs})
	made.Way = newWayIn(scope, "Way", WayProps{
		Names: names, LoadBalancer: s.LoadBalancer, Network: network, OnProduction: s.AsksProduction(),
	}, *s.Existing)
	made.Alarms = NewAlarms(scope, "Alarms", AlarmsProps{Names: names, Way: made.Way, Topic: TopicOf(p), Unasked: true})
	made.Task = Task{Roles: s.Existing.Roles, BaseARN: Sub(arn("ecs", "task-definition/"+names.Family))}
	if err := newLoop(scope, props, network, &made); err != nil {
		return Service{}, err
	}
	return made, nil
}

// newWayIn is the way in that stands, with the verify function's part of it.
func newWayIn(scope constructs.Construct, id string, props WayProps, e config.Existing) Way {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	hook := NewHookGroup(scope, "HookGroup", props)
	w := Way{
		Hook: *hook.AttrGroupId(), Production: e.ProductionListener, Test: e.TestListener,
		Balancer: Balancer{
			Name: e.BalancerName(), FullName: e.BalancerFullName(), Group: e.SecurityGroup, Internal: props.LoadBalancer.Internal,
			ARN: balancerOf(e.ProductionListener),
		},
	}
	for i, group := range e.TargetGroups {
		_, path, _ := strings.Cut(group, ":targetgroup/")
		w.TargetGroups[i] = TargetGroup{ARN: group, Name: props.Names.TargetGroups[i], FullName: "targetgroup/" + path}
	}
	if e.SecurityGroup != "" {
		letIn(scope, "Admit", e.SecurityGroup, props.Names.Stack, testers(props, props.LoadBalancer.Internal, hook))
	}
	return w
}

// balancerOf is the ARN of the load balancer that a listener is on.
func balancerOf(listener string) string {
	return strings.Replace(listener[:strings.LastIndexByte(listener, '/')], ":listener/", ":loadbalancer/", 1)
}
