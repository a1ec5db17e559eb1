package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// mounts asks what mounting the EFS volumes with IAM authorization asks of the task's role: elasticfilesystem:ClientMount, and
// ClientWrite where a container may write. There is no file system behind it, and nothing is mounted; one that may not be
// written to is mounted to be read
// (https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html).
func (e execution) mounts(def *types.TaskDefinition) error {
	for _, v := range def.Volumes {
		efs := v.EfsVolumeConfiguration
		if efs == nil || efs.AuthorizationConfig == nil || efs.AuthorizationConfig.Iam != types.EFSAuthorizationConfigIAMEnabled || e.opts.Mount == nil {
			continue
		}
		system := fmt.Sprintf("arn:aws:elasticfilesystem:%s:%s:file-system/%s", e.opts.Region, e.opts.Account, aws.ToString(efs.FileSystemId))
		point := ""
		if id := aws.ToString(efs.AuthorizationConfig.AccessPointId); id != "" {
			point = fmt.Sprintf("arn:aws:elasticfilesystem:%s:%s:access-point/%s", e.opts.Region, e.opts.Account, id)
		}
		role := aws.ToString(def.TaskRoleArn)
		if err := e.opts.Mount(e.ctx, role, e.task, "elasticfilesystem:ClientMount", system, point); err != nil {
			return fmt.Errorf("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "+
				"b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution; code: 32: %w", err)
		}
		if written(def, aws.ToString(v.Name)) {
			_ = e.opts.Mount(e.ctx, role, e.task, "elasticfilesystem:ClientWrite", system, point) // or it is mounted to be read
		}
	}
	return nil
}

// written tells whether a container mounts a volume and may write to it.
func written(def *types.TaskDefinition, volume string) bool {
	for _, c := range def.ContainerDefinitions {
		for _, m := range c.MountPoints {
			if aws.ToString(m.SourceVolume) == volume && !aws.ToBool(m.ReadOnly) {
				return true
			}
		}
	}
	return false
}
