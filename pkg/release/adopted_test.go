package release

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// stoodBefore is the service as one that stood before its stack: what serves was registered by a team.
const stoodBefore = `{"name": "sample-website", "image": {"tag": "v*"}, "existing": {"cluster": "cutover", "service": "Sample-Website",
	"application": "AppECS-cutover-Sample-Website", "deploymentGroup": "DgpECS-cutover-Sample-Website", "family": "sample-website", "roles": ["arn:aws:iam::111122223333:role/exec"],
	"productionListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a/1", "testListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a/2",
	"targetGroups": ["arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/blue/3", "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/green/4"]}}`

// stoodIn is that service in a world, where a revision with that image serves.
func stoodIn(running string, change func(*world)) (*Loop, Observed) {
	d := deployedWith(stoodBefore)
	d.Base, d.Subnets, d.SecurityGroups = "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website", nil, nil
	w := newWorld(image(1, "v1"), image(2, "v2"))
	w.Primary.Definition.ContainerDefinitions[0].Image = aws.String(running)
	set := &w.Service.TaskSets[0]
	set.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-9"}, SecurityGroups: []string{"sg-9"}}}
	set.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
	if change != nil {
		change(w)
	}
	w.Observed.Base = w.Primary
	return New(d, AWS{}, nil), w.Observed
}

const repositoryOfTeam = "111122223333.dkr.ecr.us-east-1.amazonaws.com/sample-website"

func TestWhatServesIsTheBaseOfAServiceThatStoodBefore(t *testing.T) {
	l, o := stoodIn(repositoryOfTeam+":v1", nil)
	d := l.desired(o)
	decided := Decide(d, o)
	if decided.Verdict != Deploy || decided.Wish.Images[0].Tag != "v2" || !strings.HasPrefix(decided.Wish.Base, l.deployed.Base+":") {
		t.Fatalf("%+v", decided)
	}
	s := decided.Wish.Settings
	want := appspec.Network{Subnets: []string{"subnet-9"}, SecurityGroups: []string{"sg-9"}, AssignPublicIP: "DISABLED"}
	if s.Network == nil || s.Network.Subnets[0] != want.Subnets[0] || s.Network.AssignPublicIP != want.AssignPublicIP || s.CapacityProviders[0].CapacityProvider != "FARGATE_SPOT" || s.PlatformVersion != "" {
		t.Errorf("new tasks would have other settings: %+v", s)
	}
	in, err := Revise(o.Base, l.names.Family, decided.Wish)
	if err != nil || aws.ToString(in.Family) != "sample-website" || aws.ToString(in.ContainerDefinitions[0].Image) != repositoryOfTeam+"@"+digestOf(2) {
		t.Errorf("%+v %v", in, err)
	}
	if in, text := l.update(o); in != nil {
		t.Errorf("the service's own settings would be changed: %s", text)
	}
}

func TestTheWishOfAServiceThatStoodBeforeIsTheSameOnEveryRevisionThatIsMadeOfItsBase(t *testing.T) {
	l, before := stoodIn(repositoryOfTeam+":v1", nil)
	_, after := stoodIn(repositoryOfTeam+"@"+digestOf(1), func(w *world) {
		w.Primary.Tags = []ecstypes.Tag{{Key: aws.String(live.TagWish), Value: aws.String("x")}}
	})
	_, changed := stoodIn(repositoryOfTeam+":v1", func(w *world) { w.Primary.Definition.Cpu = aws.String("1024") })
	one := l.desired(before).Wish.Hash()
	if other := l.desired(after).Wish.Hash(); other != one {
		t.Errorf("the hash becomes %s from %s when an image is released", other, one)
	}
	if other := l.desired(changed).Wish.Hash(); other.Settings() == one.Settings() || other.Images() != one.Images() {
		t.Errorf("another base has the hash %s, and the one before %s", other, one)
	}
}

func TestAServiceThatStoodBeforeIsJudgedByWhatItRuns(t *testing.T) {
	for name, c := range map[string]struct {
		running string
		change  func(*world)
		verdict Verdict
		reason  string
	}{
		"the newest, by its digest":   {repositoryOfTeam + "@" + digestOf(2), nil, Current, "is live"},
		"an older one, by its digest": {repositoryOfTeam + "@" + digestOf(1), nil, Deploy, "v2"},
		"the newest, by its tag":      {repositoryOfTeam + ":v2", nil, Deploy, "v2"},
		"what is deployed by hand": {repositoryOfTeam + "@" + digestOf(2), func(w *world) {
			w.Deployments = []cdtypes.DeploymentInfo{{DeploymentId: aws.String("d-1"), Status: "Succeeded"}}
		}, Current, "is live"},
		"a revision that was taken away":       {repositoryOfTeam + ":v1", func(w *world) { w.Primary.Definition.Status = ecstypes.TaskDefinitionStatusInactive }, Deploy, "v2"},
		"a group that somebody must mend":      {repositoryOfTeam + ":v1", func(w *world) { w.Group.LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute = nil }, Refuse, whereItWasMade},
		"nothing, because there is no task":    {repositoryOfTeam + ":v1", func(w *world) { w.Service.TaskSets, w.Primary = nil, nil }, Wait, "no PRIMARY task set"},
		"another container than the traffic's": {repositoryOfTeam + ":v1", func(w *world) { w.Primary.Definition.ContainerDefinitions[0].Name = aws.String("app") }, Refuse, `has no container "sample-website"`},
	} {
		l, o := stoodIn(c.running, c.change)
		d := l.desired(o)
		got := Decide(d, o)
		if got.Verdict != c.verdict || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %s: %s", name, got.Verdict, got.Reason)
		}
		if err := early(Trigger{}, d, o, got); err != nil {
			t.Errorf("%s: it would be tried again for ever: %v", name, err)
		}
	}
}

func TestAnOlderVersionIsHeldByTheTagThatServesToo(t *testing.T) {
	d := deployedWith(strings.Replace(stoodBefore, `"tag": "v*"`, `"semver": ">=1"`, 1))
	w := newWorld(image(1, "1.0.0"))
	w.Primary.Definition.ContainerDefinitions[0].Image = aws.String(repositoryOfTeam + ":1.2.0")
	w.Observed.Base = w.Primary
	l := New(d, AWS{}, nil)
	if got := Decide(l.desired(w.Observed), w.Observed); got.Verdict != Hold || !strings.Contains(got.Reason, "comes before the live sample-website:1.2.0") {
		t.Errorf("%s: %s", got.Verdict, got.Reason)
	}
}
