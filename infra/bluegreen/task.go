package bluegreen

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// TaskProps describe the tasks of a service.
type TaskProps struct {
	Names   config.Names
	Service config.Service
	Logs    Logs
}

// Task is the base and the roles that its revisions carry.
type Task struct {
	Base awsecs.CfnTaskDefinition
	// BaseARN is its ARN. A service that stood already has no base of its stack's: it is its family's, and Base nil.
	BaseARN string
	// Roles are the ARNs of the task role and the execution role.
	Roles []string
}

// NewTask is the base: the task definition that never runs and holds the real settings. The release function
// registers its revisions in the running family with the image put in by digest. The base's own image names only
// the repository, so that a change of the tag wished for does not look like a change of the settings.
func NewTask(scope constructs.Construct, id string, props TaskProps) Task {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	t := props.Service.Task
	logs := NewLogs(scope, "Logs", "/ecs/"+props.Names.Family, props.Logs)
	role, execution := t.TaskRole, t.ExecutionRole
	if role == "" {
		role = *NewTaskRole(scope, "TaskRole", t).AttrArn()
	}
	if execution == "" {
		execution = *NewExecutionRole(scope, "ExecutionRole", props).AttrArn()
	}
	p := &awsecs.CfnTaskDefinitionProps{
		Family: jsii.String(props.Names.BaseFamily), NetworkMode: jsii.String("awsvpc"),
		RequiresCompatibilities: jsii.Strings("FARGATE"),
		Cpu:                     jsii.String(strconv.Itoa(t.CPU)), Memory: jsii.String(strconv.Itoa(t.Memory)),
		TaskRoleArn: jsii.String(role), ExecutionRoleArn: jsii.String(execution),
		RuntimePlatform: &awsecs.CfnTaskDefinition_RuntimePlatformProperty{
			CpuArchitecture: jsii.String(architectures[t.Architecture]), OperatingSystemFamily: jsii.String("LINUX"),
		},
		ContainerDefinitions: containersOf(props, logs),
		Tags:                 named(props.Names.Title),
	}
	if t.Storage > 0 {
		p.EphemeralStorage = &awsecs.CfnTaskDefinition_EphemeralStorageProperty{SizeInGiB: jsii.Number(t.Storage)}
	}
	if len(t.Volumes) > 0 {
		p.Volumes = volumesOf(t)
	}
	base := awsecs.NewCfnTaskDefinition(scope, jsii.String("Base"), p)
	explain(base, explanation{"ECS2", "task.environment are the operator's plain variables; what is secret stands in task.secrets, which ECS reads at start"})
	return Task{Base: base, BaseARN: *base.Ref(), Roles: []string{role, execution}}
}

// architectures are ECS's words for ours.
var architectures = map[string]string{"arm64": "ARM64", "amd64": "X86_64"}

func seconds(d config.Duration) string { return strconv.Itoa(int(d.Std().Seconds())) }
