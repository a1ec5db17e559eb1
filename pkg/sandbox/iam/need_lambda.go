package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// lambdaService is what roles of functions are passed to.
const lambdaService = "lambda.amazonaws.com"

// lambda adds functions and their invocation.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
func (t table) lambda() {
	const service = "lambda"
	on(t, service, func(a asking, in *lambda.CreateFunctionInput) []need {
		n := a.needs(service, function(in.FunctionName, nil))[0].tagged(in.Tags)
		out := []need{n}
		if len(in.Tags) > 0 {
			out = append(out, n.as("lambda:TagResource"))
		}
		return append(out, pass(lambdaService, aws.ToString(in.Role))...)
	})
	on(t, service, func(a asking, in *lambda.UpdateFunctionConfigurationInput) []need {
		return append(a.needs(service, function(in.FunctionName, nil)), pass(lambdaService, aws.ToString(in.Role))...)
	})
	onEach(t, service, func(in *lambda.UpdateFunctionCodeInput) []string { return function(in.FunctionName, nil) })
	onEach(t, service, func(in *lambda.DeleteFunctionInput) []string { return function(in.FunctionName, in.Qualifier) })
	onEach(t, service, func(in *lambda.GetFunctionInput) []string { return function(in.FunctionName, in.Qualifier) })
	onEach(t, service, func(in *lambda.GetFunctionConfigurationInput) []string {
		return function(in.FunctionName, in.Qualifier)
	})
	onAny[lambda.ListFunctionsInput](t, service)
	onAny[lambda.GetAccountSettingsInput](t, service)
	on(t, service, func(a asking, in *lambda.AddPermissionInput) []need {
		return []need{a.needs(service, function(in.FunctionName, in.Qualifier))[0].with("lambda:Principal", aws.ToString(in.Principal))}
	})
	onEach(t, service, func(in *lambda.RemovePermissionInput) []string { return function(in.FunctionName, in.Qualifier) })
	onEach(t, service, func(in *lambda.GetPolicyInput) []string { return function(in.FunctionName, in.Qualifier) })
	on(t, service, func(a asking, in *lambda.InvokeInput) []need {
		return []need{a.needs(service, function(in.FunctionName, in.Qualifier))[0].as("lambda:InvokeFunction")}
	})
}

// functionSettings adds concurrency and asynchronous invocation.
func (t table) functionSettings() {
	const service = "lambda"
	onEach(t, service, func(in *lambda.PutFunctionConcurrencyInput) []string { return function(in.FunctionName, nil) })
	onEach(t, service, func(in *lambda.GetFunctionConcurrencyInput) []string { return function(in.FunctionName, nil) })
	onEach(t, service, func(in *lambda.DeleteFunctionConcurrencyInput) []string { return function(in.FunctionName, nil) })
	onEach(t, service, func(in *lambda.PutFunctionEventInvokeConfigInput) []string {
		return function(in.FunctionName, in.Qualifier)
	})
	onEach(t, service, func(in *lambda.GetFunctionEventInvokeConfigInput) []string {
		return function(in.FunctionName, in.Qualifier)
	})
	onEach(t, service, func(in *lambda.DeleteFunctionEventInvokeConfigInput) []string {
		return function(in.FunctionName, in.Qualifier)
	})
}

// function's part of its ARN, by its name, its ARN, or what AWS calls a partial ARN, 111122223333:function:name.
// A qualifier belongs to the ARN.
func function(name, qualifier *string) []string {
	text := aws.ToString(name)
	if text == "" {
		return []string{""}
	}
	if !strings.HasPrefix(text, "arn:") {
		if _, after, ok := strings.Cut(text, "function:"); ok {
			text = after
		}
		text = "function:" + text
	}
	if aws.ToString(qualifier) != "" {
		text += ":" + *qualifier
	}
	return []string{text}
}

// functionOf is the function's name in an ARN, without a qualifier.
func functionOf(arn string) string {
	_, name, _ := strings.Cut(arn, ":function:")
	name, _, _ = strings.Cut(name, ":")
	return name
}
