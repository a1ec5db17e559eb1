package cfn

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// updateRole puts every inline policy of the template and deletes those that it no longer has.
func updateRole(c *change) (resource, error) {
	name := c.standing.id
	if err := c.retag(tagRole, name); err != nil {
		return c.standing, err
	}
	p := c.properties
	if trust := p["AssumeRolePolicyDocument"]; !equal(trust, c.was["AssumeRolePolicyDocument"]) {
		if err := with[iam.UpdateAssumeRolePolicyOutput, iam.UpdateAssumeRolePolicyInput](c,
			map[string]any{"RoleName": name, "PolicyDocument": written(trust)}); err != nil {
			return c.standing, err
		}
	}
	if !equal(p["Description"], c.was["Description"]) || !equal(p["MaxSessionDuration"], c.was["MaxSessionDuration"]) {
		in := map[string]any{"RoleName": name, "Description": p["Description"], "MaxSessionDuration": p["MaxSessionDuration"]}
		if err := with[iam.UpdateRoleOutput, iam.UpdateRoleInput](c, in); err != nil {
			return c.standing, err
		}
	}
	if err := c.inline(name, p["Policies"]); err != nil {
		return c.standing, err
	}
	return c.standing, c.attach(name, p["ManagedPolicyArns"])
}

func (c *change) inline(role string, policies any) error {
	all, _ := policies.([]any)
	for _, p := range all {
		if one, ok := p.(map[string]any); ok {
			if err := c.putPolicy(role, one); err != nil {
				return err
			}
		}
	}
	for _, name := range ids(c.was["Policies"], "PolicyName") {
		if !contains(ids(policies, "PolicyName"), name) {
			if err := c.deletePolicy(role, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *change) deletePolicy(role, name string) error {
	return already(with[iam.DeleteRolePolicyOutput, iam.DeleteRolePolicyInput](c, map[string]any{"RoleName": role, "PolicyName": name}))
}

func (c *change) attach(role string, arns any) error {
	wanted, had := texts(arns), texts(c.was["ManagedPolicyArns"])
	for _, arn := range wanted {
		if !contains(had, arn) {
			if err := with[iam.AttachRolePolicyOutput, iam.AttachRolePolicyInput](c, map[string]any{"RoleName": role, "PolicyArn": arn}); err != nil {
				return err
			}
		}
	}
	for _, arn := range had {
		if !contains(wanted, arn) {
			if err := c.detach(role, arn); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *change) detach(role, arn string) error {
	return already(with[iam.DetachRolePolicyOutput, iam.DetachRolePolicyInput](c, map[string]any{"RoleName": role, "PolicyArn": arn}))
}

// updatePolicy puts the policy into every role of the template and takes it away from the others. Its old name goes.
func updatePolicy(c *change) (resource, error) {
	p := c.properties
	name, had := fmt.Sprint(p["PolicyName"]), fmt.Sprint(c.was["PolicyName"])
	for _, role := range texts(p["Roles"]) {
		if err := c.putPolicy(role, p); err != nil {
			return c.standing, err
		}
	}
	for _, role := range texts(c.was["Roles"]) {
		if had != name || !contains(texts(p["Roles"]), role) {
			if err := c.deletePolicy(role, had); err != nil {
				return c.standing, err
			}
		}
	}
	return resource{id: name}, nil
}

// queueDefaults are a queue's attributes when nobody sets them
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
var queueDefaults = map[string]any{
	"DelaySeconds": "0", "MaximumMessageSize": "262144", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0",
	"VisibilityTimeout": "30", "SqsManagedSseEnabled": "true", "RedrivePolicy": "", "RedriveAllowPolicy": "", "KmsMasterKeyId": "",
}

func updateQueue(c *change) (resource, error) {
	c.take("QueueName")
	if !equal(c.take("Tags"), c.was["Tags"]) {
		return c.standing, c.noTags()
	}
	attributes, err := c.queueAttributes()
	if err != nil {
		return c.standing, err
	}
	for name, empty := range queueDefaults {
		if attributes[name] == nil && c.was[name] != nil {
			attributes[name] = empty
		}
	}
	if len(attributes) == 0 {
		return c.standing, nil
	}
	return c.standing, with[sqs.SetQueueAttributesOutput, sqs.SetQueueAttributesInput](c, map[string]any{"QueueUrl": c.standing.id, "Attributes": attributes})
}

func updateRepository(c *change) (resource, error) {
	name, p := c.standing.id, c.properties
	switch {
	case !equal(p["Tags"], c.was["Tags"]):
		return c.standing, c.noTags()
	case p["RepositoryPolicyText"] != nil:
		return c.standing, fmt.Errorf("the sandbox does not know the property RepositoryPolicyText of %s", c.kind)
	}
	if v := p["ImageTagMutability"]; !equal(v, c.was["ImageTagMutability"]) {
		if v == nil {
			v = "MUTABLE"
		}
		if err := with[ecr.PutImageTagMutabilityOutput, ecr.PutImageTagMutabilityInput](c, map[string]any{"RepositoryName": name, "ImageTagMutability": v}); err != nil {
			return c.standing, err
		}
	}
	if v := p["ImageScanningConfiguration"]; !equal(v, c.was["ImageScanningConfiguration"]) {
		if v == nil {
			v = map[string]any{"ScanOnPush": false}
		}
		if err := with[ecr.PutImageScanningConfigurationOutput, ecr.PutImageScanningConfigurationInput](c, map[string]any{"RepositoryName": name, "ImageScanningConfiguration": v}); err != nil {
			return c.standing, err
		}
	}
	before, _ := c.was["LifecyclePolicy"].(map[string]any)
	now, _ := p["LifecyclePolicy"].(map[string]any)
	switch {
	case equal(before, now):
		return c.standing, nil
	case now == nil:
		return c.standing, with[ecr.DeleteLifecyclePolicyOutput, ecr.DeleteLifecyclePolicyInput](c, map[string]any{"RepositoryName": name})
	}
	return c.standing, with[ecr.PutLifecyclePolicyOutput, ecr.PutLifecyclePolicyInput](c, map[string]any{"RepositoryName": name, "LifecyclePolicyText": now["LifecyclePolicyText"]})
}

func updateLogGroup(c *change) (resource, error) {
	switch {
	case !equal(c.properties["Tags"], c.was["Tags"]):
		return c.standing, c.noTags()
	case c.differs("RetentionInDays", "LogGroupName", "KmsKeyId"):
		return c.standing, fmt.Errorf("the sandbox changes only the retention and the key of a log group")
	}
	name, days := c.standing.id, c.properties["RetentionInDays"]
	if key := c.properties["KmsKeyId"]; !equal(key, c.was["KmsKeyId"]) {
		if err := c.logKey(name, key); err != nil {
			return c.standing, err
		}
	}
	if days == nil {
		return c.standing, with[cloudwatchlogs.DeleteRetentionPolicyOutput, cloudwatchlogs.DeleteRetentionPolicyInput](c, map[string]any{"LogGroupName": name})
	}
	return c.standing, with[cloudwatchlogs.PutRetentionPolicyOutput, cloudwatchlogs.PutRetentionPolicyInput](c, map[string]any{"LogGroupName": name, "RetentionInDays": days})
}

// logKey puts a log group under another key, or under none.
func (c *change) logKey(name string, key any) error {
	if key == nil {
		return with[cloudwatchlogs.DisassociateKmsKeyOutput, cloudwatchlogs.DisassociateKmsKeyInput](c, map[string]any{"LogGroupName": name})
	}
	return with[cloudwatchlogs.AssociateKmsKeyOutput, cloudwatchlogs.AssociateKmsKeyInput](c, map[string]any{"LogGroupName": name, "KmsKeyId": key})
}

func texts(values any) []string {
	all, _ := values.([]any)
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = fmt.Sprint(v)
	}
	return out
}

func contains(all []string, one string) bool { return slices.Contains(all, one) }
