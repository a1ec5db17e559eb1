package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// Deployment is what the CodeDeploy deployment group is told.
type Deployment struct {
	// Config is a deployment configuration's name. Default "CodeDeployDefault.ECSAllAtOnce".
	Config string `json:"config,omitempty"`
	// Canary makes a configuration of two steps, in place of config.
	Canary Steps `json:"canary,omitzero"`
	// Linear makes a configuration of equal steps, in place of config.
	Linear Steps `json:"linear,omitzero"`
	// ApprovalWait parks a deployment after green was judged until somebody says `cutover approve`, and stops it when
	// nobody does in this time. Whole minutes, at most 48h. Default: none.
	ApprovalWait Duration `json:"approvalWait,omitempty"`
	// Hooks are further Lambda functions of this account, by the lifecycle event after which CodeDeploy calls each:
	// BeforeInstall, AfterInstall, BeforeAllowTraffic or AfterAllowTraffic. AfterAllowTestTraffic is the verification's.
	Hooks map[string]string `json:"hooks,omitempty"`
	// Blue is what becomes of blue's tasks after a success: "terminate", the only choice.
	Blue string `json:"blue,omitempty"`
	// TerminationWait is how long blue stays after production moved, whole minutes, at most 48h. Default 1h.
	TerminationWait *Duration `json:"terminationWait,omitempty"`
	// Rollback are the events that roll back. Default: all three.
	Rollback []string `json:"rollback,omitempty"`
	// Alarms are the names of further CloudWatch alarms that stop a deployment, beside the two of the stack.
	// CodeDeploy takes ten in all.
	Alarms []string `json:"alarms,omitempty"`
}

// The rollback events of a deployment group, in CodeDeploy's words.
const (
	OnFailure = "DEPLOYMENT_FAILURE"
	OnAlarm   = "DEPLOYMENT_STOP_ON_ALARM"
	OnRequest = "DEPLOYMENT_STOP_ON_REQUEST"
)

// Terminate is what becomes of blue after a success.
const Terminate = "terminate"

// ConfigName is the deployment configuration's name. One of the stack's own has its numbers in the name, because
// CodeDeploy changes no configuration: other steps are another one.
func (d Deployment) ConfigName(service string) string {
	switch {
	case d.Canary.Given():
		return d.Canary.name(service, "canary")
	case d.Linear.Given():
		return d.Linear.name(service, "linear")
	}
	return d.Config
}

func (s Steps) name(service, kind string) string {
	return fmt.Sprintf("%s-%s-%d-every-%dm", service, kind, s.Percentage, int(s.Interval.Std().Minutes()))
}

// Custom reports whether the deployment configuration is the stack's own.
func (d Deployment) Custom() bool { return d.Canary.Given() || d.Linear.Given() }

func (d Deployment) check(path string, f *Findings) {
	d.checkRouting(path, f)
	if d.TerminationWait != nil {
		whole(f, path+".terminationWait", *d.TerminationWait, time.Minute, 0, 48*time.Hour)
	}
	whole(f, path+".approvalWait", d.ApprovalWait, time.Minute, time.Minute, 48*time.Hour)
	switch d.Blue {
	case "", Terminate:
	case "keep", "keep-alive", "KEEP_ALIVE":
		f.add(path+".blue", "%q is not possible: blue's targets would stay in the target group that the next green uses, "+
			"and users would be sent to both. Set terminationWait, at most 48h, to keep blue for a while", d.Blue)
	default:
		oneOf(f, path+".blue", d.Blue, Terminate)
	}
	for i, event := range d.Rollback {
		oneOf(f, fmt.Sprintf("%s.rollback[%d]", path, i), event, OnFailure, OnAlarm, OnRequest)
	}
	if len(d.Alarms) > 8 {
		f.add(path+".alarms", "are %d; at most 8, because CodeDeploy takes ten and the stack has two of its own", len(d.Alarms))
	}
	for _, event := range slices.Sorted(maps.Keys(d.Hooks)) {
		d.checkHook(path+".hooks."+event, event, f)
	}
}

// longestShift is the most minutes between the first shift and the last. AWS says so of the Lambda platform and nothing
// of ECS (https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html).
const longestShift = 2880

func (d Deployment) checkRouting(path string, f *Findings) {
	if d.Canary.Given() && d.Linear.Given() {
		f.add(path+".linear", "stands beside canary; traffic moves in one way")
	}
	if d.Custom() && d.Config != "" {
		f.add(path+".config", "stands beside canary or linear, which make a configuration of their own; leave one out")
	}
	d.Canary.check(path+".canary", 1, f)
	d.Linear.check(path+".linear", 99/max(d.Linear.Percentage, 1), f)
	matches(f, path+".config", d.Config, configName, "a deployment configuration's name")
	if strings.HasPrefix(d.Config, "CodeDeployDefault.") && !slices.Contains(Predefined, d.Config) {
		f.add(path+".config", "%q is not one of CodeDeploy's for ECS: %v", d.Config, Predefined)
	}
}

func (s Steps) check(path string, steps int, f *Findings) {
	if !s.Given() {
		return
	}
	if s.Percentage < 1 || s.Percentage > 99 {
		f.add(path+".percentage", "%d must be 1 to 99", s.Percentage)
	}
	minutes := s.Interval.Std().Minutes()
	switch {
	case minutes < 1 || s.Interval.Std()%time.Minute != 0:
		f.add(path+".interval", "%s must be whole minutes, at least 1m", s.Interval)
	case minutes*float64(max(steps, 1)) > longestShift:
		f.add(path+".interval", "%s between %d shifts is longer than the 48h that may pass from the first to the last", s.Interval, steps+1)
	}
}

func (d Deployment) checkHook(path, event string, f *Findings) {
	switch {
	case event == string(appspec.AfterAllowTestTraffic):
		f.add(path, "is the verification's event, and CodeDeploy calls one function an event; choose another, or write it as a check in verify")
	case !slices.Contains(appspec.Events, appspec.Event(event)):
		f.add(path, "is not an event with a hook: BeforeInstall, AfterInstall, BeforeAllowTraffic or AfterAllowTraffic")
	default:
		matches(f, path, d.Hooks[event], functionName, "a function's name in this account and region, without version or alias")
		if d.Hooks[event] == "" {
			f.add(path, "is empty; name the function")
		}
	}
}

// checkHooks asks that no event has two functions.
func (s Service) checkHooks(path string, f *Findings) {
	for _, event := range slices.Sorted(maps.Keys(s.Deployment.Hooks)) {
		if _, both := s.Stages[Event(event)]; both {
			f.add(path+".deployment.hooks."+event, "has a suite in stages already; CodeDeploy calls one function an event")
		}
	}
}
