package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Flaw is one thing that would make a deployment fail, with its fix.
type Flaw struct {
	// In is the part of the set-up that is not right.
	In Part
	// Evidence is what was seen, Fix what to do; both are parts of a sentence.
	Evidence, Fix string
	// settles says that the flaw may go away by itself just after a deployment's beginning or end.
	settles bool
}

// String is the flaw as a sentence without its full stop.
func (f Flaw) String() string { return f.Evidence + ": " + f.Fix }

// Part is a part of a service's set-up.
type Part string

// The parts that can have flaws.
const (
	InProduction Part = "production listener"
	InTest       Part = "test listener"
	InTaskSets   Part = "task sets"
	InAlarms     Part = "alarms"
	InController Part = "deployment controller"
	InGroup      Part = "deployment group"
	InContainer  Part = "container"
	InImage      Part = "image"
)

// unfit refuses what CodeDeploy would accept and then fail.
func unfit(desired Desired, o Observed) (Decision, bool) {
	found := append(Flaws(desired, o), spare(desired, o)...)
	others := len(found)
	held, lacking := platforms(desired, o)
	unproved, lacks := unlabelled(desired, o)
	held, found = append(held, unproved...), slices.Concat(found, lacking, lacks)
	if len(found) == 0 {
		return Decision{}, false
	}
	texts := make([]string, 0, len(found))
	settles := true
	for _, f := range found {
		texts = append(texts, f.String())
		settles = settles && f.settles
	}
	return Decision{Verdict: Refuse, Reason: strings.Join(texts, "; "), unsettled: settles, imagesHeld: others == 0, held: held}, true
}

// Flaws are what makes the set-up unfit for any deployment, whatever it would bring. While a deployment is active the
// listener is its own, and so is one task set beside PRIMARY. Service, group and PRIMARY have to be there.
func Flaws(desired Desired, o Observed) []Flaw {
	found := leftovers(o)
	if _, busy := o.active(); !busy {
		found = append(production(o), found...)
	}
	found = append(found, group(o)...)
	found = append(found, container(desired, o)...)
	for i := range found {
		if desired.Service.Adopted() && found[i].Fix == deployAgain {
			found[i].Fix = whereItWasMade
		}
	}
	return found
}

// production finds a production listener that does not serve PRIMARY, to which CodeDeploy answers "Primary
// taskset target group must be behind listener".
func production(o Observed) []Flaw {
	arn, _ := routes(o.Group)
	if o.Listener == nil {
		return []Flaw{{In: InProduction, Evidence: fmt.Sprintf("the production listener %q of the deployment group does not exist", arn), Fix: deployAgain}}
	}
	primary, _ := live.Primary(o.Service)
	serves := live.TargetGroup(primary)
	if forwards := forwards(o.Listener); !slices.Equal(forwards, []string{serves}) {
		return []Flaw{{In: InProduction, settles: true, Fix: "point its default action there", Evidence: fmt.Sprintf(
			"the production listener forwards to %s and not to PRIMARY's target group %s", named(forwards), nameOf(serves))}}
	}
	return nil
}

// leftovers finds task sets that no deployment accounts for. DRAINING ones are on their way out. An active
// deployment is not ended for the sake of one that would then be refused for them.
func leftovers(o Observed) []Flaw {
	others := live.Others(o.Service)
	a, busy := o.active()
	if !busy {
		if len(others) == 0 {
			return nil
		}
		return []Flaw{{In: InTaskSets, settles: true, Fix: "delete it with aws ecs delete-task-set",
			Evidence: fmt.Sprintf("the task set %s is ACTIVE though no deployment is", ids(others))}}
	}
	id := aws.ToString(a.DeploymentId)
	if len(others) > 1 {
		return []Flaw{{In: InTaskSets, Fix: "delete the other with aws ecs delete-task-set",
			Evidence: fmt.Sprintf("the task sets %s are ACTIVE and only one can be deployment %s's", ids(others), id)}}
	}
	primary, _ := live.Primary(o.Service)
	if len(others) == 0 || rollback(a) || aws.ToString(primary.ExternalId) == id {
		return nil // beside a PRIMARY that the deployment made stands the blue that it has yet to terminate
	}
	if by := aws.ToString(others[0].ExternalId); by != "" && by != id {
		return []Flaw{{In: InTaskSets, Fix: "it goes with its own deployment's rollback, or delete it with aws ecs delete-task-set",
			Evidence: fmt.Sprintf("the task set %s is deployment %s's and ACTIVE beside deployment %s", ids(others), by, id)}}
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
func container(desired Desired, o Observed) []Flaw {
	if o.Base == nil {
		return nil // a base that is not there is waited for when it is needed
	}
	c := o.Base.Container(desired.Names.Container)
	if c == nil {
		return []Flaw{{In: InContainer, Fix: "name one that it has in task.container",
			Evidence: fmt.Sprintf("base %s has no container %q", desired.base(), desired.Names.Container)}}
	}
	port := desired.Service.Task.Port
	for _, m := range c.PortMappings {
		if int(aws.ToInt32(m.ContainerPort)) == port {
			return nil
		}
	}
	return []Flaw{{In: InContainer, Fix: "map it, or name one that it maps in task.port",
		Evidence: fmt.Sprintf("the container %q of base %s maps no port %d", desired.Names.Container, desired.base(), port)}}
}

// spare finds that the revision that would be reused lacks something of the base.
func spare(desired Desired, o Observed) []Flaw {
	if o.Base == nil || !o.Latest.Fulfils(desired.Wish) {
		return nil
	}
	return incomplete(o.Latest, o.Base)
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
