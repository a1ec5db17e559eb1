package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// deadHooks finds hooks that cannot answer: what is not there, or not ready to run.
func deadHooks(f *facts) []Finding {
	var all []Finding
	for _, name := range f.hooks {
		h := f.hooked[name]
		switch {
		case h == nil:
			all = append(all, Finding{Evidence: fmt.Sprintf("there is no function %s, which CodeDeploy calls", name), Fix: "deploy the stack, or correct deployment.hooks"})
		case h.State != "" && h.State != lambdatypes.StateActive && h.State != lambdatypes.StateInactive:
			all = append(all, Finding{Evidence: fmt.Sprintf("the function %s is %s: %s", name, h.State, aws.ToString(h.StateReason)), Fix: "mend what Lambda says, and deploy the stack again"})
		case h.LastUpdateStatus == lambdatypes.LastUpdateStatusFailed:
			all = append(all, Finding{Evidence: fmt.Sprintf("the last update of the function %s failed: %s", name, aws.ToString(h.LastUpdateStatusReason)), Fix: "mend what Lambda says, and deploy the stack again"})
		}
	}
	return all
}

// The managed policy that lets CodeDeploy do the least, and what it lets it invoke and pass
// (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForECSLimited.html).
const (
	limited  = "AWSCodeDeployRoleForECSLimited"
	whole    = "AWSCodeDeployRoleForECS"
	hookName = "CodeDeployHook_"
)

// onlyLimited tells that the managed policy is all that CodeDeploy's role has. What an inline or another policy adds
// is not judged.
func (f *facts) onlyLimited() bool {
	return slices.Contains(f.attached, limited) && len(f.attached) == 1 && len(f.inline) == 0
}

func uninvocable(f *facts) []Finding {
	var all []Finding
	for _, name := range f.hooks {
		if f.onlyLimited() && !strings.HasPrefix(name, hookName) {
			all = append(all, Finding{
				Evidence: fmt.Sprintf("CodeDeploy's role has %s alone, which invokes %s* only, and the hook is %s", limited, hookName, name),
				Fix:      fmt.Sprintf("name the function %s…, or give the role lambda:InvokeFunction on it", hookName),
			})
		}
	}
	return all
}

func unpassable(f *facts) []Finding {
	if !f.onlyLimited() {
		return nil
	}
	var all []Finding
	for _, arn := range []string{aws.ToString(f.primary.Definition.TaskRoleArn), aws.ToString(f.primary.Definition.ExecutionRoleArn)} {
		name := roleName(arn)
		if name == "" || name == "ecsTaskExecutionRole" || strings.HasPrefix(name, "ECSTaskExecution") {
			continue
		}
		all = append(all, Finding{
			Evidence: fmt.Sprintf("CodeDeploy's role has %s alone, which passes ecsTaskExecutionRole and ECSTaskExecution* only, and the tasks work as %s", limited, name),
			Fix:      "give the role iam:PassRole on it, to ecs-tasks.amazonaws.com, or attach " + whole,
		})
	}
	return all
}

// alarmFlaws are alarms that fire, that are not there, and that count what is not this service's alone.
func alarmFlaws(f *facts) []Finding {
	all := flaws(f, release.InAlarms)
	configured := f.group.AlarmConfiguration
	if configured == nil || !configured.Enabled {
		return append(all, Finding{Evidence: "the deployment group asks no alarm, so that a bad version that passed its suite is not rolled back by itself", Fix: "put alarms on it: " + f.again()})
	}
	for _, a := range configured.Alarms {
		name := aws.ToString(a.Name)
		known := slices.ContainsFunc(f.alarms, func(m cwtypes.MetricAlarm) bool { return aws.ToString(m.AlarmName) == name }) ||
			slices.ContainsFunc(f.composites, func(c cwtypes.CompositeAlarm) bool { return aws.ToString(c.AlarmName) == name })
		if !known {
			all = append(all, Finding{Evidence: fmt.Sprintf("there is no alarm %s, which the deployment group asks", name), Fix: "make it, or take it out of deployment.alarms"})
		}
	}
	for _, a := range f.alarms {
		if why := misleading(a); why != "" {
			all = append(all, Finding{Evidence: fmt.Sprintf("the alarm %s %s", aws.ToString(a.AlarmName), why), Fix: "give its metric the dimension TargetGroup, or keep it out of deployment.alarms"})
		}
	}
	return all
}

// misleading says what an alarm of a load balancer's metric counts beside this service's production traffic.
func misleading(a cwtypes.MetricAlarm) string {
	if aws.ToString(a.Namespace) != "AWS/ApplicationELB" {
		return ""
	}
	for _, d := range a.Dimensions {
		if aws.ToString(d.Name) == "TargetGroup" {
			return ""
		}
	}
	return "counts the whole load balancer: the test listener's answers and other services' stop a deployment too"
}

// scalingFlaws are autoscaling that the release loop does not hold still, and a hold that nothing holds any more.
func scalingFlaws(f *facts) []Finding {
	var all []Finding
	if f.scaling != nil && !f.described.Scales() {
		all = append(all, Finding{
			Evidence: fmt.Sprintf("Application Auto Scaling scales %s between %d and %d, and scaling is not in the configuration: it goes on while deployments shift traffic",
				f.names.Service, aws.ToInt32(f.scaling.MinCapacity), aws.ToInt32(f.scaling.MaxCapacity)),
			Fix: "describe it in scaling, so that it is held still, or deregister the scalable target",
		})
	}
	if hold, held := live.ReadHold(live.Tags(f.service.Tags)); held && hold.Any() && f.idle() {
		all = append(all, Finding{
			Evidence: fmt.Sprintf("autoscaling is held still (%s) though no deployment is under way", hold),
			Fix:      "run cutover deploy " + f.described.Name + ", which releases it, and see the release function's log if it does not",
		})
	}
	return all
}

// unheard finds that nobody is told of tasks that did not start, though the configuration wants them watched.
func unheard(f *facts) []Finding {
	watched := f.described.Watch.FailedStarts
	switch {
	case watched == nil || *watched == 0:
		return nil // the configuration's own finding
	case f.starts == nil:
		return found(fmt.Sprintf("there is no rule %s, which wakes the watch function: a version that cannot start keeps its deployment in Install for an hour", f.names.WatchRule),
			"deploy the platform's stack")
	case f.starts.State == ebtypes.RuleStateDisabled:
		return found(fmt.Sprintf("the rule %s, which wakes the watch function, is disabled: a version that cannot start keeps its deployment in Install for an hour", f.names.WatchRule),
			"run aws events enable-rule --name "+f.names.WatchRule)
	}
	return nil
}

// asleep finds that the loop would not look: by itself, or at a push.
func asleep(f *facts) []Finding {
	var all []Finding
	switch {
	case f.schedule == nil:
		all = found(fmt.Sprintf("there is no schedule %s: a push whose event is lost is not released", f.names.Schedule), "deploy the stack")
	case f.schedule.State == schedulertypes.ScheduleStateDisabled:
		all = found(fmt.Sprintf("the schedule %s is disabled: a push whose event is lost is not released", f.names.Schedule), "enable it, or deploy the stack again")
	}
	pushes := 0
	for _, rule := range f.events {
		if strings.Contains(aws.ToString(rule.EventPattern), "ECR Image Action") {
			pushes++
		}
		if rule.State == ebtypes.RuleStateDisabled {
			all = append(all, Finding{Evidence: fmt.Sprintf("the rule %s, which wakes the release function, is disabled", aws.ToString(rule.Name)),
				Fix: "run aws events enable-rule --name " + aws.ToString(rule.Name)})
		}
	}
	if pushes == 0 {
		all = append(all, Finding{Evidence: "no rule hands the event of a push to the release function: a push waits for the schedule", Fix: "deploy the stack"})
	}
	return all
}
