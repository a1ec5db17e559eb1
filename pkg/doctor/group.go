package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	elbcall "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// flaws are what the release loop's own pre-flight finds in a part of the set-up.
func flaws(f *facts, in ...release.Part) []Finding {
	var all []Finding
	for _, flaw := range release.Flaws(f.observed()) {
		if slices.Contains(in, flaw.In) {
			all = append(all, Finding{Evidence: flaw.Evidence, Fix: flaw.Fix})
		}
	}
	return all
}

func testFlaws(f *facts) []Finding      { return flaws(f, release.InTest) }
func containerFlaws(f *facts) []Finding { return flaws(f, release.InContainer) }
func taskSetFlaws(f *facts) []Finding   { return flaws(f, release.InTaskSets) }
func groupFlaws(f *facts) []Finding     { return flaws(f, release.InGroup, release.InController) }

// productionFlaws are those of the default action, and of the rules that forward to the pair: CodeDeploy moves them
// too, and asks that PRIMARY's target group is behind each.
func productionFlaws(f *facts) []Finding {
	all := flaws(f, release.InProduction)
	if !f.idle() {
		return all
	}
	for _, r := range f.rules {
		weights := live.Forwards(elbcall.Listener{DefaultActions: elbcall.Actions(r.Actions)})
		for arn, weight := range weights {
			if weight > 0 && arn != f.serving() && slices.Contains(f.pair(), live.ShortName(arn)) {
				all = append(all, Finding{
					Evidence: fmt.Sprintf("the rule of priority %s (%s) forwards to %s and not to PRIMARY's target group %s",
						aws.ToString(r.Priority), aws.ToString(r.RuleArn), live.ShortName(arn), live.ShortName(f.serving())),
					Fix: "point it there with aws elbv2 modify-rule",
				})
			}
		}
	}
	return all
}

func noRollback(f *facts) []Finding {
	var events []string
	if a := f.group.AutoRollbackConfiguration; a != nil && a.Enabled {
		for _, e := range a.Events {
			events = append(events, string(e))
		}
	}
	all := rollbackFinding("the deployment group's automatic rollback", events, "enable all three: "+f.again())
	if f.test == nil || !f.idle() {
		return all
	}
	for arn, weight := range live.Forwards(*f.test) {
		if weight > 0 && arn != f.serving() {
			return append(all, Finding{
				Evidence: fmt.Sprintf("the test listener forwards to %s though no deployment is under way, and PRIMARY is in %s: an earlier one was not rolled back",
					live.ShortName(arn), live.ShortName(f.serving())),
				Fix: "point its default action at PRIMARY's target group, or let the next deployment do it",
			})
		}
	}
	return all
}

// unevenTraffic finds what keeps a canary or linear shift from its percentages, or a target from its share.
func unevenTraffic(f *facts) []Finding {
	if !strings.Contains(aws.ToString(f.group.DeploymentConfigName), "Canary") && !strings.Contains(aws.ToString(f.group.DeploymentConfigName), "Linear") &&
		!f.described.Deployment.Custom() {
		return nil
	}
	var all []Finding
	for _, g := range f.targets {
		values := f.attributes[aws.ToString(g.TargetGroupArn)]
		if values["stickiness.enabled"] == "true" {
			all = append(all, Finding{Evidence: fmt.Sprintf("the target group %s is sticky: visitors stay where they were sent first", aws.ToString(g.TargetGroupName)),
				Fix: "set its attribute stickiness.enabled to false, or read a canary's figures as visitors and not as requests"})
		}
		if s, err := strconv.Atoi(values["slow_start.duration_seconds"]); err == nil && s > 0 {
			all = append(all, Finding{Evidence: fmt.Sprintf("the target group %s starts slowly, over %d seconds: green gets less than its share for so long", aws.ToString(g.TargetGroupName), s),
				Fix: "set its attribute slow_start.duration_seconds to 0, or steps that are much longer"})
		}
	}
	return all
}

func sharedRules(f *facts) []Finding {
	var all []Finding
	for _, r := range f.rules {
		for arn := range live.Forwards(elbcall.Listener{DefaultActions: elbcall.Actions(r.Actions)}) {
			if slices.Contains(f.pair(), live.ShortName(arn)) {
				all = append(all, Finding{
					Evidence: fmt.Sprintf("the rule of priority %s on the production listener forwards to the pair too, so that its traffic moves with every deployment", aws.ToString(r.Priority)),
					Fix:      "give it target groups of its own if that is not meant",
				})
				break
			}
		}
	}
	return all
}

func noWait(f *facts) []Finding {
	b := f.group.BlueGreenDeploymentConfiguration
	if b == nil || b.TerminateBlueInstancesOnDeploymentSuccess == nil {
		return nil
	}
	t := b.TerminateBlueInstancesOnDeploymentSuccess
	switch {
	case t.Action == cdtypes.InstanceActionKeepAlive:
		return found("the deployment group keeps blue alive: its targets stay in the target group that the next green uses, and users are sent to both",
			"set TERMINATE and a wait: "+f.again())
	case t.TerminationWaitTimeInMinutes == 0:
		return found("the deployment group terminates blue at once: going back takes a whole deployment", "set deployment.terminationWait, or the wait of a group that stood before: "+f.again())
	}
	return nil
}

// undead is how long a task set may be draining before something must be holding it.
const undead = time.Hour

func undying(f *facts) []Finding {
	var all []Finding
	for _, ts := range f.service.TaskSets {
		if aws.ToString(ts.Status) == live.StatusDraining && ts.RunningCount > 0 && time.Since(aws.ToTime(ts.UpdatedAt)) > undead {
			all = append(all, Finding{
				Evidence: fmt.Sprintf("the task set %s is draining since %s and still runs %d tasks", aws.ToString(ts.Id), aws.ToTime(ts.UpdatedAt).UTC().Format(time.RFC3339), ts.RunningCount),
				Fix:      "see with aws ecs get-task-protection whether they are protected from scale-in, and end that with aws ecs update-task-protection",
			})
		}
	}
	return all
}
