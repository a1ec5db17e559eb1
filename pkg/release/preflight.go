package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// finding is one thing that would make a deployment fail, with its fix.
type finding struct {
	text string
	// settles says that the finding may go away by itself just after a deployment's end.
	settles bool
}

// unfit refuses what CodeDeploy would accept and then fail. While a deployment is active the listener is its own,
// and so is one task set beside PRIMARY.
func unfit(desired Desired, o Observed) (Decision, bool) {
	found := leftovers(o)
	if _, busy := o.active(); !busy {
		found = append(production(o), found...)
	}
	found = append(found, group(o)...)
	found = append(found, container(desired, o)...)
	found = append(found, spare(desired, o)...)
	others := len(found)
	held, lacking := platforms(desired, o)
	found = append(found, lacking...)
	if len(found) == 0 {
		return Decision{}, false
	}
	texts := make([]string, 0, len(found))
	settles := true
	for _, f := range found {
		texts = append(texts, f.text)
		settles = settles && f.settles
	}
	return Decision{Verdict: Refuse, Reason: strings.Join(texts, "; "), unsettled: settles, imagesHeld: others == 0, held: held}, true
}

// production finds a production listener that does not serve PRIMARY, to which CodeDeploy answers "Primary
// taskset target group must be behind listener".
func production(o Observed) []finding {
	arn, _ := routes(o.Group)
	if o.Listener == nil {
		return []finding{{text: fmt.Sprintf("the production listener %q of the deployment group does not exist: deploy the stack again", arn)}}
	}
	primary, _ := live.Primary(o.Service)
	serves := live.TargetGroup(primary)
	if forwards := forwards(o.Listener); !slices.Equal(forwards, []string{serves}) {
		return []finding{{settles: true, text: fmt.Sprintf(
			"the production listener forwards to %s and not to PRIMARY's target group %s: point its default action there",
			named(forwards), nameOf(serves))}}
	}
	return nil
}

// leftovers finds task sets that no deployment accounts for. DRAINING ones are on their way out. An active
// deployment is not ended for the sake of one that would then be refused for them.
func leftovers(o Observed) []finding {
	others := live.Others(o.Service)
	a, busy := o.active()
	if !busy {
		if len(others) == 0 {
			return nil
		}
		return []finding{{settles: true, text: fmt.Sprintf(
			"the task set %s is ACTIVE though no deployment is: delete it with aws ecs delete-task-set", ids(others))}}
	}
	id := aws.ToString(a.DeploymentId)
	if len(others) > 1 {
		return []finding{{text: fmt.Sprintf(
			"the task sets %s are ACTIVE and only one can be deployment %s's: delete the other with aws ecs delete-task-set", ids(others), id)}}
	}
	primary, _ := live.Primary(o.Service)
	if len(others) == 0 || rollback(a) || aws.ToString(primary.ExternalId) == id {
		return nil // beside a PRIMARY that the deployment made stands the blue that it has yet to terminate
	}
	if by := aws.ToString(others[0].ExternalId); by != "" && by != id {
		return []finding{{text: fmt.Sprintf(
			"the task set %s is deployment %s's and ACTIVE beside deployment %s: it goes with its own deployment's rollback, or delete it with aws ecs delete-task-set",
			ids(others), by, id)}}
	}
	return nil
}

func ids(sets []ecstypes.TaskSet) string {
	var all []string
	for _, ts := range sets {
		all = append(all, aws.ToString(ts.Id))
	}
	return strings.Join(all, ", ")
}

// container finds a base that has no place for the image or for the traffic.
func container(desired Desired, o Observed) []finding {
	if o.Base == nil {
		return nil // a base that is not there is waited for when it is needed
	}
	c := o.Base.Container(desired.Names.Container)
	if c == nil {
		return []finding{{text: fmt.Sprintf("base %s has no container %q: name one that it has in task.container",
			desired.base(), desired.Names.Container)}}
	}
	port := desired.Service.Task.Port
	for _, m := range c.PortMappings {
		if int(aws.ToInt32(m.ContainerPort)) == port {
			return nil
		}
	}
	return []finding{{text: fmt.Sprintf("the container %q of base %s maps no port %d: map it, or name one that it maps in task.port",
		desired.Names.Container, desired.base(), port)}}
}

// spare finds that the revision that would be reused lacks something of the base.
func spare(desired Desired, o Observed) []finding {
	if o.Base == nil || !o.Latest.Fulfils(desired.Wish) {
		return nil
	}
	if text := incomplete(o.Latest, o.Base); text != "" {
		return []finding{{text: text}}
	}
	return nil
}

// nameOf is a target group's name, out of arn:aws:elasticloadbalancing:…:targetgroup/<name>/<id>.
func nameOf(arn string) string {
	if _, path, ok := strings.Cut(arn, ":targetgroup/"); ok {
		name, _, _ := strings.Cut(path, "/")
		return name
	}
	return arn
}

func named(arns []string) string {
	if len(arns) == 0 {
		return "no target group"
	}
	names := make([]string, 0, len(arns))
	for _, a := range arns {
		names = append(names, nameOf(a))
	}
	return strings.Join(names, " and ")
}
