package bluegreen

import (
	"cmp"
	"path/filepath"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// FunctionProps describe one function.
type FunctionProps struct {
	// Name in Lambda; Function is its directory's.
	Name, Function, Description string
	// Code has the directory of that name, with the bootstrap in it.
	Code        string
	Environment map[string]string
	Logs        Logs
	Timeout     time.Duration
	// Memory in MiB. Default 256, which buys enough CPU that the start is not what one waits for.
	Memory int
	// Single reserves a concurrency of one: at most one invocation at a time, and always room for it.
	Single bool
	// Statements are what it may do, beside writing its log and its dead letters.
	Statements []Statement
	// Failed takes the events that it failed on for good.
	Failed Destination
	// Told is a function that gets each event that came asynchronously, with the answer to it; empty: none.
	Told Destination
	// Traced records invocations in X-Ray, those that Lambda samples.
	Traced bool
	// Subnets put it into the VPC, with SecurityGroup. Empty: outside.
	Subnets       []string
	SecurityGroup *string
}

// Destination takes the records of events that a function failed on: a queue, or another function.
type Destination struct {
	// Action that the failing function may then take, and the ARN that it takes it on.
	Action string
	ARN    *string
}

// fill is the permission to put something into a queue.
const fill = "sqs:SendMessage"

// toQueue keeps failed events for a person.
func toQueue(queue awssqs.CfnQueue) Destination {
	return Destination{Action: fill, ARN: queue.AttrArn()}
}

// toFunction hands failed events to a function.
func toFunction(function awslambda.CfnFunction) Destination {
	return Destination{Action: "lambda:InvokeFunction", ARN: function.AttrArn()}
}

// toNotify hands on what a function answered to the one that tells people; nowhere where the platform has none. It goes by
// the name, because the one stands in the platform's stack and the other in a service's.
func toNotify(p config.Platform) Destination {
	if p.Notify == nil {
		return Destination{}
	}
	return Destination{Action: "lambda:InvokeFunction", ARN: jsii.String(Sub(arn("lambda", "function:"+p.NotifyFunction())))}
}

// memory in MiB buys CPU in proportion.
const memory = 256

// eventAge is how long Lambda keeps trying to hand over an event. An hour is what CodeDeploy gives a hook, and the
// schedule has looked a dozen times by then.
const eventAge = time.Hour

// NewFunction is a Go function on provided.al2023, on arm64, with its own role and its own log.
func NewFunction(scope constructs.Construct, id string, props FunctionProps) awslambda.CfnFunction {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	code := awss3assets.NewAsset(scope, jsii.String("Code"), &awss3assets.AssetProps{
		Path: jsii.String(filepath.Join(props.Code, props.Function)), DisplayName: jsii.String(Displayed(props.Function)),
	})
	logs := NewLogs(scope, "Logs", logGroup(props.Name), props.Logs)
	own := []Statement{logsTo(props.Name), {Actions: []string{props.Failed.Action}, Resources: []string{*props.Failed.ARN}}}
	destinations := &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
		OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: props.Failed.ARN},
	}
	if props.Told.ARN != nil {
		own = append(own, Statement{Actions: []string{props.Told.Action}, Resources: []string{*props.Told.ARN}})
		if props.Told.Action == props.Failed.Action { // in one statement, whose order is stable
			own = []Statement{own[0], {Actions: []string{props.Told.Action}, Resources: []string{*props.Failed.ARN, *props.Told.ARN}}}
		}
		destinations.OnSuccess = &awslambda.CfnEventInvokeConfig_OnSuccessProperty{Destination: props.Told.ARN}
	}
	if props.Logs.Key != "" && props.Failed.Action == fill {
		own = append(own, keyed(props.Logs.Key))
	}
	if props.Traced {
		own = append(own, traces())
	}
	role := NewRole(scope, "Role", RoleProps{
		Description: "Function " + props.Name, Service: "lambda.amazonaws.com",
		Statements: merged(append(own, props.Statements...)),
	})
	memory := cmp.Or(props.Memory, memory)
	variables := map[string]*string{}
	for _, own := range []map[string]string{config.GoRuntime(memory), props.Environment} {
		for k, v := range own {
			variables[k] = jsii.String(v)
		}
	}
	p := &awslambda.CfnFunctionProps{
		FunctionName: jsii.String(props.Name), Description: jsii.String(props.Description),
		Runtime: jsii.String("provided.al2023"), Handler: jsii.String("bootstrap"), Architectures: jsii.Strings("arm64"),
		Code: &awslambda.CfnFunction_CodeProperty{S3Bucket: code.S3BucketName(), S3Key: code.S3ObjectKey()},
		Role: role.AttrArn(), KmsKeyArn: given(props.Logs.Key),
		MemorySize: jsii.Number(memory), Timeout: jsii.Number(props.Timeout.Seconds()),
		Environment:   &awslambda.CfnFunction_EnvironmentProperty{Variables: variables},
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: logs, LogFormat: jsii.String("JSON")},
	}
	if props.Traced {
		p.TracingConfig = &awslambda.CfnFunction_TracingConfigProperty{Mode: jsii.String("Active")}
	}
	if props.Single {
		p.ReservedConcurrentExecutions = jsii.Number(1)
	}
	if len(props.Subnets) > 0 {
		p.VpcConfig = &awslambda.CfnFunction_VpcConfigProperty{
			SubnetIds: jsii.Strings(props.Subnets...), SecurityGroupIds: &[]*string{props.SecurityGroup},
		}
	}
	function := awslambda.NewCfnFunction(scope, jsii.String("Function"), p)
	awslambda.NewCfnEventInvokeConfig(scope, jsii.String("Invocations"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: function.Ref(), Qualifier: jsii.String("$LATEST"),
		MaximumRetryAttempts: jsii.Number(2), MaximumEventAgeInSeconds: jsii.Number(eventAge.Seconds()),
		DestinationConfig: destinations,
	})
	return function
}

// Displayed is the asset's name in manifests and in the committed assembly.
func Displayed(function string) string { return "functions/" + function }
