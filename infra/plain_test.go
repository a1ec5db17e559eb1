//go:build !race

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
)

// plain makes the templates of an assembly again with as few calls to CDK as a Go app can: each resource is one plain
// construct right in its stack, its properties stand ready, and each value that it takes from elsewhere (a reference,
// an import, Fn::Sub where CDK wants a string) is asked for once. What any app must do is done: outputs, explanations,
// dependencies, removal policies, and the functions' code as assets.
type plain struct {
	functions string
	imports   map[string]string
}

func (p plain) synthesize(all stacks, out string) {
	p.imports = map[string]string{}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false)})
	for name, t := range all {
		s := plainStack{
			plain: p, Stack: awscdk.NewStack(app, jsii.String(name), &awscdk.StackProps{Description: jsii.String(t.Description)}),
			tokens: map[string]string{}, code: map[string]any{}, made: map[string]awscdk.CfnResource{},
		}
		s.make(t)
	}
	app.Synth(nil)
}

type plainStack struct {
	plain
	awscdk.Stack
	tokens map[string]string
	code   map[string]any
	made   map[string]awscdk.CfnResource
}

func (s plainStack) make(t template) {
	for id, r := range t.Resources {
		properties := s.value("", r.Properties).(map[string]any)
		if r.Type == "AWS::Lambda::Function" {
			properties["Code"] = s.codeOf(r.Properties["FunctionName"].(string))
		}
		made := awscdk.NewCfnResource(s.Stack, jsii.String(id), &awscdk.CfnResourceProps{Type: jsii.String(r.Type), Properties: &properties})
		if metadata, _ := r.Metadata.(map[string]any); metadata["cdk_nag"] != nil {
			made.AddMetadata(jsii.String("cdk_nag"), metadata["cdk_nag"])
		}
		if r.DeletionPolicy == "Retain" {
			made.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		}
		s.made[id] = made
	}
	for id, r := range t.Resources {
		for _, other := range r.DependsOn {
			s.made[id].AddResourceDependency(s.made[other], nil)
		}
	}
	for id, o := range t.Outputs {
		p := &awscdk.CfnOutputProps{Value: jsii.String(s.text("", o.Value)), Description: given(o.Description), ExportName: given(o.Export.Name)}
		awscdk.NewCfnOutput(s.Stack, jsii.String(id), p)
	}
}

// documents are properties that CDK takes as they are: what they compute needs no token.
var documents = map[string]bool{"PolicyDocument": true, "AssumeRolePolicyDocument": true, "EventPattern": true}

// value is a property with a token for each value that CDK would hand out as one.
func (s plainStack) value(key string, v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = s.value(key, one)
		}
		return out
	case map[string]any:
		if v["Ref"] != nil || v["Fn::GetAtt"] != nil || v["Fn::ImportValue"] != nil || v["Fn::Sub"] != nil && !documents[key] {
			return s.text(key, v)
		}
		out := make(map[string]any, len(v))
		for k, one := range v {
			within := key
			if !documents[key] {
				within = k
			}
			out[k] = s.value(within, one)
		}
		return out
	}
	return v
}

// text is a value where CDK wants a string. Imports are the same in all stacks.
func (s plainStack) text(key string, v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	known := s.tokens
	if computed := v.(map[string]any); computed["Fn::ImportValue"] != nil {
		known = s.imports
	} else if computed["Fn::Join"] != nil {
		v = map[string]any{"Fn::Join": s.value(key, computed["Fn::Join"])}
	}
	name, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was read from JSON
	}
	if _, ok := known[string(name)]; !ok {
		known[string(name)] = *awscdk.Token_AsString(v, nil)
	}
	return known[string(name)]
}

// codeOf is the code of a function, one asset a stack.
func (s plainStack) codeOf(name string) any {
	of := bluegreen.Verify
	for _, other := range []string{bluegreen.Release, bluegreen.Watch, bluegreen.Notify} {
		if strings.HasSuffix(name, "-"+other) {
			of = other
		}
	}
	if s.code[of] == nil {
		asset := awss3assets.NewAsset(s.Stack, jsii.String("Code-"+of), &awss3assets.AssetProps{
			Path: jsii.String(filepath.Join(s.functions, of)), DisplayName: jsii.String(bluegreen.Displayed(of)),
		})
		s.code[of] = map[string]any{"S3Bucket": asset.S3BucketName(), "S3Key": asset.S3ObjectKey()}
	}
	return s.code[of]
}
