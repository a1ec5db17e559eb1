package release

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// Images is the registry.
type Images interface {
	DescribeImages(context.Context, *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error)
	BatchGetImage(context.Context, *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error)
}

// Services is ECS: what runs, and its revisions.
type Services interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error)
	RegisterTaskDefinition(context.Context, *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error)
	UpdateService(context.Context, *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error)
}

// Revisions is ECS's list of revisions, out of which those that never went live are taken.
type Revisions interface {
	ListTaskDefinitions(context.Context, *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error)
	DeregisterTaskDefinition(context.Context, *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error)
}

// Deployments is CodeDeploy: what was tried and what is under way.
type Deployments interface {
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error)
	ListDeployments(context.Context, *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error)
	BatchGetDeployments(context.Context, *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error)
	GetDeploymentTarget(context.Context, *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error)
	CreateDeployment(context.Context, *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error)
	StopDeployment(context.Context, *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error)
	ContinueDeployment(context.Context, *codedeploy.ContinueDeploymentInput) (*codedeploy.ContinueDeploymentOutput, error)
}

// Listeners is the load balancer.
type Listeners interface {
	DescribeListeners(context.Context, *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error)
}

// Alarms is CloudWatch.
type Alarms interface {
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error)
}

// Scaling is Application Auto Scaling, which only a service that scales is asked of.
type Scaling interface {
	DescribeScalableTargets(context.Context, *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error)
	RegisterScalableTarget(context.Context, *aas.RegisterScalableTargetInput) (*aas.RegisterScalableTargetOutput, error)
}

// Marks are the tags of the ECS service that tell what of its scaling the loop holds still.
type Marks interface {
	TagResource(context.Context, *ecs.TagResourceInput) (*ecs.TagResourceOutput, error)
	UntagResource(context.Context, *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error)
}

// Scans is what the registry's scans of images found, where a service's description asks for them.
type Scans interface {
	DescribeImageScanFindings(context.Context, *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error)
}

// Gate is Lambda, where a service's description names a gate function.
type Gate interface {
	Invoke(context.Context, *lambda.InvokeInput) (*lambda.InvokeOutput, error)
}

// AWS is all that the loop calls.
type AWS struct {
	Images      Images
	Services    Services
	Revisions   Revisions
	Deployments Deployments
	Listeners   Listeners
	Alarms      Alarms
	Scaling     Scaling
	Marks       Marks
	Scans       Scans
	Labels      oci.Reader
	Gate        Gate
}

// Clients are those of package call.
func Clients(cfg aws.Config) AWS {
	services, registry := ecs.NewFromConfig(cfg), ecr.NewFromConfig(cfg)
	return AWS{
		Images:      registry,
		Services:    services,
		Revisions:   services,
		Deployments: codedeploy.NewFromConfig(cfg),
		Listeners:   elb.NewFromConfig(cfg),
		Alarms:      cloudwatch.NewFromConfig(cfg),
		Scaling:     aas.NewFromConfig(cfg),
		Marks:       services,
		Scans:       registry,
		Labels:      registry,
		Gate:        lambda.NewFromConfig(cfg),
	}
}

// Permissions are the interfaces whose methods are the IAM actions of the function of such a service: what its
// description turns off is not permitted either.
func Permissions(s config.Service) []reflect.Type {
	called := []reflect.Type{
		reflect.TypeFor[Images](),
		reflect.TypeFor[Services](),
		reflect.TypeFor[Deployments](),
		reflect.TypeFor[Listeners](),
		reflect.TypeFor[Alarms](),
	}
	if *s.Revisions.Deregister {
		called = append(called, reflect.TypeFor[Revisions]())
	}
	if s.Scales() {
		called = append(called, reflect.TypeFor[Scaling](), reflect.TypeFor[Marks]())
	}
	if s.Gates.Scan != nil {
		called = append(called, reflect.TypeFor[Scans]())
	}
	if s.ProvesRevision() {
		called = append(called, reflect.TypeFor[oci.Reader]())
	}
	if s.Gates.Function != "" {
		called = append(called, reflect.TypeFor[Gate]())
	}
	return called
}
