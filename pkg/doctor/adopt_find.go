package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	cdcall "github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
)

type service = ecstypes.Service

// Finders read what only an adoption asks for.
type Finders struct {
	Groups    Groups
	AppSpecs  live.AppSpecReader
	Balancers LoadBalancers
}

// Groups are CodeDeploy's deployment groups, among which the one that deploys a service is found.
type Groups interface {
	ListApplications(context.Context, *codedeploy.ListApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error)
	ListDeploymentGroups(context.Context, *codedeploy.ListDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error)
	BatchGetDeploymentGroups(context.Context, *codedeploy.BatchGetDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error)
}

// LoadBalancers are ELB's.
type LoadBalancers interface {
	DescribeLoadBalancers(context.Context, *elb.DescribeLoadBalancersInput, ...func(*elb.Options)) (*elb.DescribeLoadBalancersOutput, error)
}

// FindersThrough are the SDK's own, and ours for what the functions read too.
func FindersThrough(cfg aws.Config) Finders {
	return Finders{Groups: codedeploy.NewFromConfig(cfg), AppSpecs: cdcall.NewFromConfig(cfg), Balancers: elb.NewFromConfig(cfg)}
}

// controller asks that CodeDeploy deploys the service.
func (s *survey) controller(is service) {
	kind := ecstypes.DeploymentControllerTypeEcs
	if is.DeploymentController != nil {
		kind = is.DeploymentController.Type
	}
	if kind == ecstypes.DeploymentControllerTypeCodeDeploy {
		s.adopts("the service %s of the cluster %s, which CodeDeploy deploys; %d of %d tasks run", s.of.Service, s.of.Cluster, is.RunningCount, is.DesiredCount)
		return
	}
	s.blocked("make a service of the controller CODE_DEPLOY beside it, on a pair of target groups and a production and a test listener of its own, move the users there "+
		"and adopt that one; or have a stack of Cutover make it (docs/operator.md). Where ECS's own blue/green is enough, leave it as it is",
		"the deployment controller of %s is %s and not CODE_DEPLOY, so CodeDeploy cannot deploy it", s.of.Service, kind)
}

// find looks for the group that deploys the service, through all applications.
func (s *survey) find(ctx context.Context, finders Finders) error {
	var found []cdtypes.DeploymentGroupInfo
	applications := codedeploy.NewListApplicationsPaginator(finders.Groups, &codedeploy.ListApplicationsInput{})
	for applications.HasMorePages() {
		page, err := applications.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list CodeDeploy's applications: %w", err)
		}
		for _, application := range page.Applications {
			groups, err := s.groupsIn(ctx, finders, application)
			if err != nil {
				return err
			}
			found = append(found, groups...)
		}
	}
	var names []string
	for _, g := range found {
		names = append(names, aws.ToString(g.ApplicationName)+"/"+aws.ToString(g.DeploymentGroupName))
	}
	switch len(found) {
	case 1:
		e := s.description.Existing
		e.Application, e.DeploymentGroup = aws.ToString(found[0].ApplicationName), aws.ToString(found[0].DeploymentGroupName)
	case 0:
		s.blocked("make one with aws deploy create-deployment-group", "no deployment group of CodeDeploy deploys %s of the cluster %s", s.of.Service, s.of.Cluster)
	default:
		s.blocked("name one with --app and --group", "several deployment groups deploy it: %s", strings.Join(names, ", "))
	}
	return nil
}

// groupsIn are an application's groups that deploy the service.
func (s *survey) groupsIn(ctx context.Context, finders Finders, application string) (found []cdtypes.DeploymentGroupInfo, err error) {
	pages := codedeploy.NewListDeploymentGroupsPaginator(finders.Groups, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &application})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the deployment groups of %s: %w", application, err)
		}
		for some := range slices.Chunk(page.DeploymentGroups, 100) { // BatchGetDeploymentGroups takes no more
			out, err := finders.Groups.BatchGetDeploymentGroups(ctx, &codedeploy.BatchGetDeploymentGroupsInput{ApplicationName: &application, DeploymentGroupNames: some})
			if err != nil {
				return nil, fmt.Errorf("get the deployment groups of %s: %w", application, err)
			}
			found = append(found, slices.DeleteFunc(out.DeploymentGroupsInfo, func(g cdtypes.DeploymentGroupInfo) bool { return !s.deploys(g) })...)
		}
	}
	return found, nil
}

func (s *survey) deploys(g cdtypes.DeploymentGroupInfo) bool {
	return slices.ContainsFunc(g.EcsServices, func(is cdtypes.ECSService) bool {
		return aws.ToString(is.ClusterName) == s.of.Cluster && aws.ToString(is.ServiceName) == s.of.Service
	})
}

// ownHooks are the functions that the group's newest deployment called: they are called further.
func (s *survey) ownHooks(ctx context.Context, finders Finders) error {
	if len(s.facts.deployments) == 0 {
		return nil
	}
	document, err := live.ReadAppSpec(ctx, finders.AppSpecs, s.facts.deployments[0])
	if document == nil || err != nil {
		return err
	}
	for _, event := range slices.Sorted(maps.Keys(document.Hooks)) {
		function := document.Hooks[event]
		name := function[strings.LastIndexByte(function, ':')+1:]
		if event == live.AfterAllowTestTraffic {
			s.warns("write what it checks into verify, or call it from a suite's request",
				"the newest deployment called %s at %s, which is the event of Cutover's verification: it is not called any more", name, event)
			continue
		}
		if s.description.Deployment.Hooks == nil {
			s.description.Deployment.Hooks = map[string]string{}
		}
		s.description.Deployment.Hooks[string(event)] = name
		s.adopts("the hook %s at %s, as in the newest deployment", name, event)
	}
	return nil
}
