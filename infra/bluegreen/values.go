package bluegreen

import (
	"cmp"
	"maps"
	"slices"

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

// arn is a resource of this account and region.
func arn(service, resource string) string {
	return Sub("arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + resource)
}

// Registry is the host of the ECR that a repository is in, for Fn::Sub.
func Registry(r config.Repository) string {
	return cmp.Or(r.Account, "${AWS::AccountId}") + ".dkr.ecr." + cmp.Or(r.Region, "${AWS::Region}") + ".${AWS::URLSuffix}"
}

// logGroup is the log group of a function.
func logGroup(function string) string { return "/aws/lambda/" + function }
