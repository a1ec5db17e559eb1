package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/jsii-runtime-go"
)

// containersOf are the container that the traffic goes to, those of the service's further images, which start as their
// images say, and the sidecars.
func containersOf(props TaskProps, logs *string) []*awsecs.CfnTaskDefinition_ContainerDefinitionProperty {
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
	for _, s := range props.Service.Task.Sidecars {
		containers = append(containers, sidecarOf(s, props, logs))
	}
	return containers
}

// logsOf sends a container's output to the task's log.
func logsOf(logs *string) *awsecs.CfnTaskDefinition_LogConfigurationProperty {
	return &awsecs.CfnTaskDefinition_LogConfigurationProperty{
		LogDriver: jsii.String("awslogs"),
		Options: map[string]*string{
			"awslogs-group": logs, "awslogs-region": awscdk.Aws_REGION(), "awslogs-stream-prefix": jsii.String("task"),
		},
	}
}

func containerOf(props TaskProps, logs *string) *awsecs.CfnTaskDefinition_ContainerDefinitionProperty {
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
	if environment := variablesOf(t.Environment); environment != nil {
		c.Environment = environment
	}
	if secrets := secretsOf(t.Secrets); secrets != nil {
		c.Secrets = secrets
	}
	if t.ReadOnly {
		c.ReadonlyRootFilesystem = jsii.Bool(true)
	}
	if files := filesOf(t.EnvironmentFiles); files != nil {
		c.EnvironmentFiles = files
	}
	if h := t.HealthCheck; len(h.Command) > 0 {
		c.HealthCheck = &awsecs.CfnTaskDefinition_HealthCheckProperty{
			Command: jsii.Strings(h.Command...), Interval: jsii.Number(h.Interval.Std().Seconds()), Timeout: jsii.Number(h.Timeout.Std().Seconds()),
			Retries: jsii.Number(h.Retries), StartPeriod: jsii.Number(h.StartPeriod.Std().Seconds()),
		}
	}
	var mounts []*awsecs.CfnTaskDefinition_MountPointProperty
	for _, v := range t.Volumes {
		mounts = append(mounts, mountOf(v.Name, v.Path, v.ReadOnly))
	}
	if mounts != nil {
		c.MountPoints = mounts
	}
	return c
}
