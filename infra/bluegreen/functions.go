package bluegreen

import (
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// The functions, by the names of their directories.
const (
	Release = "release"
	Verify  = "verify"
)

// releaseTimeout is enough for one round of the loop: a dozen calls, some tried again.
const releaseTimeout = time.Minute

// reportTimeout is enough for one answer, tried again for a while.
const reportTimeout = time.Minute

// verifyMargin is what the hook has beyond its suite, to find its target and to answer.
const verifyMargin = time.Minute

// loadMemory in MiB is one whole CPU: a generator that waits for its share of one sends late
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const loadMemory = 1769

// FunctionsProps are what the two functions are built from.
type FunctionsProps struct {
	Names    config.Names
	Platform config.Platform
	Service  config.Service
	Network  Network
	Way      Way
	Task     Task
	Queues   Queues
	// Code has one directory a function.
	Code  string
	Calls Calls
}

// Functions are the functions of a service.
type Functions struct {
	Release, Verify, Report awslambda.CfnFunction
}

// NewFunctions are the release loop, the hook, and the one that reports Failed for a hook that died. The last is the
// hook's own program outside the VPC: what kept the hook from answering, a network without a way out or a suite that
// takes its memory, does not keep this one. All are told the same of the service.
func NewFunctions(scope constructs.Construct, id string, props FunctionsProps) (Functions, error) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	environment, err := environment(props)
	if err != nil {
		return Functions{}, err
	}
	s := scopeOf(props.Names, props.Service.Repositories(), props.Service.Deployment.Config, props.Task.Roles)
	table := grants(s)
	releasing, err := Permissions(props.Calls.Release(props.Service), table)
	if err != nil {
		return Functions{}, fmt.Errorf("permissions of the release function: %w", err)
	}
	verifying, err := Permissions(props.Calls.Verify, table)
	if err != nil {
		return Functions{}, fmt.Errorf("permissions of the verify function: %w", err)
	}
	reporting, err := Permissions([]reflect.Type{props.Calls.Report}, table)
	if err != nil {
		return Functions{}, fmt.Errorf("permissions of the report function: %w", err)
	}
	common := FunctionProps{Code: props.Code, Environment: environment, LogRetentionDays: props.Platform.LogRetentionDays}

	r := common
	r.Name, r.Function = props.Names.ReleaseFunction, Release
	r.Description = "Releases " + props.Names.Title + ": looks at what is wished for and what runs, and starts deployments"
	r.Timeout, r.Statements, r.Failed = releaseTimeout, releasing, toQueue(props.Queues.Release)
	r.Single = *props.Platform.ReserveConcurrency

	d := common
	d.Name, d.Function = props.Names.ReportFunction, Verify
	d.Description = "Reports Failed for a verification of " + props.Names.Title + " that died without an answer"
	d.Timeout, d.Statements, d.Failed = reportTimeout, reporting, toQueue(props.Queues.Verify)
	report := NewFunction(scope, "Report", d)

	v := common
	v.Name, v.Function = props.Names.VerifyFunction, Verify
	v.Description = "Judges a new " + props.Names.Title + " on the test listener, before users see it"
	if props.Service.Verify.Load != nil {
		v.Memory = loadMemory
	}
	v.Timeout = min(props.Service.Verify.Timeout.Std(), config.MostVerify) + verifyMargin
	v.Statements, v.Failed = append(verifying, interfaces()...), toFunction(report)
	v.Subnets, v.SecurityGroup = props.Network.Private, props.Way.Hook.AttrGroupId()
	return Functions{Release: NewFunction(scope, "Release", r), Verify: NewFunction(scope, "Verify", v), Report: report}, nil
}

// mostEnvironment is Lambda's limit on all variables together, in bytes
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const mostEnvironment = 4096

// environment is what both functions are told, and an error when it will not fit.
func environment(props FunctionsProps) (map[string]string, error) {
	deployed := config.Deployed{
		Service: props.Service, Cluster: props.Names.Cluster, Base: *props.Task.Base.Ref(),
		Subnets: props.Network.Private, SecurityGroups: []string{*props.Way.Group.AttrGroupId()},
	}
	variables, err := deployed.Environment()
	if err != nil {
		return nil, err
	}
	// Tokens are shorter or longer than what they become; measure with ids of full length.
	longest := deployed
	longest.Base = "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task-definition/" + props.Names.BaseFamily + ":2147483647"
	longest.SecurityGroups = []string{"sg-0123456789abcdef0"}
	longest.Subnets = nil
	for range props.Network.Private {
		longest.Subnets = append(longest.Subnets, "subnet-0123456789abcdef0")
	}
	measured, err := longest.Environment()
	if err != nil {
		return nil, err
	}
	size := 0
	for k, v := range measured {
		size += len(k) + len(v)
	}
	if size > mostEnvironment {
		return nil, fmt.Errorf("its description takes %d bytes of a function's environment, which holds %d: "+
			"shorten the verification's bodies and texts, or the task's environment", size, mostEnvironment)
	}
	return variables, nil
}

// permit lets a source invoke a function.
func permit(scope constructs.Construct, id string, function awslambda.CfnFunction, service string, source *string) {
	awslambda.NewCfnPermission(scope, jsii.String(id), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: function.Ref(), Principal: jsii.String(service),
		SourceArn: source,
	})
}
