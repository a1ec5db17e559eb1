package bluegreen

import (
	"cmp"
	"fmt"
	"maps"
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
	Watch   = "watch"
	Notify  = "notify"
)

// releaseTimeout is enough for one round of the loop: a dozen calls, some tried again.
const releaseTimeout = time.Minute

// reportTimeout is enough for one answer, tried again for a while.
const reportTimeout = time.Minute

// verifyMargin is what the hook has beyond its suite, to find its target and to answer.
const verifyMargin = time.Minute

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
	// Stages are those of the suites at other lifecycle events, in the order of the events.
	Stages []awslambda.CfnFunction
}

// NewFunctions are the release loop, a hook for each lifecycle event that has a suite, and the one that reports Failed
// for a hook that died. The last is the hook's own program outside the VPC: what kept the hook from answering, a network
// without a way out or a suite that takes its memory, does not keep this one. All are told the same of the service, a
// hook its own suite alone.
func NewFunctions(scope constructs.Construct, id string, props FunctionsProps) (Functions, error) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	may, err := permissionsOf(props)
	if err != nil {
		return Functions{}, err
	}
	environment, err := environment(props, "")
	if err != nil {
		return Functions{}, err
	}
	common := FunctionProps{
		Code: props.Code, Environment: environment, Logs: LogsOf(props.Platform), Told: toNotify(props.Platform), Traced: props.Service.Observe.Traces,
	}

	r := common
	r.Name, r.Function = props.Names.ReleaseFunction, Release
	r.Description = "Releases " + props.Names.Title + ": looks at what is wished for and what runs, and starts deployments"
	r.Timeout, r.Statements, r.Failed = releaseTimeout, may.release, toQueue(props.Queues.Release)
	r.Single = *props.Platform.ReserveConcurrency

	d := common
	d.Name, d.Function = props.Names.ReportFunction, Verify
	d.Description = "Reports Failed for a verification of " + props.Names.Title + " that died without an answer"
	d.Timeout, d.Statements, d.Failed = reportTimeout, may.report, toQueue(props.Queues.Verify)
	made := Functions{Report: NewFunction(scope, "Report", d)}

	for _, event := range props.Service.Hooked() {
		v, err := hookOf(event, common, props)
		if err != nil {
			return Functions{}, err
		}
		v.Statements, v.Failed = append(may.verify, interfaces()...), toFunction(made.Report)
		if event == config.Main {
			made.Verify = NewFunction(scope, "Verify", v)
			continue
		}
		made.Stages = append(made.Stages, NewFunction(scope, "Verify"+string(event), v))
	}
	made.Release = NewFunction(scope, "Release", r)
	return made, nil
}

// hookOf is the function of one lifecycle event's suite.
func hookOf(event config.Event, common FunctionProps, props FunctionsProps) (v FunctionProps, err error) {
	v = common
	v.Name, v.Function = props.Names.Hook(event), Verify
	v.Description = "Judges a new " + props.Names.Title + " on the test listener, before users see it"
	if event != config.Main {
		v.Description = "Judges a deployment of " + props.Names.Title + " at " + string(event)
	}
	if v.Environment, err = environment(props, event); err != nil {
		return v, err
	}
	suite := props.Service.Suite(event)
	if suite.Load != nil {
		v.Memory = config.WholeCPU // a generator that waits for its share of one sends late
	}
	v.Timeout = min(suite.Timeout.Std(), config.MostVerify) + verifyMargin
	v.Subnets, v.SecurityGroup = props.Network.Private, jsii.String(props.Way.Hook)
	return v, nil
}

// permitted is what each kind of function may do.
type permitted struct{ release, verify, report []Statement }

func permissionsOf(props FunctionsProps) (p permitted, err error) {
	s := scopeOf(props.Names, props.Service.Hooked(), props.Service.Repositories(), props.Service.Deployment.ConfigName(props.Names.Stack), props.Task.Roles)
	s.Gate = props.Service.Gates.Function
	table := grants(s)
	if p.release, err = Permissions(props.Calls.Release(props.Service), table); err != nil {
		return p, fmt.Errorf("permissions of the release function: %w", err)
	}
	if p.verify, err = Permissions(props.Calls.Verify, table); err != nil {
		return p, fmt.Errorf("permissions of the verify function: %w", err)
	}
	if p.report, err = Permissions([]reflect.Type{props.Calls.Report}, table); err != nil {
		return p, fmt.Errorf("permissions of the report function: %w", err)
	}
	keep := keeping(props.Platform.ShelfOf(props.Service.Name), props.Platform.Key)
	p.verify = append(p.verify, keep...)
	return p, nil
}

// reports is the shelf that the hook of an event keeps its reports on. Functions that judge nothing have none.
func reports(props FunctionsProps, event config.Event) config.Shelf {
	if event == "" {
		return config.Shelf{}
	}
	return props.Platform.ShelfOf(props.Service.Name)
}

// mostEnvironment is Lambda's limit on all variables together, in bytes
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const mostEnvironment = 4096

// told is what the functions need to know of a service: not what its base holds, and not how its stack is made.
func told(s config.Service) config.Service {
	t := &s.Task
	t.Environment, t.Secrets, t.Command, t.EnvironmentFiles, t.Volumes, t.Sidecars = nil, nil, nil, nil, nil, nil
	t.HealthCheck, t.TaskRole, t.ExecutionRole = config.ContainerCheck{}, "", ""
	s.LoadBalancer.HTTPS, s.Tags, s.Deployment.Blue = config.HTTPS{}, nil, ""
	s.Observe = config.Observe{Phases: s.Observe.Phases}
	if s.Adopted() {
		known := *s.Existing
		known.Roles, known.LogGroup, known.SecurityGroup = nil, "", ""
		s.Existing = &known
	}
	return s
}

// environment is what the hook of an event is told, without one what the other functions are; and an error when it will
// not fit.
func environment(props FunctionsProps, event config.Event) (map[string]string, error) {
	deployed := config.Deployed{
		Service: told(props.Service), Stage: event, Reports: reports(props, event), Cluster: props.Names.Cluster, Base: props.Task.BaseARN,
	}
	if !props.Service.Adopted() {
		deployed.Subnets, deployed.SecurityGroups = props.Network.Private, []string{props.Way.Group}
	}
	if deployed.Reports.Bucket != "" {
		deployed.Reports.Bucket = Sub(deployed.Reports.Bucket)
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
	longest.Reports.Bucket = reports(props, event).Bucket // its placeholders are as long as what they become, about
	for range props.Network.Private {
		longest.Subnets = append(longest.Subnets, "subnet-0123456789abcdef0")
	}
	measured, err := longest.Environment()
	if err != nil {
		return nil, err
	}
	maps.Copy(measured, config.GoRuntime(config.WholeCPU))
	size := 0
	for k, v := range measured {
		size += len(k) + len(v)
	}
	if size > mostEnvironment {
		return nil, fmt.Errorf("the description for %s takes %d bytes of a function's environment, which holds %d: "+
			"shorten the verification's bodies and texts", cmp.Or(string(event), "the release function"), size, mostEnvironment)
	}
	return variables, nil
}
