package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elbcall "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/doctor/groups"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// Services reads ECS services and revisions.
type Services interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error)
}

// Deployments reads a deployment group and its deployments.
type Deployments interface {
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error)
	ListDeployments(context.Context, *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error)
	BatchGetDeployments(context.Context, *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error)
}

// Balancers reads load balancers, the rules of their listeners and the target groups behind them.
type Balancers interface {
	DescribeLoadBalancers(context.Context, *elb.DescribeLoadBalancersInput, ...func(*elb.Options)) (*elb.DescribeLoadBalancersOutput, error)
	DescribeRules(context.Context, *elb.DescribeRulesInput, ...func(*elb.Options)) (*elb.DescribeRulesOutput, error)
	DescribeTargetGroups(context.Context, *elb.DescribeTargetGroupsInput, ...func(*elb.Options)) (*elb.DescribeTargetGroupsOutput, error)
	DescribeTargetGroupAttributes(context.Context, *elb.DescribeTargetGroupAttributesInput, ...func(*elb.Options)) (*elb.DescribeTargetGroupAttributesOutput, error)
}

// Alarms reads alarms.
type Alarms interface {
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
}

// Roles reads which policies a role has.
type Roles interface {
	ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
	ListRolePolicies(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
}

// Functions reads Lambda functions.
type Functions interface {
	GetFunctionConfiguration(context.Context, *lambda.GetFunctionConfigurationInput, ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error)
}

// Scaling reads what Application Auto Scaling scales.
type Scaling interface {
	DescribeScalableTargets(context.Context, *aas.DescribeScalableTargetsInput, ...func(*aas.Options)) (*aas.DescribeScalableTargetsOutput, error)
}

// Schedules reads schedules.
type Schedules interface {
	GetSchedule(context.Context, *scheduler.GetScheduleInput, ...func(*scheduler.Options)) (*scheduler.GetScheduleOutput, error)
}

// Rules reads the rules of the event bus.
type Rules interface {
	ListRuleNamesByTarget(context.Context, *eventbridge.ListRuleNamesByTargetInput, ...func(*eventbridge.Options)) (*eventbridge.ListRuleNamesByTargetOutput, error)
	DescribeRule(context.Context, *eventbridge.DescribeRuleInput, ...func(*eventbridge.Options)) (*eventbridge.DescribeRuleOutput, error)
}

// SecurityGroups reads their rules.
type SecurityGroups interface {
	DescribeSecurityGroupRules(ctx context.Context, ids []string) ([]groups.Rule, error)
}

// Keys reads KMS keys and their policies.
type Keys interface {
	DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error)
	GetKeyPolicy(context.Context, *kms.GetKeyPolicyInput, ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error)
}

// Clients are what a live set-up is looked at through. Every method reads.
type Clients struct {
	Services       Services
	Deployments    Deployments
	Balancers      Balancers
	Listeners      release.Listeners
	Alarms         Alarms
	Roles          Roles
	Functions      Functions
	Scaling        Scaling
	Schedules      Schedules
	Rules          Rules
	SecurityGroups SecurityGroups
	Keys           Keys
	// Region that they look at.
	Region string
}

// Through are the SDK's own clients, and ours where a release reads the same or where the SDK's is large.
func Through(cfg aws.Config) *Clients {
	return &Clients{
		Services: ecs.NewFromConfig(cfg), Deployments: codedeploy.NewFromConfig(cfg), Balancers: elb.NewFromConfig(cfg),
		Listeners: elbcall.NewFromConfig(cfg),
		Alarms:    cloudwatch.NewFromConfig(cfg), Roles: iam.NewFromConfig(cfg), Functions: lambda.NewFromConfig(cfg),
		Scaling: aas.NewFromConfig(cfg), Schedules: scheduler.NewFromConfig(cfg), Rules: eventbridge.NewFromConfig(cfg),
		SecurityGroups: groups.NewFromConfig(cfg), Keys: kms.NewFromConfig(cfg), Region: cfg.Region,
	}
}
