package bluegreen

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// given is s as CDK wants an optional string: nil when empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return jsii.String(s)
}

// listed are values where CDK takes strings or references.
func listed[T any](values []T) *[]any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return &out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Sub is Fn::Sub without variables of its own: only pseudo parameters such as ${AWS::Region} are replaced.
func Sub(text string) string {
	return *awscdk.Fn_Sub(jsii.String(text), nil)
}

// arn is a resource of this account and region, with pseudo parameters in it: documents have them replaced, see
// filledIn; anywhere else Sub does.
func arn(service, resource string) string {
	return "arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + resource
}

// filledIn is a document in which Fn::Sub stands around each text with a pseudo parameter. It is written as the
// template has it, because asking CDK for each is a call to its process and a token for it to resolve: a service's
// policies have more of them than its stack has resources.
func filledIn(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "${AWS::") {
			return map[string]any{"Fn::Sub": v}
		}
	case []string:
		return filledInAll(v)
	case []any:
		return filledInAll(v)
	case map[string]any:
		return filledInEach(v)
	case map[string]map[string]any:
		return filledInEach(v)
	case Condition:
		return filledInEach(v)
	}
	return v
}

func filledInAll[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = filledIn(v)
	}
	return out
}

func filledInEach[V any](values map[string]V) map[string]any {
	out := make(map[string]any, len(values))
	for k, v := range values {
		out[k] = filledIn(v)
	}
	return out
}

// Registry is the host of the ECR that a repository is in, for Fn::Sub.
func Registry(r config.Repository) string {
	return cmp.Or(r.Account, "${AWS::AccountId}") + ".dkr.ecr." + cmp.Or(r.Region, "${AWS::Region}") + ".${AWS::URLSuffix}"
}

// logGroup is the log group of a function.
func logGroup(function string) string { return "/aws/lambda/" + function }
