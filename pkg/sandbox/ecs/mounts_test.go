package ecs_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// mounting is a definition with three volumes: one on EFS to be written, one on EFS to be read, one without IAM.
func mounting() *sdk.RegisterTaskDefinitionInput {
	def := webDefinition()
	def.TaskRoleArn = aws.String("arn:aws:iam::111122223333:role/task")
	for _, v := range []struct{ name, point string }{{"data", "fsap-1"}, {"shared", ""}, {"open", "none"}} {
		efs := &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-" + v.name), TransitEncryption: types.EFSTransitEncryptionEnabled}
		if v.point != "none" {
			efs.AuthorizationConfig = &types.EFSAuthorizationConfig{Iam: types.EFSAuthorizationConfigIAMEnabled}
			if v.point != "" {
				efs.AuthorizationConfig.AccessPointId = aws.String(v.point)
			}
		}
		def.Volumes = append(def.Volumes, types.Volume{Name: aws.String(v.name), EfsVolumeConfiguration: efs})
		c := &def.ContainerDefinitions[0]
		c.MountPoints = append(c.MountPoints, types.MountPoint{
			SourceVolume: aws.String(v.name), ContainerPath: aws.String("/" + v.name), ReadOnly: aws.Bool(v.name != "data"),
		})
	}
	return def
}

func TestMountingEFSIsAskedOfTheTasksRole(t *testing.T) {
	inWorld(t, func(w *world) {
		call[sdk.RegisterTaskDefinitionOutput](w, mounting())
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		as := "arn:aws:iam::111122223333:role/task " + w.runner.all()[0].spec.ID + " elasticfilesystem:Client"
		const system = " arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-"
		const point = " arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-1"
		var asked []string
		for _, one := range w.asked {
			if strings.Contains(one, "elasticfilesystem") {
				asked = append(asked, one)
			}
		}
		if diff := cmp.Diff([]string{as + "Mount" + system + "data" + point, as + "Write" + system + "data" + point, as + "Mount" + system + "shared "}, asked); diff != "" {
			t.Error(diff)
		}
	})
}

func TestATaskThatMayNotMountIsStoppedAndOneThatMayNotWriteReads(t *testing.T) {
	for action, reason := range map[string]string{
		"elasticfilesystem:ClientMount": "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting",
		"elasticfilesystem:ClientWrite": "",
	} {
		inWorld(t, func(w *world) {
			w.denied = action
			call[sdk.RegisterTaskDefinitionOutput](w, mounting())
			call[sdk.CreateServiceOutput](w, webService(1))
			synctest.Wait()
			gone := w.tasks(types.DesiredStatusStopped)
			if reason == "" && len(gone) > 0 || reason != "" && (len(gone) == 0 || !strings.HasPrefix(*gone[0].StoppedReason, reason)) {
				t.Errorf("without %s: %+v", action, gone)
			}
		})
	}
}
