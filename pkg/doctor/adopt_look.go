package doctor

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// wayIn is the load balancer with its two listeners and two target groups.
func (s *survey) wayIn(ctx context.Context, finders Finders) error {
	f, e := s.facts, s.description.Existing
	if f.group == nil {
		if e.Application != "" {
			s.blocked("correct --app and --group", "CodeDeploy has no deployment group %s of the application %s", e.DeploymentGroup, e.Application)
		}
		return nil
	}
	if !f.stands() {
		return nil // told as the controller
	}
	if e.ProductionListener, e.TestListener = f.routes(); e.ProductionListener == "" {
		s.blocked("give it a pair of target groups and a production listener with aws deploy update-deployment-group", "the deployment group has no production listener")
		return nil
	}
	if strings.Contains(e.ProductionListener, ":listener/net/") {
		s.blocked("put an application load balancer in its place", "the load balancer is a network load balancer: CodeDeploy moves it all at once, and green cannot be judged before")
		return nil
	}
	for _, g := range f.targets {
		e.TargetGroups = append(e.TargetGroups, aws.ToString(g.TargetGroupArn))
	}
	if len(e.TargetGroups) != 2 {
		s.blocked("give it two that exist", "the deployment group's target groups are %s, of which %d exist", strings.Join(f.pair(), ", "), len(e.TargetGroups))
	}
	if e.TestListener == "" {
		s.blocked("add a listener on another port to the load balancer and name it in testTrafficRoute with aws deploy update-deployment-group",
			"the deployment group has no test listener, so that green would go live unjudged")
	}
	return s.balancerOf(ctx, finders)
}

func (s *survey) balancerOf(ctx context.Context, finders Finders) error {
	f, l := s.facts, &s.description.LoadBalancer
	if f.production == nil {
		s.blocked("name one that exists with aws deploy update-deployment-group", "the production listener %s does not exist", s.description.Existing.ProductionListener)
		return nil
	}
	out, err := finders.Balancers.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{f.production.LoadBalancerArn}})
	if err != nil {
		return fmt.Errorf("describe the load balancer: %w", err)
	}
	if len(out.LoadBalancers) == 0 {
		return nil
	}
	s.balancer = &out.LoadBalancers[0]
	l.Internal = s.balancer.Scheme == elbtypes.LoadBalancerSchemeEnumInternal
	l.ProductionPort = int(f.production.Port)
	s.adopts("the load balancer %s (%s), with the production listener on port %d", aws.ToString(s.balancer.LoadBalancerName), s.balancer.Scheme, l.ProductionPort)
	if f.test == nil {
		return nil
	}
	l.TestPort = int(f.test.Port)
	s.adopts("the test listener on port %d, and the target groups %s", l.TestPort, strings.Join(f.pair(), " and "))
	s.description.Verify.ServerName = s.of.ServerName
	if f.test.Protocol == elbtypes.ProtocolEnumHttps && s.of.ServerName == "" {
		s.blocked("say with --server-name what name its certificate is for", "the test listener speaks HTTPS, and the load balancer's own name is in no certificate")
	}
	return nil
}

// revision is what serves: the container that traffic goes to, the roles and the log.
func (s *survey) revision() {
	d, e := s.facts.primary.Definition, s.description.Existing
	e.Family = aws.ToString(d.Family)
	for _, role := range []*string{d.TaskRoleArn, d.ExecutionRoleArn} {
		if r := aws.ToString(role); r != "" && !slices.Contains(e.Roles, r) {
			e.Roles = append(e.Roles, r)
		}
	}
	if aws.ToString(d.ExecutionRoleArn) == "" {
		s.blocked("give the task definition an execution role", "%s has no execution role, by which images are pulled from ECR", aws.ToString(d.TaskDefinitionArn))
	}
	balancers := s.facts.service.LoadBalancers
	if primary, ok := live.Primary(s.facts.service); ok {
		balancers = primary.LoadBalancers
	}
	switch {
	case len(balancers) == 0:
		s.blocked("put it behind an application load balancer", "the service is behind no load balancer")
	case len(balancers) > 1:
		s.blocked("leave one", "the service is in %d target groups, and CodeDeploy moves one", len(balancers))
	}
	if len(balancers) > 0 {
		s.description.Task.Container, s.description.Task.Port = aws.ToString(balancers[0].ContainerName), int(aws.ToInt32(balancers[0].ContainerPort))
	} else if len(d.ContainerDefinitions) > 0 {
		s.description.Task.Container = aws.ToString(d.ContainerDefinitions[0].Name)
	}
	if c := s.facts.primary.Container(s.description.Task.Container); c != nil && c.LogConfiguration != nil && c.LogConfiguration.LogDriver == ecstypes.LogDriverAwslogs {
		if group := c.LogConfiguration.Options["awslogs-group"]; group != "/ecs/"+e.Family {
			e.LogGroup = group
		}
	}
	s.adopts("%s as the base of what is released next: everything it says but the image stays", roleName(aws.ToString(d.TaskDefinitionArn)))
	if n := len(d.ContainerDefinitions); n > 1 {
		s.adopts("pushes replace the image of the container %s; those of %d more stay as they are, unless you write them into images", s.description.Task.Container, n-1)
	}
}

var (
	inECR   = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([a-z0-9._/-]+?)(?::([A-Za-z0-9_.-]+))?(@sha256:[0-9a-f]{64})?$`)
	version = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)$`)
)

// images is where the pushes come from, and which tags are taken.
func (s *survey) images() {
	c := s.facts.primary.Container(s.description.Task.Container)
	if c == nil {
		return
	}
	name := aws.ToString(c.Image)
	m := inECR.FindStringSubmatch(name)
	if m == nil {
		s.blocked("push it to a repository of ECR and deploy that once", "the container %s runs %s, which is not in ECR: no push of it can be told", aws.ToString(c.Name), name)
		return
	}
	i := &s.description.Image
	i.Repository = m[3]
	if here, err := arn.Parse(aws.ToString(s.facts.service.ServiceArn)); err == nil {
		if m[1] != here.AccountID {
			i.Account = m[1]
			s.warns("let the release function's role read it in the repository's policy, and forward its events to here; else the schedule sees a push", "the repository %s is of account %s", m[3], m[1])
		}
		if m[2] != here.Region {
			i.Region = m[2]
			s.warns("replicate it into this region", "the repository %s is in %s, from where each task pulls", m[3], m[2])
		}
	}
	s.tags(m[4])
}

func (s *survey) tags(running string) {
	i := &s.description.Image
	switch v := version.FindStringSubmatch(running); {
	case s.of.Tag != "":
		i.Tag = s.of.Tag
	case running == "latest":
		i.Tag = running
	case v != nil:
		i.Semver = ">=" + v[1]
	case running == "":
		s.blocked("say with --tag which pushes release it, such as 'v*' or 'main-*'", "what runs is named by its digest, which tells no tag to wait for")
		return
	default:
		s.blocked("say with --tag which pushes release it, such as 'v*' or 'main-*'", "what runs has the tag %q, from which it is not clear which pushes release it", running)
		return
	}
	s.adopts("pushes to the repository %s release it, by %s", i.Repository, policy.Of(*i))
}

// network is where the verify function stands.
func (s *survey) network() {
	if s.balancer == nil || len(s.facts.targets) == 0 {
		return
	}
	s.Network = config.VPC{ID: aws.ToString(s.facts.targets[0].VpcId), PrivateSubnets: s.of.Subnets, NATAddresses: s.of.NAT}
	primary, _ := live.Primary(s.facts.service)
	if n := primary.NetworkConfiguration; len(s.of.Subnets) == 0 && n != nil && n.AwsvpcConfiguration != nil {
		if n.AwsvpcConfiguration.AssignPublicIp == ecstypes.AssignPublicIpEnabled {
			s.blocked("name private subnets with a NAT gateway with --subnet", "the tasks have public addresses, and a function in their subnets has no way out")
			return
		}
		s.Network.PrivateSubnets = n.AwsvpcConfiguration.Subnets
	}
	if len(s.Network.PrivateSubnets) == 0 {
		s.blocked("name them with --subnet", "in which subnets the verify function may stand is not told by the tasks")
		return
	}
	s.adopts("the network %s: the verify function stands in %s", s.Network.ID, strings.Join(s.Network.PrivateSubnets, ", "))
	groups := s.balancer.SecurityGroups
	switch internal := s.description.LoadBalancer.Internal; {
	case s.facts.test == nil: // told already
	case len(groups) > 0 && (internal || len(s.of.NAT) > 0):
		s.description.Existing.SecurityGroup = groups[0]
		s.adopts("the load balancer's security group %s, to which the stack adds a rule for the verify function on port %d", groups[0], s.description.LoadBalancer.TestPort)
	default:
		s.warns("name the addresses by which those subnets leave with --nat, and the stack adds the rule; or see that the listener admits them",
			"the load balancer faces the internet, so the verify function reaches its test listener from outside")
	}
}

// group is how traffic moves, and what becomes of blue.
func (s *survey) group() {
	g := s.facts.group
	if g == nil {
		return
	}
	d := &s.description.Deployment
	d.Config = aws.ToString(g.DeploymentConfigName)
	if b := g.BlueGreenDeploymentConfiguration; b != nil && b.TerminateBlueInstancesOnDeploymentSuccess != nil {
		wait := config.Duration(time.Duration(b.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes) * time.Minute)
		d.TerminationWait = &wait
	}
	var alarms []string
	if a := g.AlarmConfiguration; a != nil && a.Enabled {
		for _, one := range a.Alarms {
			alarms = append(alarms, aws.ToString(one.Name))
		}
	}
	s.adopts("the deployment group %s of %s: %s, blue stays for %s, alarms: %s", aws.ToString(g.DeploymentGroupName), aws.ToString(g.ApplicationName), d.Config,
		waitOf(d.TerminationWait), strings.Join(append(alarms, none(alarms)...), ", "))
}

func waitOf(d *config.Duration) string {
	if d == nil || *d == 0 {
		return "no time"
	}
	return d.String()
}

func none(of []string) []string {
	if len(of) > 0 {
		return nil
	}
	return []string{"none"}
}

func keepsBlue(f *facts) bool {
	b := f.group.BlueGreenDeploymentConfiguration
	return b != nil && b.TerminateBlueInstancesOnDeploymentSuccess != nil && b.TerminateBlueInstancesOnDeploymentSuccess.Action == cdtypes.InstanceActionKeepAlive
}

// scaling is held still while traffic moves.
func (s *survey) scaling() {
	t := s.facts.scaling
	if s.description.Existing.Scaled = t != nil; t != nil {
		s.adopts("Application Auto Scaling changes its count between %d and %d: each deployment holds that still", aws.ToInt32(t.MinCapacity), aws.ToInt32(t.MaxCapacity))
	}
}
