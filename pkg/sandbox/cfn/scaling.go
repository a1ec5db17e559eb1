package cfn

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
)

// scaled are the properties that name a scalable target.
var scaled = []string{"ResourceId", "ScalableDimension", "ServiceNamespace"}

// scalableTarget's Ref is what a policy's ScalingTargetId takes
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalabletarget.html).
func scalableTarget(c *change) (resource, error) {
	id := fmt.Sprintf("%v|%v|%v", c.properties["ResourceId"], c.properties["ScalableDimension"], c.properties["ServiceNamespace"])
	if c.properties["ScheduledActions"] != nil {
		return resource{}, fmt.Errorf("the sandbox has no scheduled scaling")
	}
	_, err := call[aas.RegisterScalableTargetOutput, aas.RegisterScalableTargetInput](c)
	if err != nil {
		return resource{}, err
	}
	return resource{id: id, attributes: map[string]any{"Id": id}}, nil
}

// updateScalableTarget sends what the template has: what it does not say, such as a suspension, stays.
func updateScalableTarget(c *change) (resource, error) {
	_, err := scalableTarget(c)
	return c.standing, err
}

func removeScalableTarget(c *change) error {
	return with[aas.DeregisterScalableTargetOutput, aas.DeregisterScalableTargetInput](c, c.scaledBy(c.was))
}

// scaledBy names the scalable target that properties name by three or by ScalingTargetId.
func (c *change) scaledBy(properties map[string]any) map[string]any {
	out := map[string]any{}
	if id, ok := properties["ScalingTargetId"].(string); ok {
		for i, part := range strings.SplitN(id, "|", len(scaled)) {
			out[scaled[i]] = part
		}
		return out
	}
	for _, key := range scaled {
		out[key] = properties[key]
	}
	return out
}

func scalingPolicy(c *change) (resource, error) {
	for key, value := range c.scaledBy(c.properties) {
		c.properties[key] = value
	}
	c.take("ScalingTargetId")
	name := c.properties["PolicyName"]
	out, err := call[aas.PutScalingPolicyOutput, aas.PutScalingPolicyInput](c)
	if err != nil {
		return resource{}, err
	}
	arn := aws.ToString(out.PolicyARN)
	return resource{id: arn, attributes: map[string]any{"Arn": arn, "PolicyName": name}}, nil
}

func updateScalingPolicy(c *change) (resource, error) {
	_, err := scalingPolicy(c)
	return c.standing, err
}

func removeScalingPolicy(c *change) error {
	in := c.scaledBy(c.was)
	in["PolicyName"] = c.was["PolicyName"]
	return with[aas.DeleteScalingPolicyOutput, aas.DeleteScalingPolicyInput](c, in)
}
