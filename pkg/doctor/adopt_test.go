package doctor

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	elbcall "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

const (
	productionOf = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a/1"
	testOf       = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a/2"
	groupsOf     = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/"
)

// oneBalancer answers with one load balancer.
type oneBalancer struct{ is elbtypes.LoadBalancer }

func (b oneBalancer) DescribeLoadBalancers(context.Context, *elb.DescribeLoadBalancersInput, ...func(*elb.Options)) (*elb.DescribeLoadBalancersOutput, error) {
	return &elb.DescribeLoadBalancersOutput{LoadBalancers: []elbtypes.LoadBalancer{b.is}}, nil
}

// surveyed is the survey of a service that can be adopted, but for what change makes of it.
func surveyed(t *testing.T, change func(*survey, *oneBalancer)) Adoption {
	t.Helper()
	set := ecstypes.TaskSet{
		Status: aws.String(live.StatusPrimary), LoadBalancers: []ecstypes.LoadBalancer{{TargetGroupArn: aws.String(groupsOf + "blue/3"), ContainerName: aws.String("web"), ContainerPort: aws.Int32(3000)}},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
	forward := []elbcall.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: groupsOf + "blue/3"}}
	group := &cdtypes.DeploymentGroupInfo{
		ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("group"), DeploymentConfigName: aws.String("CodeDeployDefault.ECSAllAtOnce"),
		EcsServices: []cdtypes.ECSService{{ClusterName: aws.String("prod"), ServiceName: aws.String("shop-web")}},
		LoadBalancerInfo: &cdtypes.LoadBalancerInfo{TargetGroupPairInfoList: []cdtypes.TargetGroupPairInfo{{
			TargetGroups:     []cdtypes.TargetGroupInfo{{Name: aws.String("blue")}, {Name: aws.String("green")}},
			ProdTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{productionOf}}, TestTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{testOf}}}}},
		AlarmConfiguration: &cdtypes.AlarmConfiguration{Enabled: true},
		AutoRollbackConfiguration: &cdtypes.AutoRollbackConfiguration{Enabled: true, Events: []cdtypes.AutoRollbackEvent{
			cdtypes.AutoRollbackEventDeploymentFailure, cdtypes.AutoRollbackEventDeploymentStopOnAlarm, cdtypes.AutoRollbackEventDeploymentStopOnRequest}},
	}
	s := &survey{of: Candidate{Name: "shop", Cluster: "prod", Service: "shop-web"}, description: config.Service{Name: "shop", Existing: &config.Existing{
		Cluster: "prod", Service: "shop-web", Application: "app", DeploymentGroup: "group"}}}
	s.facts = &facts{
		failed: map[part]error{}, attributes: map[string]map[string]string{}, group: group,
		service: &ecstypes.Service{
			ServiceName: aws.String("shop-web"), ServiceArn: aws.String("arn:aws:ecs:us-east-1:111122223333:service/prod/shop-web"), TaskSets: []ecstypes.TaskSet{set},
			DeploymentController: &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy},
		},
		primary: &live.Revision{Definition: &ecstypes.TaskDefinition{
			Family: aws.String("shop"), ExecutionRoleArn: aws.String("arn:aws:iam::111122223333:role/exec"), TaskDefinitionArn: aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/shop:7"),
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("111122223333.dkr.ecr.us-east-1.amazonaws.com/team/shop:v1.4.2"),
				PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(3000)}}}},
		}},
		production: &elbcall.Listener{ListenerArn: productionOf, LoadBalancerArn: "x", Port: 443, Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forward},
		test:       &elbcall.Listener{ListenerArn: testOf, Port: 9000, Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forward},
		targets: []elbtypes.TargetGroup{
			{TargetGroupArn: aws.String(groupsOf + "blue/3"), TargetGroupName: aws.String("blue"), VpcId: aws.String("vpc-1")},
			{TargetGroupArn: aws.String(groupsOf + "green/4"), TargetGroupName: aws.String("green"), VpcId: aws.String("vpc-1")},
		},
	}
	b := &oneBalancer{elbtypes.LoadBalancer{LoadBalancerName: aws.String("shop"), Scheme: elbtypes.LoadBalancerSchemeEnumInternal, SecurityGroups: []string{"sg-0a"}}}
	if change != nil {
		change(s, b)
	}
	s.facts.subject = subjectOf(Plan{Service: s.description})
	s.controller(*s.facts.service)
	if err := s.surroundings(t.Context(), Finders{Balancers: *b}); err != nil {
		t.Fatal(err)
	}
	return s.result()
}

func TestAnAdoptedServiceIsDescribedWhole(t *testing.T) {
	a := surveyed(t, nil)
	if len(a.InTheWay)+len(a.Warnings) > 0 {
		t.Fatalf("in the way: %v, and worth a look: %v", a.InTheWay, a.Warnings)
	}
	out, err := config.Merge([]byte(`{}`), a.Service, a.Network, policy.Range)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c, err := config.FromCDK(out, policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services[0]
	if s.Image.Repository != "team/shop" || s.Image.Semver != ">=1.4.2" || s.Task.Container != "web" || s.Task.Port != 3000 || !s.LoadBalancer.Internal || s.LoadBalancer.TestPort != 9000 ||
		s.Existing.SecurityGroup != "sg-0a" || s.Existing.Family != "shop" || s.Existing.Scaled || c.Platform.VPC.ID != "vpc-1" {
		t.Errorf("%s", out)
	}
}

func TestWhatStandsInTheWayOfAnAdoptionIsToldWithWhatToDo(t *testing.T) {
	container := func(s *survey) *ecstypes.ContainerDefinition {
		return &s.facts.primary.Definition.ContainerDefinitions[0]
	}
	pair := func(s *survey) *cdtypes.TargetGroupPairInfo {
		return &s.facts.group.LoadBalancerInfo.TargetGroupPairInfoList[0]
	}
	for name, c := range map[string]struct {
		change           func(*survey, *oneBalancer)
		blocked, warning string
	}{
		"ECS deploys it": {func(s *survey, _ *oneBalancer) { s.facts.service.DeploymentController = nil }, "is ECS and not CODE_DEPLOY", ""},
		"ECS deploys it, and no group": {func(s *survey, _ *oneBalancer) {
			s.facts.service.DeploymentController, s.facts.service.TaskSets, s.facts.group = nil, nil, nil
		}, "no deployment group group of the application app", ""},
		"a network load balancer": {func(s *survey, _ *oneBalancer) {
			pair(s).ProdTrafficRoute.ListenerArns[0] = strings.Replace(productionOf, "app/", "net/", 1)
		}, "is a network load balancer", ""},
		"no test listener":             {func(s *survey, _ *oneBalancer) { pair(s).TestTrafficRoute, s.facts.test = nil, nil }, "has no test listener", ""},
		"one target group":             {func(s *survey, _ *oneBalancer) { s.facts.targets = s.facts.targets[:1] }, "of which 1 exist", ""},
		"HTTPS":                        {func(s *survey, _ *oneBalancer) { s.facts.test.Protocol = elbtypes.ProtocolEnumHttps }, "the test listener speaks HTTPS", ""},
		"blue is kept":                 {func(s *survey, _ *oneBalancer) { kept(s.facts) }, "keeps blue alive", ""},
		"no execution role":            {func(s *survey, _ *oneBalancer) { s.facts.primary.Definition.ExecutionRoleArn = nil }, "has no execution role", ""},
		"no load balancer":             {func(s *survey, _ *oneBalancer) { s.facts.service.TaskSets[0].LoadBalancers = nil }, "is behind no load balancer", ""},
		"an image of another registry": {func(s *survey, _ *oneBalancer) { container(s).Image = aws.String("docker.io/shop:1") }, "which is not in ECR", ""},
		"an image by digest": {func(s *survey, _ *oneBalancer) {
			container(s).Image = aws.String("111122223333.dkr.ecr.us-east-1.amazonaws.com/shop@sha256:" + strings.Repeat("a", 64))
		}, "named by its digest", ""},
		"an image of a commit": {func(s *survey, _ *oneBalancer) {
			container(s).Image = aws.String("111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:3f2a91c")
		}, `has the tag "3f2a91c"`, ""},
		"public tasks": {func(s *survey, _ *oneBalancer) {
			s.facts.service.TaskSets[0].NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = ecstypes.AssignPublicIpEnabled
		}, "the tasks have public addresses", ""},
		"an image of another account": {func(s *survey, _ *oneBalancer) {
			container(s).Image = aws.String("444455556666.dkr.ecr.us-east-1.amazonaws.com/shop:latest")
		}, "", "is of account 444455556666"},
		"an image of another region": {func(s *survey, _ *oneBalancer) {
			container(s).Image = aws.String("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:latest")
		}, "", "is in eu-west-1"},
		"an address for everybody":   {func(_ *survey, b *oneBalancer) { b.is.Scheme = elbtypes.LoadBalancerSchemeEnumInternetFacing }, "", "faces the internet"},
		"no rollback":                {func(s *survey, _ *oneBalancer) { s.facts.group.AutoRollbackConfiguration = nil }, "", "lacks DEPLOYMENT_FAILURE"},
		"no alarm":                   {func(s *survey, _ *oneBalancer) { s.facts.group.AlarmConfiguration = nil }, "", "asks no alarm"},
		"a part that cannot be read": {func(s *survey, _ *oneBalancer) { s.facts.failed[ofRole] = errRefused }, "", "CodeDeploy's role could not be read"},
	} {
		a := surveyed(t, c.change)
		if c.blocked == "" && (len(a.InTheWay) > 0 || a.Service.Name == "") || !strings.Contains(fmt.Sprint(a.InTheWay), c.blocked) {
			t.Errorf("%s: in the way is %v", name, a.InTheWay)
		}
		if !strings.Contains(fmt.Sprint(a.Warnings), c.warning) {
			t.Errorf("%s: worth a look is %v", name, a.Warnings)
		}
		if c.blocked != "" && (a.Service.Name != "" || a.Network.ID != "") {
			t.Errorf("%s: it is described though something is in the way", name)
		}
		for _, f := range append(a.InTheWay, a.Warnings...) {
			if f.Fix == "" {
				t.Errorf("%s: %q has no fix", name, f.Evidence)
			}
		}
	}
}

func TestWhatScalesIsHeldStillAndSoSaid(t *testing.T) {
	a := surveyed(t, func(s *survey, _ *oneBalancer) {
		s.facts.scaling = &aastypes.ScalableTarget{MinCapacity: aws.Int32(2), MaxCapacity: aws.Int32(9)}
		s.description.Existing.Scaled = true
	})
	if !a.Service.Existing.Scaled || !strings.Contains(strings.Join(a.Adopted, "\n"), "between 2 and 9") || len(a.Warnings) > 0 {
		t.Errorf("%+v", a)
	}
}
