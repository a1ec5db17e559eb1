package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Existing names the parts of a service that stands already and that CodeDeploy deploys: the stack puts only functions,
// rules, a schedule and alarms around it, and none of these parts is changed, neither when the stack is deployed nor
// when it is deleted. `cutover adopt` reads them from AWS and writes them down.
//
// New tasks have the settings of the revision that serves, with the images replaced: there is nothing to say of them
// here. They are changed as before, with a revision and a deployment made by hand, from which Cutover goes on.
type Existing struct {
	// Cluster is the name of the ECS cluster.
	Cluster string `json:"cluster,omitempty"`
	// Service is the name of the ECS service, whose deployment controller is CODE_DEPLOY.
	Service string `json:"service,omitempty"`
	// Application and DeploymentGroup are CodeDeploy's names.
	Application     string `json:"application,omitempty"`
	DeploymentGroup string `json:"deploymentGroup,omitempty"`
	// Family is that of the task definition that serves; Cutover registers its revisions there too.
	Family string `json:"family,omitempty"`
	// Roles are the ARNs of the task definition's task role and execution role, which each revision hands on.
	Roles []string `json:"roles,omitempty"`
	// LogGroup is where the tasks log to. Default: "/ecs/" and the family.
	LogGroup string `json:"logGroup,omitempty"`
	// ProductionListener and TestListener are the ARNs of the deployment group's listeners, on one application load
	// balancer.
	ProductionListener string `json:"productionListener,omitempty"`
	TestListener       string `json:"testListener,omitempty"`
	// TargetGroups are the ARNs of the deployment group's two target groups.
	TargetGroups []string `json:"targetGroups,omitempty"`
	// SecurityGroup is that of the load balancer: the stack adds a rule to it by which the verify function reaches the
	// test listener, and takes it away with itself. Default: the test listener admits it already.
	SecurityGroup string `json:"securityGroup,omitempty"`
	// Scaled is set when Application Auto Scaling changes the service's desired count: each deployment then holds it
	// still, since a service that scales while traffic moves fails its deployment.
	Scaled bool `json:"scaled,omitempty"`
}

// Adopted reports whether the service stood before its stack.
func (s Service) Adopted() bool { return s.Existing != nil }

// Scales reports whether Application Auto Scaling changes the desired count, on whosever behalf.
func (s Service) Scales() bool { return s.Scaling != nil || s.Adopted() && s.Existing.Scaled }

// HoldUntil is how long a deployment holds scaling still: Moved or Ended.
func (s Service) HoldUntil() string {
	if s.Scaling == nil {
		return Moved
	}
	return s.Scaling.HoldUntil
}

// InCluster is the ECS cluster that the service is in, of the platform's or its own.
func (s Service) InCluster(platform string) string {
	if s.Adopted() {
		return s.Existing.Cluster
	}
	return platform
}

// onlyAdopted reports whether no service is made by its stack.
func (c Config) onlyAdopted() bool {
	return len(c.Services) > 0 && !slices.ContainsFunc(c.Services, func(s Service) bool { return !s.Adopted() })
}

// named puts the names of what stands in place of those that a stack would give.
func (e *Existing) named(n *Names) {
	n.Cluster, n.Service = e.Cluster, e.Service
	n.Application, n.DeploymentGroup = e.Application, e.DeploymentGroup
	n.Family, n.BaseFamily = e.Family, e.Family
	n.LogGroup = cmp.Or(e.LogGroup, "/ecs/"+e.Family)
	n.LoadBalancer = e.BalancerName()
	for i := range n.TargetGroups {
		n.TargetGroups[i] = ""
		if i < len(e.TargetGroups) {
			n.TargetGroups[i], _, _ = strings.Cut(afterKind(e.TargetGroups[i], "targetgroup/"), "/")
		}
	}
}

// BalancerName is the name of the load balancer that the listeners are on; BalancerFullName is what CloudWatch calls it:
// app/<name>/<id>.
func (e *Existing) BalancerName() string {
	parts := strings.Split(e.BalancerFullName(), "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}

// BalancerFullName is what CloudWatch calls the load balancer: app/<name>/<id>.
func (e *Existing) BalancerFullName() string {
	path := afterKind(e.ProductionListener, "listener/")
	return path[:max(0, strings.LastIndexByte(path, '/'))]
}

// afterKind is what follows the kind of resource in an ARN.
func afterKind(arn, kind string) string {
	_, path, _ := strings.Cut(arn, ":"+kind)
	return path
}

var (
	anyName        = lazily(`^[A-Za-z0-9_-]{1,255}$`)
	codedeployName = lazily(`^[^/:]{1,100}$`)
	listenerARN    = lazily(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener/app/[^/]+/[^/]+/[^/]+$`)
	targetGroupARN = lazily(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup/[^/]+/[^/]+$`)
	logGroupName   = lazily(`^[A-Za-z0-9_/.#-]{1,512}$`)
)

func (e *Existing) check(path string, f *Findings) {
	for _, k := range []struct {
		key, value string
		p          pattern
		wanted     string
	}{
		{"cluster", e.Cluster, anyName, "the cluster's name: letters, digits, hyphens and underscores"},
		{"service", e.Service, anyName, "the ECS service's name: letters, digits, hyphens and underscores"},
		{"application", e.Application, codedeployName, "the name of a CodeDeploy application"},
		{"deploymentGroup", e.DeploymentGroup, codedeployName, "the name of a deployment group"},
		{"family", e.Family, anyName, "a task definition's family: letters, digits, hyphens and underscores"},
		{"productionListener", e.ProductionListener, listenerARN, "the ARN of an application load balancer's listener; a network load balancer has no test of green before production moves"},
		{"testListener", e.TestListener, listenerARN, "the ARN of an application load balancer's listener"},
	} {
		if k.value == "" {
			f.add(path+"."+k.key, "is missing; `cutover adopt` reads it from AWS and writes it down")
		}
		matches(f, path+"."+k.key, k.value, k.p, k.wanted)
	}
	matches(f, path+".logGroup", e.LogGroup, logGroupName, "a log group's name")
	matches(f, path+".securityGroup", e.SecurityGroup, groupID, "a security group's id, sg-…")
	e.checkLists(path, f)
	switch {
	case e.ProductionListener == "" || e.TestListener == "":
	case e.ProductionListener == e.TestListener:
		f.add(path+".testListener", "is the production listener: green would be judged where users are")
	case !strings.HasPrefix(afterKind(e.TestListener, "listener/"), e.BalancerFullName()+"/"):
		f.add(path+".testListener", "is on another load balancer than the production listener, and CodeDeploy wants both on one")
	}
}

func (e *Existing) checkLists(path string, f *Findings) {
	if len(e.Roles) == 0 {
		f.add(path+".roles", "is empty; name the execution role that the revision which serves has, and its task role: each new revision hands them on")
	}
	for i, role := range e.Roles {
		matches(f, fmt.Sprintf("%s.roles[%d]", path, i), role, roleARN, "a role's ARN")
	}
	if len(e.TargetGroups) != 2 || e.TargetGroups[0] == e.TargetGroups[1] {
		f.add(path+".targetGroups", "must be the deployment group's pair of target groups, and are %d", len(slices.Compact(slices.Sorted(slices.Values(e.TargetGroups)))))
	}
	for i, group := range e.TargetGroups {
		matches(f, fmt.Sprintf("%s.targetGroups[%d]", path, i), group, targetGroupARN, "a target group's ARN")
	}
}
