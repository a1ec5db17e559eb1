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

// filed is a definition with environment files, in this order.
func filed(arns ...string) *sdk.RegisterTaskDefinitionInput {
	def := webDefinition()
	def.ExecutionRoleArn = aws.String("arn:aws:iam::111122223333:role/execution")
	c := &def.ContainerDefinitions[0]
	c.Environment = []types.KeyValuePair{{Name: aws.String("COLOUR"), Value: aws.String("blue")}}
	c.Secrets = []types.Secret{{Name: aws.String("KEY"), ValueFrom: aws.String("/param")}}
	for _, arn := range arns {
		c.EnvironmentFiles = append(c.EnvironmentFiles, types.EnvironmentFile{Type: types.EnvironmentFileTypeS3, Value: aws.String(arn)})
	}
	return def
}

func TestEnvironmentFilesReachTheContainerBehindItsOwnVariables(t *testing.T) {
	inWorld(t, func(w *world) {
		const one, two = "arn:aws:s3:::settings/one.env", "arn:aws:s3:::settings/two.env"
		w.files = map[string]string{
			one: "# of the web\nCOLOUR=red\r\nTWICE=one \"and\" a=b\nKEY=file\n=none\nno variable\nEMPTY=\n",
			two: "TWICE=two\nMORE=1",
		}
		call[sdk.RegisterTaskDefinitionOutput](w, filed(one, two))
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		f := w.runner.all()[0]
		var own []string
		for _, v := range f.spec.Containers[0].Env {
			if !strings.HasPrefix(v, "AWS_") {
				own = append(own, v)
			}
		}
		if diff := cmp.Diff([]string{`TWICE=one "and" a=b`, "EMPTY=", "MORE=1", "COLOUR=blue", "KEY=secret of /param"}, own); diff != "" {
			t.Error(diff)
		}
		if want := "arn:aws:iam::111122223333:role/execution " + f.spec.ID + " " + one; !strings.Contains(strings.Join(w.asked, "\n"), want) {
			t.Errorf("asked %q", w.asked)
		}
	})
}

func TestATaskWhoseEnvironmentFileCannotBeHadIsStoppedInAWSsWords(t *testing.T) {
	inWorld(t, func(w *world) {
		call[sdk.RegisterTaskDefinitionOutput](w, filed("arn:aws:s3:::settings/none.env"))
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		gone := w.tasks(types.DesiredStatusStopped)
		const reason = "ResourceInitializationError: failed to download env files: file download command: non empty error stream: AccessDenied: Access Denied"
		if len(gone) == 0 || *gone[0].StoppedReason != reason || gone[0].StopCode != types.TaskStopCodeTaskFailedToStart {
			t.Errorf("%+v", gone)
		}
	})
}
