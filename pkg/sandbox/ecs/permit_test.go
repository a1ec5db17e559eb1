package ecs_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// demanding is a definition that needs everything of its execution role.
func demanding() *sdk.RegisterTaskDefinitionInput {
	def := webDefinition()
	c := &def.ContainerDefinitions[0]
	c.Secrets = []types.Secret{
		{Name: aws.String("KEY"), ValueFrom: aws.String("arn:aws:secretsmanager:us-east-1:111122223333:secret:key-AbCdEf:json::")},
		{Name: aws.String("PARAM"), ValueFrom: aws.String("/web/param")},
	}
	c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": "/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app",
	}}
	return def
}

func TestWhatATaskNeedsBeforeItStartsIsAskedOfItsExecutionRole(t *testing.T) {
	inWorld(t, func(w *world) {
		call[sdk.RegisterTaskDefinitionOutput](w, demanding())
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		id := w.runner.all()[0].spec.ID
		const repository = "arn:aws:ecr:us-east-1:111122223333:repository/web"
		stream := "arn:aws:logs:us-east-1:111122223333:log-group:/web:log-stream:app/web/" + id
		var want []string
		for _, one := range []string{
			"ecr:GetAuthorizationToken *",
			"secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:111122223333:secret:key-AbCdEf",
			"ssm:GetParameters arn:aws:ssm:us-east-1:111122223333:parameter/web/param",
			"ecr:BatchGetImage " + repository, "ecr:BatchCheckLayerAvailability " + repository, "ecr:GetDownloadUrlForLayer " + repository,
			"logs:CreateLogStream " + stream, "logs:PutLogEvents " + stream,
		} {
			want = append(want, "arn:aws:iam::111122223333:role/execution "+id+" "+one)
		}
		if !slices.Equal(w.asked, want) {
			t.Errorf("asked:\n%s\nnot:\n%s", strings.Join(w.asked, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestWhatTheExecutionRoleMayNotDoStopsTheTaskInAWSsWords(t *testing.T) {
	for action, reason := range map[string]string{
		"ecr:GetAuthorizationToken":       "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth",
		"ecr:BatchGetImage":               "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:v1",
		"ecr:BatchCheckLayerAvailability": "CannotPullContainerError",
		"ecr:GetDownloadUrlForLayer":      "CannotPullContainerError",
		"secretsmanager:GetSecretValue":   "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm",
		"ssm:GetParameters":               "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from ssm",
		"logs:CreateLogStream":            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: denied : exit status 1",
	} {
		inWorld(t, func(w *world) {
			w.denied = action
			call[sdk.RegisterTaskDefinitionOutput](w, demanding())
			call[sdk.CreateServiceOutput](w, webService(1))
			synctest.Wait()
			gone := w.tasks(types.DesiredStatusStopped)
			if len(gone) == 0 || !strings.HasPrefix(*gone[0].StoppedReason, reason) || gone[0].StopCode != types.TaskStopCodeTaskFailedToStart {
				t.Errorf("without %s: %+v", action, gone)
			}
		})
	}
}

func TestATaskWhoseLogMayNotBeWrittenRunsWithoutOne(t *testing.T) {
	inWorld(t, func(w *world) {
		w.denied = "logs:PutLogEvents"
		call[sdk.RegisterTaskDefinitionOutput](w, demanding())
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		got := w.runner.all()[0].spec.Containers[0]
		if _, err := got.Log.Write([]byte("hello\n")); err != nil || len(w.logged) > 0 {
			t.Errorf("logged %q, %v", w.logged, err)
		}
		if running := w.tasks(types.DesiredStatusRunning); len(running) != 1 {
			t.Errorf("%d tasks run", len(running))
		}
	})
}
