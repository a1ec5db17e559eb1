package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// deployAgain is the fix of what only somebody else can have changed.
const deployAgain = "deploy the stack again"

// whereItWasMade is that fix for a service that stood before its stack.
const whereItWasMade = "mend it where it was made: it is no part of the stack"

// group finds what keeps CodeDeploy from deploying: a firing alarm, a controller or a group that is not right.
func group(o Observed) []Flaw {
	var found []Flaw
	if len(o.Firing) > 0 {
		found = append(found, Flaw{In: InAlarms, Fix: "it goes out when the alarm is quiet", Evidence: fmt.Sprintf(
			"the alarm %s is firing, at which CodeDeploy would stop the deployment", strings.Join(o.Firing, ", "))})
	}
	if c := o.Service.DeploymentController; c != nil && c.Type != ecstypes.DeploymentControllerTypeCodeDeploy {
		found = append(found, Flaw{In: InController, Fix: "it must be CODE_DEPLOY",
			Evidence: fmt.Sprintf("the service's deployment controller is %s", c.Type)})
	}
	if _, test := routes(o.Group); test == "" {
		found = append(found, Flaw{In: InTest, Fix: deployAgain, Evidence: "the deployment group has no test listener, so green would go live unjudged"})
	}
	return append(found, made(o)...)
}

// made finds a deployment group that is not this service's, or not one that CodeDeploy can deploy it with.
func made(o Observed) []Flaw {
	var found []Flaw
	wrong := func(format string, args ...any) {
		found = append(found, Flaw{In: InGroup, Fix: deployAgain, Evidence: fmt.Sprintf(format, args...)})
	}
	if p := o.Group.ComputePlatform; p != "" && p != cdtypes.ComputePlatformEcs {
		wrong("the deployment group is of the platform %s and not ECS", p)
	}
	name := aws.ToString(o.Service.ServiceName)
	if s := o.Group.EcsServices; len(s) > 0 && !slices.ContainsFunc(s, func(s cdtypes.ECSService) bool { return aws.ToString(s.ServiceName) == name }) {
		wrong("the deployment group deploys %s and not %s", aws.ToString(s[0].ServiceName), name)
	}
	if o.Group.LoadBalancerInfo == nil || len(o.Group.LoadBalancerInfo.TargetGroupPairInfoList) == 0 {
		return found // told as no test listener
	}
	var pair []string
	for _, g := range o.Group.LoadBalancerInfo.TargetGroupPairInfoList[0].TargetGroups {
		pair = append(pair, aws.ToString(g.Name))
	}
	primary, _ := live.Primary(o.Service)
	switch serves := nameOf(live.TargetGroup(primary)); {
	case len(pair) == 0:
	case len(pair) != 2 || pair[0] == pair[1]:
		wrong("the deployment group needs a pair of target groups and has %s", strings.Join(pair, ", "))
	case !slices.Contains(pair, serves):
		wrong("PRIMARY is in the target group %s, which is not of the deployment group's pair %s", serves, strings.Join(pair, ", "))
	}
	return found
}
