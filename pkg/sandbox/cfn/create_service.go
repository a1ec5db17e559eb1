package cfn

import (
	"runtime"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func cluster(c *change) (resource, error) {
	c.name("ClusterName")
	c.rename("ClusterSettings", "Settings")
	out, err := call[ecs.CreateClusterOutput, ecs.CreateClusterInput](c)
	if err != nil {
		return resource{}, err
	}
	return resource{id: aws.ToString(out.Cluster.ClusterName), attributes: map[string]any{"Arn": aws.ToString(out.Cluster.ClusterArn)}}, nil
}

// taskDefinition registers a revision for this machine's architecture: one of the two properties that the sandbox
// replaces.
func taskDefinition(c *change) (resource, error) {
	c.name("Family")
	platform, _ := c.properties["RuntimePlatform"].(map[string]any)
	here := string(ecstypes.CPUArchitectureX8664)
	if runtime.GOARCH == "arm64" {
		here = string(ecstypes.CPUArchitectureArm64)
	}
	if was, _ := platform["CpuArchitecture"].(string); was != here {
		c.service.replaced("tasks run as %s, not %s", here, was)
	}
	replaced := map[string]any{"OperatingSystemFamily": "LINUX"}
	for k, v := range platform {
		replaced[k] = v
	}
	replaced["CpuArchitecture"] = here
	c.properties["RuntimePlatform"] = replaced
	out, err := call[ecs.RegisterTaskDefinitionOutput, ecs.RegisterTaskDefinitionInput](c)
	if err != nil {
		return resource{}, err
	}
	arn := aws.ToString(out.TaskDefinition.TaskDefinitionArn)
	return resource{id: arn, attributes: map[string]any{"TaskDefinitionArn": arn}}, nil
}

func service(c *change) (resource, error) {
	c.name("ServiceName")
	out, err := call[ecs.CreateServiceOutput, ecs.CreateServiceInput](c)
	if err != nil {
		return resource{}, err
	}
	arn := aws.ToString(out.Service.ServiceArn)
	return resource{id: arn, attributes: map[string]any{"ServiceArn": arn, "Name": aws.ToString(out.Service.ServiceName)}}, nil
}

func loadBalancer(c *change) (resource, error) {
	c.name("Name")
	attributes := c.take("LoadBalancerAttributes")
	out, err := call[elb.CreateLoadBalancerOutput, elb.CreateLoadBalancerInput](c)
	if err != nil {
		return resource{}, err
	}
	lb := out.LoadBalancers[0]
	arn := aws.ToString(lb.LoadBalancerArn)
	if attributes != nil {
		err = with[elb.ModifyLoadBalancerAttributesOutput, elb.ModifyLoadBalancerAttributesInput](c,
			map[string]any{"LoadBalancerArn": arn, "Attributes": attributes})
	}
	return resource{id: arn, attributes: map[string]any{
		"LoadBalancerArn": arn, "DNSName": aws.ToString(lb.DNSName), "LoadBalancerName": aws.ToString(lb.LoadBalancerName),
		"LoadBalancerFullName": after(arn, ":loadbalancer/"), "CanonicalHostedZoneID": aws.ToString(lb.CanonicalHostedZoneId),
		"SecurityGroups": anyList(lb.SecurityGroups),
	}}, err
}

func targetGroup(c *change) (resource, error) {
	c.name("Name")
	attributes := c.take("TargetGroupAttributes")
	out, err := call[elb.CreateTargetGroupOutput, elb.CreateTargetGroupInput](c)
	if err != nil {
		return resource{}, err
	}
	tg := out.TargetGroups[0]
	arn := aws.ToString(tg.TargetGroupArn)
	if attributes != nil {
		err = with[elb.ModifyTargetGroupAttributesOutput, elb.ModifyTargetGroupAttributesInput](c,
			map[string]any{"TargetGroupArn": arn, "Attributes": attributes})
	}
	return resource{id: arn, attributes: map[string]any{
		"TargetGroupArn": arn, "TargetGroupName": aws.ToString(tg.TargetGroupName), "TargetGroupFullName": after(arn, ":"),
	}}, err
}

func listener(c *change) (resource, error) {
	out, err := call[elb.CreateListenerOutput, elb.CreateListenerInput](c)
	if err != nil {
		return resource{}, err
	}
	arn := aws.ToString(out.Listeners[0].ListenerArn)
	return resource{id: arn, attributes: map[string]any{"ListenerArn": arn}}, nil
}

func listenerRule(c *change) (resource, error) {
	out, err := call[elb.CreateRuleOutput, elb.CreateRuleInput](c)
	if err != nil {
		return resource{}, err
	}
	arn := aws.ToString(out.Rules[0].RuleArn)
	return resource{id: arn, attributes: map[string]any{"RuleArn": arn}}, nil
}

func application(c *change) (resource, error) {
	name := c.name("ApplicationName")
	_, err := call[codedeploy.CreateApplicationOutput, codedeploy.CreateApplicationInput](c)
	return resource{id: name}, err
}

func deploymentConfig(c *change) (resource, error) {
	name := c.name("DeploymentConfigName")
	_, err := call[codedeploy.CreateDeploymentConfigOutput, codedeploy.CreateDeploymentConfigInput](c)
	return resource{id: name}, err
}

func deploymentGroup(c *change) (resource, error) {
	name := c.name("DeploymentGroupName")
	_, err := call[codedeploy.CreateDeploymentGroupOutput, codedeploy.CreateDeploymentGroupInput](c)
	return resource{id: name}, err
}

func alarm(c *change) (resource, error) {
	name := c.name("AlarmName")
	_, err := call[cloudwatch.PutMetricAlarmOutput, cloudwatch.PutMetricAlarmInput](c)
	return resource{id: name, attributes: map[string]any{"Arn": c.arn("cloudwatch", "alarm:"+name)}}, err
}
