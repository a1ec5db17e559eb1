package cfn

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// unset is what a function's configuration is set to when the template no longer says
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html has the defaults).
func unset() map[string]any {
	return map[string]any{
		"Description": "", "Timeout": 3, "MemorySize": 128, "Environment": map[string]any{"Variables": map[string]any{}},
		"VpcConfig":        map[string]any{"SubnetIds": []any{}, "SecurityGroupIds": []any{}},
		"DeadLetterConfig": map[string]any{"TargetArn": ""}, "TracingConfig": map[string]any{"Mode": "PassThrough"},
		"EphemeralStorage": map[string]any{"Size": 512}, "LoggingConfig": map[string]any{"LogFormat": "Text"},
		"KmsKeyArn": "",
	}
}

func updateFunction(c *change) (resource, error) {
	if !equal(c.take("Tags"), c.was["Tags"]) {
		return c.standing, c.noTags()
	}
	architectures := c.architectures()
	code, _ := c.take("Code").(map[string]any)
	reserved := c.take("ReservedConcurrentExecutions")
	moved := !equal(c.take("Architectures"), c.was["Architectures"])
	c.take("PackageType")
	properties := c.properties
	if moved || !equal(code, c.was["Code"]) {
		in := map[string]any{"FunctionName": c.standing.id, "Architectures": architectures}
		for k, v := range code {
			in[k] = v
		}
		if err := with[lambda.UpdateFunctionCodeOutput, lambda.UpdateFunctionCodeInput](c, in); err != nil {
			return c.standing, err
		}
	}
	for name, empty := range unset() {
		if properties[name] == nil && c.was[name] != nil {
			properties[name] = empty
		}
	}
	properties["FunctionName"] = c.standing.id
	if err := with[lambda.UpdateFunctionConfigurationOutput, lambda.UpdateFunctionConfigurationInput](c, properties); err != nil {
		return c.standing, err
	}
	return c.standing, c.reserve(reserved)
}

func (c *change) reserve(executions any) error {
	switch {
	case equal(executions, c.was["ReservedConcurrentExecutions"]):
		return nil
	case executions == nil:
		return with[lambda.DeleteFunctionConcurrencyOutput, lambda.DeleteFunctionConcurrencyInput](c, map[string]any{"FunctionName": c.standing.id})
	}
	return with[lambda.PutFunctionConcurrencyOutput, lambda.PutFunctionConcurrencyInput](c,
		map[string]any{"FunctionName": c.standing.id, "ReservedConcurrentExecutions": executions})
}

func updateEventInvokeConfig(c *change) (resource, error) {
	_, err := eventInvokeConfig(c)
	return c.standing, err
}

// updateRule puts the rule and its targets, and takes the targets away that the template no longer has.
func updateRule(c *change) (resource, error) {
	name := c.standing.id
	c.properties["Name"] = name
	targets := c.take("Targets")
	if !equal(c.take("Tags"), c.was["Tags"]) {
		return c.standing, c.noTags()
	}
	if err := c.text("EventPattern"); err != nil {
		return c.standing, err
	}
	bus := c.properties["EventBusName"]
	if _, err := call[eventbridge.PutRuleOutput, eventbridge.PutRuleInput](c); err != nil {
		return c.standing, err
	}
	var gone []any
	for _, id := range ids(c.was["Targets"], "Id") {
		if !contains(ids(targets, "Id"), id) {
			gone = append(gone, id)
		}
	}
	if gone != nil {
		in := map[string]any{"Rule": name, "Ids": gone, "EventBusName": bus}
		if err := with[eventbridge.RemoveTargetsOutput, eventbridge.RemoveTargetsInput](c, in); err != nil {
			return c.standing, err
		}
	}
	if targets == nil {
		return c.standing, nil
	}
	return c.standing, c.putTargets(name, targets)
}

func updateSchedule(c *change) (resource, error) {
	if !equal(c.properties["GroupName"], c.was["GroupName"]) {
		return c.standing, fmt.Errorf("the sandbox does not move a schedule to another group")
	}
	c.properties["Name"] = c.standing.id
	_, err := call[scheduler.UpdateScheduleOutput, scheduler.UpdateScheduleInput](c)
	return c.standing, err
}

// ids are the values of one member of a list's elements.
func ids(list any, member string) []string {
	all, _ := list.([]any)
	var out []string
	for _, element := range all {
		if m, ok := element.(map[string]any); ok {
			out = append(out, fmt.Sprint(m[member]))
		}
	}
	return out
}
