package cfn

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// removeService deletes the service by force, as the type's handler does, which may delete and describe but not
// update, and waits until its last task has stopped
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html).
func removeService(c *change) error {
	cluster := c.was["Cluster"]
	if err := with[ecs.DeleteServiceOutput, ecs.DeleteServiceInput](c, map[string]any{"Cluster": cluster, "Service": c.standing.id, "Force": true}); err != nil {
		return err
	}
	for {
		changed := c.service.changed() // taken before the look, so that nothing falls between
		in := &ecs.DescribeServicesInput{Services: []string{c.standing.id}}
		if cluster != nil {
			in.Cluster = aws.String(fmt.Sprint(cluster))
		}
		out, err := wire.Call[ecs.DescribeServicesOutput](c.ctx, c.service.opts.Server, in)
		if err != nil {
			return err
		}
		if len(out.Services) == 0 || aws.ToString(out.Services[0].Status) != "DRAINING" {
			return nil
		}
		select {
		case <-changed:
		case <-c.ctx.Done():
			return fmt.Errorf("wait for the service to drain: %w", c.ctx.Err())
		}
	}
}

func removeCluster(c *change) error {
	return with[ecs.DeleteClusterOutput, ecs.DeleteClusterInput](c, map[string]any{"Cluster": c.standing.id})
}

// removeTaskDefinition deregisters the revision: it becomes INACTIVE, and what runs of it goes on.
func removeTaskDefinition(c *change) error {
	return with[ecs.DeregisterTaskDefinitionOutput, ecs.DeregisterTaskDefinitionInput](c, map[string]any{"TaskDefinition": c.standing.id})
}

func removeLoadBalancer(c *change) error {
	return with[elb.DeleteLoadBalancerOutput, elb.DeleteLoadBalancerInput](c, map[string]any{"LoadBalancerArn": c.standing.id})
}

func removeTargetGroup(c *change) error {
	return with[elb.DeleteTargetGroupOutput, elb.DeleteTargetGroupInput](c, map[string]any{"TargetGroupArn": c.standing.id})
}

func removeListener(c *change) error {
	return with[elb.DeleteListenerOutput, elb.DeleteListenerInput](c, map[string]any{"ListenerArn": c.standing.id})
}

func removeListenerRule(c *change) error {
	return with[elb.DeleteRuleOutput, elb.DeleteRuleInput](c, map[string]any{"RuleArn": c.standing.id})
}

func removeApplication(c *change) error {
	return with[codedeploy.DeleteApplicationOutput, codedeploy.DeleteApplicationInput](c, map[string]any{"ApplicationName": c.standing.id})
}

func removeDeploymentConfig(c *change) error {
	return with[codedeploy.DeleteDeploymentConfigOutput, codedeploy.DeleteDeploymentConfigInput](c, map[string]any{"DeploymentConfigName": c.standing.id})
}

func removeDeploymentGroup(c *change) error {
	return with[codedeploy.DeleteDeploymentGroupOutput, codedeploy.DeleteDeploymentGroupInput](c,
		map[string]any{"ApplicationName": c.was["ApplicationName"], "DeploymentGroupName": c.standing.id})
}

func removeAlarm(c *change) error {
	return with[cloudwatch.DeleteAlarmsOutput, cloudwatch.DeleteAlarmsInput](c, map[string]any{"AlarmNames": []any{c.standing.id}})
}

func removeFunction(c *change) error {
	return with[lambda.DeleteFunctionOutput, lambda.DeleteFunctionInput](c, map[string]any{"FunctionName": c.standing.id})
}

func removePermission(c *change) error {
	return with[lambda.RemovePermissionOutput, lambda.RemovePermissionInput](c,
		map[string]any{"FunctionName": c.was["FunctionName"], "StatementId": c.standing.id})
}

func removeEventInvokeConfig(c *change) error {
	in := map[string]any{"FunctionName": c.was["FunctionName"]}
	if q := c.was["Qualifier"]; q != "$LATEST" {
		in["Qualifier"] = q
	}
	return with[lambda.DeleteFunctionEventInvokeConfigOutput, lambda.DeleteFunctionEventInvokeConfigInput](c, in)
}

func removeRule(c *change) error {
	bus := c.was["EventBusName"]
	if targets := ids(c.was["Targets"], "Id"); len(targets) > 0 {
		in := map[string]any{"Rule": c.standing.id, "Ids": anyList(targets), "EventBusName": bus}
		if err := already(with[eventbridge.RemoveTargetsOutput, eventbridge.RemoveTargetsInput](c, in)); err != nil {
			return err
		}
	}
	return with[eventbridge.DeleteRuleOutput, eventbridge.DeleteRuleInput](c, map[string]any{"Name": c.standing.id, "EventBusName": bus})
}

func removeSchedule(c *change) error {
	return with[scheduler.DeleteScheduleOutput, scheduler.DeleteScheduleInput](c, map[string]any{"Name": c.standing.id, "GroupName": c.was["GroupName"]})
}

// removeRole takes away what the template gave the role; what others gave it makes IAM refuse the deletion.
func removeRole(c *change) error {
	for _, name := range ids(c.was["Policies"], "PolicyName") {
		if err := c.deletePolicy(c.standing.id, name); err != nil {
			return err
		}
	}
	for _, arn := range texts(c.was["ManagedPolicyArns"]) {
		if err := c.detach(c.standing.id, arn); err != nil {
			return err
		}
	}
	return with[iam.DeleteRoleOutput, iam.DeleteRoleInput](c, map[string]any{"RoleName": c.standing.id})
}

func removePolicy(c *change) error {
	for _, role := range texts(c.was["Roles"]) {
		if err := c.deletePolicy(role, c.standing.id); err != nil {
			return err
		}
	}
	return nil
}

func removeQueue(c *change) error {
	return with[sqs.DeleteQueueOutput, sqs.DeleteQueueInput](c, map[string]any{"QueueUrl": c.standing.id})
}

// removeRepository deletes the repository, with its images only if the template says EmptyOnDelete.
func removeRepository(c *change) error {
	in := map[string]any{"RepositoryName": c.standing.id}
	if empty := c.was["EmptyOnDelete"]; fmt.Sprint(empty) == "true" {
		in["Force"] = true
	}
	return with[ecr.DeleteRepositoryOutput, ecr.DeleteRepositoryInput](c, in)
}

func removeLogGroup(c *change) error {
	return with[cloudwatchlogs.DeleteLogGroupOutput, cloudwatchlogs.DeleteLogGroupInput](c, map[string]any{"LogGroupName": c.standing.id})
}
