package cfn

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"
)

func updateCluster(c *change) (resource, error) {
	if err := c.retag(tagECS, c.standing.attributes["Arn"]); err != nil || !c.differs() {
		return c.standing, err
	}
	c.take("ClusterName")
	c.rename("ClusterSettings", "Settings")
	c.properties["Cluster"] = c.standing.id
	_, err := call[ecs.UpdateClusterOutput, ecs.UpdateClusterInput](c)
	return c.standing, err
}

// updateTaskDefinition changes tags; everything else makes another revision.
func updateTaskDefinition(c *change) (resource, error) {
	return c.standing, c.retag(tagECS, c.standing.id)
}

// updateService sends UpdateService with every property that the template has, the changed and the unchanged, as
// CloudFormation does (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1529). So a
// service of the CODE_DEPLOY controller, whose recorded task definition and target group move with each deployment,
// refuses the change of another property too.
func updateService(c *change) (resource, error) {
	if err := c.retag(tagECS, c.standing.id); err != nil {
		return c.standing, err
	}
	for _, fixed := range []string{"ServiceName", "LaunchType", "SchedulingStrategy", "Role"} {
		c.take(fixed)
	}
	c.properties["Service"] = c.standing.id
	_, err := call[ecs.UpdateServiceOutput, ecs.UpdateServiceInput](c)
	var api smithy.APIError
	if errors.As(err, &api) { // https://github.com/aws/aws-cdk/issues/25777 shows the whole text
		err = &saying{text: "Invalid request provided: UpdateService error: " + err.Error(), cause: err}
	}
	return c.standing, err
}

func updateLoadBalancer(c *change) (resource, error) {
	arn := c.standing.id
	if err := c.retag(tagELB, arn); err != nil {
		return c.standing, err
	}
	properties := c.properties
	if v := properties["LoadBalancerAttributes"]; !equal(v, c.was["LoadBalancerAttributes"]) && v != nil {
		if err := with[elb.ModifyLoadBalancerAttributesOutput, elb.ModifyLoadBalancerAttributesInput](c,
			map[string]any{"LoadBalancerArn": arn, "Attributes": v}); err != nil {
			return c.standing, err
		}
	}
	if v := properties["SecurityGroups"]; !equal(v, c.was["SecurityGroups"]) {
		if err := with[elb.SetSecurityGroupsOutput, elb.SetSecurityGroupsInput](c,
			map[string]any{"LoadBalancerArn": arn, "SecurityGroups": v}); err != nil {
			return c.standing, err
		}
		c.standing.attributes["SecurityGroups"] = v
	}
	if v := properties["Subnets"]; !equal(v, c.was["Subnets"]) {
		if err := with[elb.SetSubnetsOutput, elb.SetSubnetsInput](c, map[string]any{"LoadBalancerArn": arn, "Subnets": v}); err != nil {
			return c.standing, err
		}
	}
	if v := properties["IpAddressType"]; !equal(v, c.was["IpAddressType"]) {
		return c.standing, with[elb.SetIpAddressTypeOutput, elb.SetIpAddressTypeInput](c, map[string]any{"LoadBalancerArn": arn, "IpAddressType": v})
	}
	return c.standing, nil
}

func updateTargetGroup(c *change) (resource, error) {
	arn := c.standing.id
	if err := c.retag(tagELB, arn); err != nil {
		return c.standing, err
	}
	attributes := c.take("TargetGroupAttributes")
	if attributes != nil && !equal(attributes, c.was["TargetGroupAttributes"]) {
		properties := c.properties
		if err := with[elb.ModifyTargetGroupAttributesOutput, elb.ModifyTargetGroupAttributesInput](c,
			map[string]any{"TargetGroupArn": arn, "Attributes": attributes}); err != nil {
			return c.standing, err
		}
		c.properties = properties
	}
	for _, fixed := range c.service.kinds[c.kind].Fixed {
		c.take(fixed)
	}
	c.properties["TargetGroupArn"] = arn
	_, err := call[elb.ModifyTargetGroupOutput, elb.ModifyTargetGroupInput](c)
	return c.standing, err
}

// updateListener sends ModifyListener with the template's actions, whatever the listener does by then: traffic that
// CodeDeploy has moved is where the template says again (https://github.com/aws/aws-cdk/issues/36649).
func updateListener(c *change) (resource, error) {
	if err := c.retag(tagELB, c.standing.id); err != nil {
		return c.standing, err
	}
	c.take("LoadBalancerArn")
	c.properties["ListenerArn"] = c.standing.id
	_, err := call[elb.ModifyListenerOutput, elb.ModifyListenerInput](c)
	return c.standing, err
}

func updateListenerRule(c *change) (resource, error) {
	if err := c.retag(tagELB, c.standing.id); err != nil {
		return c.standing, err
	}
	c.take("ListenerArn")
	priority := c.take("Priority")
	c.properties["RuleArn"] = c.standing.id
	if _, err := call[elb.ModifyRuleOutput, elb.ModifyRuleInput](c); err != nil || equal(priority, c.was["Priority"]) {
		return c.standing, err
	}
	return c.standing, with[elb.SetRulePrioritiesOutput, elb.SetRulePrioritiesInput](c,
		map[string]any{"RulePriorities": []any{map[string]any{"RuleArn": c.standing.id, "Priority": priority}}})
}

func updateApplication(c *change) (resource, error) {
	return c.standing, c.retag(tagCodeDeploy, c.arn("codedeploy", "application:"+c.standing.id))
}

func updateDeploymentGroup(c *change) (resource, error) {
	if err := c.retag(tagCodeDeploy, c.arn("codedeploy", fmt.Sprintf("deploymentgroup:%v/%s", c.properties["ApplicationName"], c.standing.id))); err != nil {
		return c.standing, err
	}
	c.take("DeploymentGroupName")
	c.properties["CurrentDeploymentGroupName"] = c.standing.id
	_, err := call[codedeploy.UpdateDeploymentGroupOutput, codedeploy.UpdateDeploymentGroupInput](c)
	return c.standing, err
}

func updateAlarm(c *change) (resource, error) {
	if !equal(c.take("Tags"), c.was["Tags"]) {
		return c.standing, c.noTags()
	}
	c.properties["AlarmName"] = c.standing.id
	_, err := call[cloudwatch.PutMetricAlarmOutput, cloudwatch.PutMetricAlarmInput](c)
	return c.standing, err
}
