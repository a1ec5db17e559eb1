package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The texts are those of AWS's page on stopped tasks and of its users' reports:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html,
// https://github.com/aws/containers-roadmap/issues/2687, https://github.com/aws/aws-cdk/issues/14457.
func TestWhatECSSaysIsACauseAndARemedy(t *testing.T) {
	for reason, want := range map[string]Kind{
		"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:aa: not found":                                                    ImageMissing,
		"CannotPullContainerError: Error response from daemon: manifest for shop:v7 not found":                                                                                                                                      ImageMissing,
		"CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref \"x\": unexpected status code [manifests 6981141]: 403 Forbidden":                                                                ImageNotPermitted,
		"CannotPullContainerError: Error response from daemon: pull access denied for shop, repository does not exist or may require 'docker login'":                                                                                ImageNotPermitted,
		"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/library/caddy:2: failed to do request: Head \"https://registry-1.docker.io\": dial tcp 1.2.3.4:443: i/o timeout": ImageUnreachable,
		"CannotPullContainerError: ref pull has been retried 1 time(s): toomanyrequests: You have reached your pull rate limit":                                                                                                     ImageUnreachable,
		"CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'.":                                                                     WrongArchitecture,
		"CannotPullContainerError: failed to find a descriptor for platform {linux/amd64}":                                                                                                                                          WrongArchitecture,
		"CannotPullContainerError: something new": ImageUnreachable,
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ResourceNotFoundException: Secrets Manager can't find the specified secret.":              SecretMissing,
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /shop/key":                                                           SecretMissing,
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform: secretsmanager:GetSecretValue": NotPermitted,
		"ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. RequestError: send request failed caused by: dial tcp: i/o timeout":                        SecretMissing,
		"ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1":                                                  LogGroupMissing,
		"Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': InsufficientFreeAddressesInSubnet":                                                                                                                                                        NoAddress,
		"Timeout waiting for network interface provisioning to complete.":                                  NoAddress,
		"Capacity is unavailable at this time. Please try again later or in a different availability zone": NoCapacity,
		"RESOURCE:FARGATE": NoCapacity,
		"CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: OCI runtime create failed: exec: \"/site\": stat /site: no such file or directory": CannotStart,
		"CannotCreateContainerError: something new": CannotStart,
		"The Moon is in the way":                    Unknown,
	} {
		got := diagnose(types.Task{StopCode: types.TaskStopCodeTaskFailedToStart, StoppedReason: &reason}, nil)
		if got.Kind != want || !strings.Contains(got.What, strings.TrimRight(cut(reason, 60), "….")) {
			t.Errorf("%s\n is %s: %s", reason, got.Kind, got.What)
		}
		if known := !strings.Contains(reason, "something new") && want != Unknown; known && got.Do == "" {
			t.Errorf("%s: nobody is told what to do", reason)
		}
	}
}

func container(name string, code int32, reason string) types.Container {
	c := types.Container{Name: aws.String(name), ExitCode: aws.Int32(code)}
	if reason != "" {
		c.Reason = &reason
	}
	return c
}

func TestTheContainerToBlameIsTheOneThatEndedByItself(t *testing.T) {
	for name, test := range map[string]struct {
		containers []types.Container
		kind       Kind
		container  string
		words      string
	}{
		"one that failed":          {[]types.Container{container("side", 143, ""), container("web", 1, "")}, Exited, "web", "exited with 1: the program reported an error of its own"},
		"one without memory":       {[]types.Container{container("web", 1, ""), container("side", 137, "OutOfMemoryError: Container killed due to memory usage")}, OutOfMemory, "side", "more memory than the task has"},
		"one that was killed":      {[]types.Container{container("web", 137, "")}, Exited, "web", "SIGKILL"},
		"one that crashed":         {[]types.Container{container("web", 139, ""), container("side", 137, "")}, Exited, "web", "SIGSEGV"},
		"one that was told to end": {[]types.Container{container("web", 143, "")}, Exited, "web", "told to end"},
		"one that was done":        {[]types.Container{container("web", 0, ""), container("side", 143, "")}, Exited, "web", "must not end"},
		"one of its own code":      {[]types.Container{container("web", 42, "")}, Exited, "web", "it exited with 42"},
		"one of another machine":   {[]types.Container{container("web", 255, "exec /site: exec format error")}, WrongArchitecture, "web", "processor architecture"},
	} {
		t.Run(name, func(t *testing.T) {
			got := diagnose(types.Task{StopCode: types.TaskStopCodeEssentialContainerExited, Containers: test.containers,
				StoppedReason: aws.String("Essential container in task exited")}, nil)
			if got.Kind != test.kind || got.Container != test.container || !strings.Contains(got.What, test.words) || got.ExitCode == nil || got.Do == "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestAHealthCheckThatFailsIsToldWithTheAnswerItGot(t *testing.T) {
	at := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	task := types.Task{
		TaskArn: aws.String("arn:aws:ecs:us-east-1:111122223333:task/cutover/abc"), StopCode: types.TaskStopCodeServiceSchedulerInitiated,
		StoppedReason: aws.String("Task failed ELB health checks in (target-group arn:x)"), CreatedAt: &at, StoppedAt: aws.Time(at.Add(time.Minute)),
	}
	event := func(message string, after time.Duration) types.ServiceEvent {
		return types.ServiceEvent{Message: &message, CreatedAt: aws.Time(at.Add(after))}
	}
	for name, test := range map[string]struct {
		events []types.ServiceEvent
		want   string
	}{
		"of this very task": {[]types.ServiceEvent{
			event("(service s) (task other) (port 80) is unhealthy in (target-group arn:x) due to (reason Request timed out)", 1),
			event("(service s, taskSet t) (task abc) (port 80) is unhealthy in (target-group arn:x) due to (reason Health checks failed with these codes: [500])", 1),
		}, "Health checks failed with these codes: [500]"},
		"that names no task": {[]types.ServiceEvent{
			event("(service s) (port 80) is unhealthy in (target-group arn:x) due to (reason Request timed out).", time.Hour),
			event("(service s) (port 80) is unhealthy in (target-group arn:x) due to (reason Health checks failed with these codes: [404]).", time.Second),
		}, "Health checks failed with these codes: [404]"},
		"that is lost": {nil, "Task failed ELB health checks"},
	} {
		if got := diagnose(task, test.events); got.Kind != TargetHealth || !strings.Contains(got.What, test.want) {
			t.Errorf("by an event %s: %+v", name, got)
		}
	}
	task.StoppedReason = aws.String("Task failed container health checks")
	task.Containers = []types.Container{{Name: aws.String("web"), HealthStatus: types.HealthStatusUnhealthy}}
	if got := diagnose(task, nil); got.Kind != ContainerHealth || got.Container != "web" {
		t.Errorf("by its own check: %+v", got)
	}
}

func TestOnlyWhatEndedByItselfOrForItsHealthIsAFailedStart(t *testing.T) {
	for _, test := range []struct {
		code   types.TaskStopCode
		reason string
		want   bool
	}{
		{types.TaskStopCodeTaskFailedToStart, "CannotPullContainerError", true},
		{types.TaskStopCodeEssentialContainerExited, "Essential container in task exited", true},
		{types.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks", true},
		{types.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment ecs-svc/1)", false},
		{types.TaskStopCodeUserInitiated, "Task stopped by user", false},
		{types.TaskStopCodeSpotInterruption, "Your Spot Task was interrupted.", false},
	} {
		if got := failed(types.Task{StopCode: test.code, StoppedReason: &test.reason}); got != test.want {
			t.Errorf("%s %s: %v", test.code, test.reason, got)
		}
	}
}

func TestManyTasksMayFailMoreOften(t *testing.T) {
	for wanted, want := range map[int32]int{0: 3, 1: 3, 6: 3, 7: 4, 20: 10} {
		if got := allowed(3, types.TaskSet{ComputedDesiredCount: wanted}); got != want {
			t.Errorf("of %d tasks %d may fail, not %d", wanted, got, want)
		}
	}
}
