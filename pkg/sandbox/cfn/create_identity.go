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

func role(c *change) (resource, error) {
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
	made := resource{id: name, attributes: map[string]any{"Arn": aws.ToString(out.Role.Arn), "RoleId": aws.ToString(out.Role.RoleId)}}
	for _, p := range policies {
		inline, _ := p.(map[string]any)
		if err := c.putPolicy(name, inline); err != nil {
			return made, err
		}
	}
	for _, arn := range managed {
		in := &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(fmt.Sprint(arn))}
		if _, err := wire.Call[iam.AttachRolePolicyOutput](c.ctx, c.service.opts.Server, in); err != nil {
			return made, err
		}
	}
	return made, nil
}

func policy(c *change) (resource, error) {
	made := resource{id: fmt.Sprint(c.properties["PolicyName"])}
	roles, _ := c.take("Roles").([]any)
	for _, r := range roles {
		if err := c.putPolicy(fmt.Sprint(r), c.properties); err != nil {
			return made, err
		}
	}
	return made, nil
}

func (c *change) putPolicy(role string, inline map[string]any) error {
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

func queue(c *change) (resource, error) {
	name := c.name("QueueName")
	c.take("QueueName")
	c.tagMap()
	tags := c.take("Tags")
	attributes, err := c.queueAttributes()
	if err != nil {
		return resource{}, err
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

// queueAttributes are the properties that are left, as the texts that the API takes.
func (c *change) queueAttributes() (map[string]any, error) {
	attributes := map[string]any{}
	for _, key := range sortedKeys(c.properties) {
		if err := c.text(key); err != nil { // RedrivePolicy
			return nil, err
		}
		attributes[key] = fmt.Sprint(c.properties[key])
	}
	return attributes, nil
}

func repository(c *change) (resource, error) {
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
	made := resource{id: name, attributes: map[string]any{
		"Arn": aws.ToString(out.Repository.RepositoryArn), "RepositoryUri": aws.ToString(out.Repository.RepositoryUri),
	}}
	if text, ok := lifecycle["LifecyclePolicyText"].(string); ok {
		in := &ecr.PutLifecyclePolicyInput{RepositoryName: &name, LifecyclePolicyText: &text}
		_, err = wire.Call[ecr.PutLifecyclePolicyOutput](c.ctx, c.service.opts.Server, in)
	}
	return made, err
}

func logGroup(c *change) (resource, error) {
	name := c.name("LogGroupName")
	retention := c.take("RetentionInDays")
	c.tagMap()
	if _, err := call[cloudwatchlogs.CreateLogGroupOutput, cloudwatchlogs.CreateLogGroupInput](c); err != nil {
		return resource{}, err
	}
	made := resource{id: name, attributes: map[string]any{"Arn": c.arn("logs", "log-group:"+name+":*")}}
	if retention == nil {
		return made, nil
	}
	return made, with[cloudwatchlogs.PutRetentionPolicyOutput, cloudwatchlogs.PutRetentionPolicyInput](c,
		map[string]any{"LogGroupName": name, "RetentionInDays": retention})
}
