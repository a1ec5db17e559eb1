//go:build !race

package main

import (
	"crypto/tls"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// legacy is a service that a team made without Cutover, by hand and with its own names, and a user at its door.
type legacy struct {
	*stage
	aws              aws.Config
	tasks            *ecs.Client
	balancers        *elb.Client
	groups           []string // ARNs of the target groups
	production, test string   // ARNs of the listeners
	roles            []string // of the tasks
	before           *ecstypes.TaskDefinition
}

// made is what a call answered.
func made[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// stand makes the service in an account that has nothing else.
func stand(t *testing.T) *legacy {
	t.Helper()
	s := &legacy{stage: &stage{t: t}}
	s.start(sandbox.Options{})
	var err error
	if s.aws, err = live.FromEnvironment(s.Getenv); err != nil {
		t.Fatal(err)
	}
	s.tasks, s.balancers, s.deploys, s.ecr = ecs.NewFromConfig(s.aws), elb.NewFromConfig(s.aws), codedeploy.NewFromConfig(s.aws), ecr.NewFromConfig(s.aws)
	s.readers = live.Through(s.aws)
	s.names.Repository, s.names.Cluster, s.names.Service, s.names.Container = "shop/web", "prod", "Shop_Web", "web"
	s.names.Application, s.names.DeploymentGroup, s.names.ReleaseFunction = "shop-app", "shop-group", "shop-release"
	made[*ecr.CreateRepositoryOutput](t)(s.ecr.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("shop/web")}))
	s.push("v1")
	s.wayIn()
	s.serve()
	s.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{}}}
	s.until("the service is steady", func(now live.Status) bool {
		return len(now.TaskSets) == 1 && now.TaskSets[0].Running == 1 && now.TaskSets[0].Healthy == 1
	})
	return s
}

// wayIn makes a load balancer with two listeners and two target groups.
func (s *legacy) wayIn() {
	t, ctx := s.t, s.t.Context()
	balancer := made[*elb.CreateLoadBalancerOutput](t)(s.balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("shop"), Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-balancer"},
	})).LoadBalancers[0]
	for _, name := range []string{"shop-blue", "shop-green"} {
		group := made[*elb.CreateTargetGroupOutput](t)(s.balancers.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: &name, TargetType: elbtypes.TargetTypeEnumIp, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"),
			HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2), HealthyThresholdCount: aws.Int32(2),
		})).TargetGroups[0]
		s.groups = append(s.groups, *group.TargetGroupArn)
	}
	for port, arn := range map[int32]*string{80: &s.production, 9000: &s.test} {
		*arn = *made[*elb.CreateListenerOutput](t)(s.balancers.CreateListener(ctx, &elb.CreateListenerInput{
			LoadBalancerArn: balancer.LoadBalancerArn, Port: &port, Protocol: elbtypes.ProtocolEnumHttp,
			DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.groups[0]}},
		})).Listeners[0].ListenerArn
	}
	s.url = s.URL(s.production)
}

// serve makes the roles, the task definition, the service and the deployment group.
func (s *legacy) serve() {
	t, ctx := s.t, s.t.Context()
	s.roles = []string{s.role("shop-task", "ecs-tasks.amazonaws.com", ""), s.role("ecsTaskExecutionRole", "ecs-tasks.amazonaws.com", "service-role/AmazonECSTaskExecutionRolePolicy")}
	made[*ecs.CreateClusterOutput](t)(s.tasks.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	s.before = made[*ecs.RegisterTaskDefinitionOutput](t)(s.tasks.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("shop-web-task"), NetworkMode: ecstypes.NetworkModeAwsvpc, RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		Cpu: aws.String("512"), Memory: aws.String("1024"), TaskRoleArn: &s.roles[0], ExecutionRoleArn: &s.roles[1],
		RuntimePlatform: &ecstypes.RuntimePlatform{CpuArchitecture: architecture(), OperatingSystemFamily: ecstypes.OSFamilyLinux},
		Volumes:         []ecstypes.Volume{{Name: aws.String("scratch")}},
		Tags:            []ecstypes.Tag{{Key: aws.String("team"), Value: aws.String("checkout")}},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("web"), Image: aws.String(sandbox.Account + ".dkr.ecr." + sandbox.Region + ".amazonaws.com/shop/web:v1"), Essential: aws.Bool(true),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}, Environment: []ecstypes.KeyValuePair{{Name: aws.String("LEVEL"), Value: aws.String("info")}},
			MountPoints:  []ecstypes.MountPoint{{SourceVolume: aws.String("scratch"), ContainerPath: aws.String("/scratch")}},
			DockerLabels: map[string]string{"tier": "front"}, StopTimeout: aws.Int32(20),
			Ulimits: []ecstypes.Ulimit{{Name: ecstypes.UlimitNameNofile, SoftLimit: 1024, HardLimit: 2048}},
		}},
	})).TaskDefinition
	made[*ecs.CreateServiceOutput](t)(s.tasks.CreateService(ctx, &ecs.CreateServiceInput{
		Cluster: aws.String("prod"), ServiceName: &s.names.Service, TaskDefinition: s.before.TaskDefinitionArn, DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeFargate,
		DeploymentController: &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-3", "subnet-4"}, SecurityGroups: []string{"sg-tasks"}}},
		LoadBalancers:        []ecstypes.LoadBalancer{{TargetGroupArn: &s.groups[0], ContainerName: aws.String("web"), ContainerPort: aws.Int32(80)}},
	}))
	deployer := s.role("deployer", "codedeploy.amazonaws.com", "AWSCodeDeployRoleForECS")
	made[*codedeploy.CreateApplicationOutput](t)(s.deploys.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &s.names.Application, ComputePlatform: cdtypes.ComputePlatformEcs}))
	made[*codedeploy.CreateDeploymentGroupOutput](t)(s.deploys.CreateDeploymentGroup(ctx, s.group(deployer)))
}

func (s *legacy) group(role string) *codedeploy.CreateDeploymentGroupInput {
	return &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &s.names.Application, DeploymentGroupName: &s.names.DeploymentGroup, ServiceRoleArn: &role,
		DeploymentConfigName: aws.String("CodeDeployDefault.ECSAllAtOnce"),
		DeploymentStyle:      &cdtypes.DeploymentStyle{DeploymentType: cdtypes.DeploymentTypeBlueGreen, DeploymentOption: cdtypes.DeploymentOptionWithTrafficControl},
		EcsServices:          []cdtypes.ECSService{{ClusterName: aws.String("prod"), ServiceName: &s.names.Service}},
		AutoRollbackConfiguration: &cdtypes.AutoRollbackConfiguration{Enabled: true, Events: []cdtypes.AutoRollbackEvent{
			cdtypes.AutoRollbackEventDeploymentFailure, cdtypes.AutoRollbackEventDeploymentStopOnRequest, cdtypes.AutoRollbackEventDeploymentStopOnAlarm}},
		BlueGreenDeploymentConfiguration: &cdtypes.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption: &cdtypes.DeploymentReadyOption{ActionOnTimeout: cdtypes.DeploymentReadyActionContinueDeployment},
			TerminateBlueInstancesOnDeploymentSuccess: &cdtypes.BlueInstanceTerminationOption{
				Action: cdtypes.InstanceActionTerminate, TerminationWaitTimeInMinutes: 10},
		},
		LoadBalancerInfo: &cdtypes.LoadBalancerInfo{TargetGroupPairInfoList: []cdtypes.TargetGroupPairInfo{{
			TargetGroups:     []cdtypes.TargetGroupInfo{{Name: aws.String("shop-blue")}, {Name: aws.String("shop-green")}},
			ProdTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{s.production}},
			TestTrafficRoute: &cdtypes.TrafficRoute{ListenerArns: []string{s.test}},
		}}},
	}
}

// role is one that a service may assume, with one of AWS's own policies.
func (s *legacy) role(name, service, policy string) string {
	client := iam.NewFromConfig(s.aws)
	out := made[*iam.CreateRoleOutput](s.t)(client.CreateRole(s.t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`)}))
	if policy != "" {
		made[*iam.AttachRolePolicyOutput](s.t)(client.AttachRolePolicy(s.t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String("arn:aws:iam::aws:policy/" + policy)}))
	}
	return *out.Role.Arn
}

// deploy synthesizes a configuration and deploys its stacks.
func (s *legacy) deploy(document string) {
	s.t.Helper()
	c := parsed(s.t, document)
	s.names = c.Services[0].Names(c.Platform.Cluster)
	_, dir := assembled(s.t, document)
	if err := s.UpdateStacks(s.t.Context(), os.DirFS(dir)); err != nil {
		s.t.Fatal(err)
	}
}

// serves is the revision that production runs.
func (s *legacy) serves(now live.Status) *live.Revision {
	s.t.Helper()
	r, err := live.ReadRevision(s.t.Context(), s.readers.Tasks, now.TaskSets[0].TaskDefinition)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}
