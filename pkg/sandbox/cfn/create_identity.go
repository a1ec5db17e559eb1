package cfn

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func role(c *creation) (resource, error) {
	name := c.name("RoleName")
	if err := c.text("AssumeRolePolicyDocument"); err != nil {
		return resource{}, err
	}
	policies, _ := c.take("Policies").([]any)
	managed, _ := c.take("ManagedPolicyArns").([]any)
	out, err := call[iam.CreateRoleOutput, iam.CreateRoleInput](c)
	if err != nil {
		return resource{}, err
	}
	for _, p := range policies {
		inline, _ := p.(map[string]any)
		if err := c.putPolicy(name, inline); err != nil {
			return resource{}, err
		}
	}
	for _, arn := range managed {
		in := &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(fmt.Sprint(arn))}
		if _, err := wire.Call[iam.AttachRolePolicyOutput](c.ctx, c.service.opts.Server, in); err != nil {
			return resource{}, err
		}
	}
	return resource{id: name, attributes: map[string]any{"Arn": aws.ToString(out.Role.Arn), "RoleId": aws.ToString(out.Role.RoleId)}}, nil
}

func policy(c *creation) (resource, error) {
	roles, _ := c.take("Roles").([]any)
	for _, r := range roles {
		if err := c.putPolicy(fmt.Sprint(r), c.properties); err != nil {
			return resource{}, err
		}
	}
	return resource{id: fmt.Sprint(c.properties["PolicyName"])}, nil
}

func (c *creation) putPolicy(role string, inline map[string]any) error {
	document, err := json.Marshal(inline["PolicyDocument"])
	if err != nil {
		return err
	}
	in := &iam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String(fmt.Sprint(inline["PolicyName"])), PolicyDocument: aws.String(string(document)),
	}
	_, err = wire.Call[iam.PutRolePolicyOutput](c.ctx, c.service.opts.Server, in)
	return err
}

func queue(c *creation) (resource, error) {
	name := c.name("QueueName")
	c.take("QueueName")
	c.tagMap()
	tags := c.take("Tags")
	attributes := map[string]any{}
	for _, key := range sortedKeys(c.properties) {
		if err := c.text(key); err != nil { // RedrivePolicy
			return resource{}, err
		}
		attributes[key] = fmt.Sprint(c.properties[key])
	}
	c.properties = map[string]any{"QueueName": name, "Attributes": attributes}
	if tags != nil {
		c.properties["Tags"] = tags
	}
	out, err := call[sqs.CreateQueueOutput, sqs.CreateQueueInput](c)
	if err != nil {
		return resource{}, err
	}
	url := aws.ToString(out.QueueUrl)
	return resource{id: url, attributes: map[string]any{"Arn": c.arn("sqs", name), "QueueName": name, "QueueUrl": url}}, nil
}

func queuePolicy(c *creation) (resource, error) {
	document, err := json.Marshal(c.properties["PolicyDocument"])
	if err != nil {
		return resource{}, err
	}
	queues, _ := c.properties["Queues"].([]any)
	for _, q := range queues {
		in := &sqs.SetQueueAttributesInput{QueueUrl: aws.String(fmt.Sprint(q)), Attributes: map[string]string{"Policy": string(document)}}
		if _, err := wire.Call[sqs.SetQueueAttributesOutput](c.ctx, c.service.opts.Server, in); err != nil {
			return resource{}, err
		}
	}
	return resource{id: c.generated()}, nil
}

func repository(c *creation) (resource, error) {
	name := c.name("RepositoryName")
	lifecycle, _ := c.take("LifecyclePolicy").(map[string]any)
	access := c.take("RepositoryPolicyText")
	if access != nil {
		return resource{}, fmt.Errorf("the sandbox does not know the property RepositoryPolicyText of %s", c.kind)
	}
	c.take("EmptyOnDelete")
	out, err := call[ecr.CreateRepositoryOutput, ecr.CreateRepositoryInput](c)
	if err != nil {
		return resource{}, err
	}
	if text, ok := lifecycle["LifecyclePolicyText"].(string); ok {
		in := &ecr.PutLifecyclePolicyInput{RepositoryName: &name, LifecyclePolicyText: &text}
		if _, err := wire.Call[ecr.PutLifecyclePolicyOutput](c.ctx, c.service.opts.Server, in); err != nil {
			return resource{}, err
		}
	}
	return resource{id: name, attributes: map[string]any{
		"Arn": aws.ToString(out.Repository.RepositoryArn), "RepositoryUri": aws.ToString(out.Repository.RepositoryUri),
	}}, nil
}

func logGroup(c *creation) (resource, error) {
	name := c.name("LogGroupName")
	retention := c.take("RetentionInDays")
	c.tagMap()
	if _, err := call[cloudwatchlogs.CreateLogGroupOutput, cloudwatchlogs.CreateLogGroupInput](c); err != nil {
		return resource{}, err
	}
	if retention != nil {
		c.properties = map[string]any{"LogGroupName": name, "RetentionInDays": retention}
		if _, err := call[cloudwatchlogs.PutRetentionPolicyOutput, cloudwatchlogs.PutRetentionPolicyInput](c); err != nil {
			return resource{}, err
		}
	}
	return resource{id: name, attributes: map[string]any{"Arn": c.arn("logs", "log-group:"+name+":*")}}, nil
}
