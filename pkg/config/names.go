package config

import (
	"strings"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// Names are all names of one service, derived from its own name and the cluster's, so that the stack, the
// functions and the command line agree without telling each other.
//
// For a service "sample-website" they are those of AWS's walkthrough "Use AWS CodeDeploy to Implement
// Blue/Green Deployments for AWS Fargate and Amazon ECS". The CodeDeploy names are those that the ECS console
// and `aws ecs deploy` expect by default (awscli/customizations/ecs/deploy.py). Of a service that stood already
// they are those that it has; only what the stack makes is named after the service here.
type Names struct {
	Stack           string    // the CloudFormation stack: sample-website
	Cluster         string    // the ECS cluster
	Service         string    // the ECS service: Sample-Website
	Title           string    // for people and for the revision's Name tag: Sample Website
	Family          string    // the task definition family that runs: sample-website
	BaseFamily      string    // the family that holds the stack's own settings and never runs: sample-website-base
	LogGroup        string    // where the tasks log to: /ecs/sample-website
	Container       string    // the container that the image goes into
	Repository      string    // the ECR repository of that image
	LoadBalancer    string    // sample-website-alb
	SecurityGroup   string    // of the tasks and the load balancer: sample-website-sg
	TargetGroups    [2]string // sample-website-tg-1, sample-website-tg-2
	Application     string    // CodeDeploy's: AppECS-<cluster>-<service>
	DeploymentGroup string    // CodeDeploy's: DgpECS-<cluster>-<service>
	Alarms          [2]string // one a target group: sample-website-tg-1-5xx, sample-website-tg-2-5xx
	ReleaseFunction string    // sample-website-release
	VerifyFunction  string    // CodeDeployHook_sample-website, a name AWSCodeDeployRoleForECSLimited may invoke
	ReportFunction  string    // sample-website-report, which answers for a verify function that died
	WatchRule       string    // sample-website-starts, which wakes the platform's watch function
	Schedule        string    // in EventBridge Scheduler: sample-website-release
}

// Names of the service in the given cluster.
func (s Service) Names(cluster string) Names {
	title := titled(s.Name)
	service := strings.ReplaceAll(title, " ", "-")
	n := Names{
		Stack:           s.Name,
		Cluster:         cluster,
		Service:         service,
		Title:           title,
		Family:          s.Name,
		BaseFamily:      s.Name + "-base",
		LogGroup:        "/ecs/" + s.Name,
		Container:       or(s.Task.Container, s.Name),
		Repository:      or(s.mapped().Repository, s.Name),
		LoadBalancer:    s.Name + "-alb",
		SecurityGroup:   s.Name + "-sg",
		TargetGroups:    [2]string{s.Name + "-tg-1", s.Name + "-tg-2"},
		Application:     "AppECS-" + firstOf(cluster, 46) + "-" + firstOf(service, 46),
		DeploymentGroup: "DgpECS-" + firstOf(cluster, 46) + "-" + firstOf(service, 46),
		Alarms:          [2]string{s.Name + "-tg-1-5xx", s.Name + "-tg-2-5xx"},
		ReleaseFunction: s.Name + "-release",
		VerifyFunction:  "CodeDeployHook_" + s.Name,
		ReportFunction:  s.Name + "-report",
		WatchRule:       s.Name + "-starts",
		Schedule:        s.Name + "-release",
	}
	if s.Adopted() {
		s.Existing.named(&n)
	}
	return n
}

// Hook is the name of the function that a lifecycle event's suite has. The longest is 61 characters, of which Lambda
// allows 64.
func (n Names) Hook(e appspec.Event) string {
	if e == appspec.AfterAllowTestTraffic {
		return n.VerifyFunction
	}
	return n.VerifyFunction + "-" + string(e)
}

// WatchFunction is the name of the function that watches the starts of all services: cutover-watch.
func (p Platform) WatchFunction() string { return p.Name + "-watch" }

// NotifyFunction is the name of the function that tells what becomes of the pushes of all services: cutover-notify.
func (p Platform) NotifyFunction() string { return p.Name + "-notify" }

// TellRule is the name of the rule that hands a destination what it is told: cutover-tell-ops.
func (p Platform) TellRule(d Destination) string { return p.Name + "-tell-" + d.Name }

// NotifyRule is the name of the rule that tells that function of the service's deployments: sample-website-deployments.
func (s Service) NotifyRule() string { return s.Name + "-deployments" }

// titled turns "sample-website" into "Sample Website".
func titled(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func firstOf(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
