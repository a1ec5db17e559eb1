package cfn

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// function creates a function for this machine's architecture: the other property that the sandbox replaces.
func function(c *change) (resource, error) {
	name := c.name("FunctionName")
	c.tagMap()
	reserved := c.take("ReservedConcurrentExecutions")
	c.properties["Architectures"] = c.architectures()
	out, err := call[lambda.CreateFunctionOutput, lambda.CreateFunctionInput](c)
	if err != nil {
		return resource{}, err
	}
	made := resource{id: name, attributes: map[string]any{"Arn": aws.ToString(out.FunctionArn)}}
	if reserved != nil {
		err = with[lambda.PutFunctionConcurrencyOutput, lambda.PutFunctionConcurrencyInput](c,
			map[string]any{"FunctionName": name, "ReservedConcurrentExecutions": reserved})
	}
	return made, err
}

// architectures are this machine's, whatever the template says.
func (c *change) architectures() []any {
	here := string(lambdatypes.ArchitectureX8664)
	if runtime.GOARCH == "arm64" {
		here = string(lambdatypes.ArchitectureArm64)
	}
	if wanted, _ := c.properties["Architectures"].([]any); len(wanted) > 0 && wanted[0] != here {
		c.service.replaced("functions run as %s, not %s", here, fmt.Sprint(wanted[0]))
	}
	return []any{here}
}

func permission(c *change) (resource, error) {
	id := c.generated()
	c.properties["StatementId"] = id
	_, err := call[lambda.AddPermissionOutput, lambda.AddPermissionInput](c)
	return resource{id: id}, err
}

func eventInvokeConfig(c *change) (resource, error) {
	if c.properties["Qualifier"] == "$LATEST" {
		c.take("Qualifier") // the API's way of saying the same
	}
	_, err := call[lambda.PutFunctionEventInvokeConfigOutput, lambda.PutFunctionEventInvokeConfigInput](c)
	return resource{id: c.generated()}, err
}

func rule(c *change) (resource, error) {
	name := c.name("Name")
	targets := c.take("Targets")
	if err := c.text("EventPattern"); err != nil {
		return resource{}, err
	}
	out, err := call[eventbridge.PutRuleOutput, eventbridge.PutRuleInput](c)
	if err != nil {
		return resource{}, err
	}
	made := resource{id: name, attributes: map[string]any{"Arn": aws.ToString(out.RuleArn)}}
	if targets == nil {
		return made, nil
	}
	return made, c.putTargets(name, targets)
}

func (c *change) putTargets(rule string, targets any) error {
	c.properties = map[string]any{"Rule": rule, "Targets": targets}
	put, err := call[eventbridge.PutTargetsOutput, eventbridge.PutTargetsInput](c)
	if err != nil {
		return err
	}
	for _, failed := range put.FailedEntries {
		return fmt.Errorf("target %s: %s", aws.ToString(failed.TargetId), aws.ToString(failed.ErrorMessage))
	}
	return nil
}

func schedule(c *change) (resource, error) {
	name := c.name("Name")
	out, err := call[scheduler.CreateScheduleOutput, scheduler.CreateScheduleInput](c)
	if err != nil {
		return resource{}, err
	}
	return resource{id: name, attributes: map[string]any{"Arn": aws.ToString(out.ScheduleArn)}}, nil
}

// rename gives a property the name that the call has for it.
func (c *change) rename(from, to string) {
	if v := c.take(from); v != nil {
		c.properties[to] = v
	}
}

// after is what follows the last separator within an ARN's resource part.
func after(arn, separator string) string {
	return arn[strings.LastIndex(arn, separator)+len(separator):]
}

func itoa(n int) string { return strconv.Itoa(n) }
