package bluegreen

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// TaskProps describe the tasks of a service.
type TaskProps struct {
	Names            config.Names
	Service          config.Service
	LogRetentionDays int
}

// Task is the base and the roles that its revisions carry.
type Task struct {
	Base awsecs.CfnTaskDefinition
	// Roles are the ARNs of the task role and the execution role.
	Roles []string
}

// NewTask is the base: the task definition that never runs and holds the real settings. The release function
// registers its revisions in the running family with the image put in by digest. The base's own image names only
// the repository, so that a change of the tag wished for does not look like a change of the settings.
func NewTask(scope constructs.Construct, id string, props TaskProps) Task {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	t := props.Service.Task
	logs := awslogs.NewCfnLogGroup(scope, jsii.String("Logs"), &awslogs.CfnLogGroupProps{
		LogGroupName: jsii.String("/ecs/" + props.Names.Family), RetentionInDays: jsii.Number(props.LogRetentionDays),
	})
	role, execution := t.TaskRole, t.ExecutionRole
	if role == "" {
		role = *NewTaskRole(scope, "TaskRole").AttrArn()
	}
	if execution == "" {
		execution = *NewExecutionRole(scope, "ExecutionRole", props).AttrArn()
	}
	base := awsecs.NewCfnTaskDefinition(scope, jsii.String("Base"), &awsecs.CfnTaskDefinitionProps{
		Family: jsii.String(props.Names.BaseFamily), NetworkMode: jsii.String("awsvpc"),
		RequiresCompatibilities: jsii.Strings("FARGATE"),
		Cpu:                     jsii.String(strconv.Itoa(t.CPU)), Memory: jsii.String(strconv.Itoa(t.Memory)),
		TaskRoleArn: jsii.String(role), ExecutionRoleArn: jsii.String(execution),
		RuntimePlatform: &awsecs.CfnTaskDefinition_RuntimePlatformProperty{
			CpuArchitecture: jsii.String(architectures[t.Architecture]), OperatingSystemFamily: jsii.String("LINUX"),
		},
		ContainerDefinitions: containersOf(props, logs),
		Tags:                 named(props.Names.Title),
	})
	return Task{Base: base, Roles: []string{role, execution}}
}

// architectures are ECS's words for ours.
var architectures = map[string]string{"arm64": "ARM64", "amd64": "X86_64"}

// containersOf are the container that the traffic goes to and those of the service's further images, which start as
// their images say.
func containersOf(props TaskProps, logs awslogs.CfnLogGroup) []*awsecs.CfnTaskDefinition_ContainerDefinitionProperty {
	containers := []*awsecs.CfnTaskDefinition_ContainerDefinitionProperty{containerOf(props, logs)}
	for _, i := range props.Service.Wanted() {
		if i.Container == props.Names.Container {
			continue
		}
		containers = append(containers, &awsecs.CfnTaskDefinition_ContainerDefinitionProperty{
			Name: jsii.String(i.Container), Image: jsii.String(Sub(Registry(i.From()) + "/" + i.Repository)), Essential: jsii.Bool(true),
			StopTimeout:      jsii.Number(props.Service.Task.StopTimeout.Std().Seconds()),
			LogConfiguration: logsOf(logs),
		})
	}
	return containers
}

// logsOf sends a container's output to the task's log.
func logsOf(logs awslogs.CfnLogGroup) *awsecs.CfnTaskDefinition_LogConfigurationProperty {
	return &awsecs.CfnTaskDefinition_LogConfigurationProperty{
		LogDriver: jsii.String("awslogs"),
		Options: map[string]*string{
			"awslogs-group": logs.Ref(), "awslogs-region": awscdk.Aws_REGION(), "awslogs-stream-prefix": jsii.String("task"),
		},
	}
}

func containerOf(props TaskProps, logs awslogs.CfnLogGroup) *awsecs.CfnTaskDefinition_ContainerDefinitionProperty {
	t := props.Service.Task
	c := &awsecs.CfnTaskDefinition_ContainerDefinitionProperty{
		Name: jsii.String(props.Names.Container), Image: jsii.String(Sub(Registry(props.Service.Source(props.Names.Repository)) + "/" + props.Names.Repository)),
		Essential:   jsii.Bool(true),
		StopTimeout: jsii.Number(t.StopTimeout.Std().Seconds()),
		PortMappings: []*awsecs.CfnTaskDefinition_PortMappingProperty{
			{ContainerPort: jsii.Number(t.Port), Protocol: jsii.String("tcp")},
		},
		LogConfiguration: logsOf(logs),
	}
	if len(t.Command) > 0 {
		c.Command = jsii.Strings(t.Command...)
	}
	var environment []*awsecs.CfnTaskDefinition_KeyValuePairProperty
	for _, name := range slices.Sorted(maps.Keys(t.Environment)) {
		environment = append(environment, &awsecs.CfnTaskDefinition_KeyValuePairProperty{Name: jsii.String(name), Value: jsii.String(t.Environment[name])})
	}
	var secrets []*awsecs.CfnTaskDefinition_SecretProperty
	for _, name := range slices.Sorted(maps.Keys(t.Secrets)) {
		secrets = append(secrets, &awsecs.CfnTaskDefinition_SecretProperty{Name: jsii.String(name), ValueFrom: jsii.String(t.Secrets[name])})
	}
	if environment != nil {
		c.Environment = environment
	}
	if secrets != nil {
		c.Secrets = secrets
	}
	return c
}

func seconds(d config.Duration) string { return strconv.Itoa(int(d.Std().Seconds())) }
