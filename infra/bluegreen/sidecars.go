package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// sidecarOf is a container whose image only the stack changes.
func sidecarOf(s config.Sidecar, props TaskProps, logs *string) *awsecs.CfnTaskDefinition_ContainerDefinitionProperty {
	c := &awsecs.CfnTaskDefinition_ContainerDefinitionProperty{
		Name: jsii.String(s.Name), Image: jsii.String(s.Image), Essential: jsii.Bool(!s.Optional),
		StopTimeout:      jsii.Number(props.Service.Task.StopTimeout.Std().Seconds()),
		LogConfiguration: logsOf(logs),
	}
	if len(s.Command) > 0 {
		c.Command = jsii.Strings(s.Command...)
	}
	if s.CPU > 0 {
		c.Cpu = jsii.Number(s.CPU)
	}
	if s.Memory > 0 {
		c.Memory = jsii.Number(s.Memory)
	}
	if environment := variablesOf(s.Environment); environment != nil {
		c.Environment = environment
	}
	if secrets := secretsOf(s.Secrets); secrets != nil {
		c.Secrets = secrets
	}
	readOnly := map[string]bool{}
	for _, v := range props.Service.Task.Volumes {
		readOnly[v.Name] = v.ReadOnly
	}
	var mounts []*awsecs.CfnTaskDefinition_MountPointProperty
	for _, name := range sortedKeys(s.Volumes) {
		mounts = append(mounts, mountOf(name, s.Volumes[name], readOnly[name]))
	}
	if mounts != nil {
		c.MountPoints = mounts
	}
	return c
}

func variablesOf(all map[string]string) []*awsecs.CfnTaskDefinition_KeyValuePairProperty {
	var out []*awsecs.CfnTaskDefinition_KeyValuePairProperty
	for _, name := range sortedKeys(all) {
		out = append(out, &awsecs.CfnTaskDefinition_KeyValuePairProperty{Name: jsii.String(name), Value: jsii.String(all[name])})
	}
	return out
}

func secretsOf(all map[string]string) []*awsecs.CfnTaskDefinition_SecretProperty {
	var out []*awsecs.CfnTaskDefinition_SecretProperty
	for _, name := range sortedKeys(all) {
		out = append(out, &awsecs.CfnTaskDefinition_SecretProperty{Name: jsii.String(name), ValueFrom: jsii.String(all[name])})
	}
	return out
}

func filesOf(arns []string) []*awsecs.CfnTaskDefinition_EnvironmentFileProperty {
	var out []*awsecs.CfnTaskDefinition_EnvironmentFileProperty
	for _, arn := range arns {
		out = append(out, &awsecs.CfnTaskDefinition_EnvironmentFileProperty{Type: jsii.String("s3"), Value: jsii.String(arn)})
	}
	return out
}

func mountOf(volume, path string, readOnly bool) *awsecs.CfnTaskDefinition_MountPointProperty {
	return &awsecs.CfnTaskDefinition_MountPointProperty{
		SourceVolume: jsii.String(volume), ContainerPath: jsii.String(path), ReadOnly: jsii.Bool(readOnly),
	}
}

// volumesOf are EFS file systems, always encrypted on the way, and scratch.
func volumesOf(t config.Task) []*awsecs.CfnTaskDefinition_VolumeProperty {
	var out []*awsecs.CfnTaskDefinition_VolumeProperty
	for _, v := range t.Volumes {
		p := &awsecs.CfnTaskDefinition_VolumeProperty{Name: jsii.String(v.Name)}
		if v.FileSystem != "" {
			efs := &awsecs.CfnTaskDefinition_EFSVolumeConfigurationProperty{
				FilesystemId: jsii.String(v.FileSystem), TransitEncryption: jsii.String("ENABLED"),
			}
			if v.AccessPoint != "" {
				efs.AuthorizationConfig = &awsecs.CfnTaskDefinition_AuthorizationConfigProperty{
					AccessPointId: jsii.String(v.AccessPoint), Iam: jsii.String("ENABLED"),
				}
			}
			p.EfsVolumeConfiguration = efs
		}
		out = append(out, p)
	}
	return out
}
