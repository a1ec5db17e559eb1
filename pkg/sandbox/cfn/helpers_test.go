package cfn_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// moveOn does by hand what a deployment does to a service, and returns the new task definition.
func moveOn(ctx context.Context, w *world) string {
	w.Helper()
	client := ecs.NewFromConfig(w.config())
	def, err := client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("x"), NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("a:2"), PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}}},
	})
	if err != nil {
		w.Fatal(err)
	}
	arn := def.TaskDefinition.TaskDefinitionArn
	set, err := client.CreateTaskSet(ctx, &ecs.CreateTaskSetInput{
		Cluster: aws.String("hub"), Service: aws.String("web"), TaskDefinition: arn, LaunchType: "FARGATE", Scale: &ecstypes.Scale{Unit: "PERCENT", Value: 100},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
		LoadBalancers:        []ecstypes.LoadBalancer{{ContainerName: aws.String("app"), ContainerPort: aws.Int32(80), TargetGroupArn: aws.String(physical(w, "Green"))}},
	})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := client.UpdateServicePrimaryTaskSet(ctx, &ecs.UpdateServicePrimaryTaskSetInput{Cluster: aws.String("hub"), Service: aws.String("web"), PrimaryTaskSet: set.TaskSet.Id}); err != nil {
		w.Fatal(err)
	}
	return *arn
}

// primary is the task definition that the service has on record.
func primary(ctx context.Context, w *world) string {
	w.Helper()
	out, err := ecs.NewFromConfig(w.config()).DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("hub"), Services: []string{"web"}})
	if err != nil {
		w.Fatal(err)
	}
	return aws.ToString(out.Services[0].TaskDefinition)
}

func forward(group string) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}
}

// forwards is the one target group to which a listener forwards all requests.
func forwards(ctx context.Context, w *world, listener string) string {
	w.Helper()
	out, err := elb.NewFromConfig(w.config()).DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{listener}})
	if err != nil {
		w.Fatal(err)
	}
	for _, g := range out.Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups {
		if aws.ToInt32(g.Weight) > 0 || len(out.Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups) == 1 {
			return aws.ToString(g.TargetGroupArn)
		}
	}
	return ""
}

// other is a service like the template's, which no template has.
func other(w *world) *ecs.CreateServiceInput {
	return &ecs.CreateServiceInput{
		Cluster: aws.String("hub"), ServiceName: aws.String("other"), TaskDefinition: aws.String(primary(w.Context(), w)), LaunchType: "FARGATE",
		DesiredCount: aws.Int32(0), DeploymentController: &ecstypes.DeploymentController{Type: "CODE_DEPLOY"},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
}
