package watch

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Kind of a cause, a word for machines.
type Kind string

// The kinds. What nobody has met before is Unknown, told in ECS's own words.
const (
	ImageMissing      Kind = "ImageMissing"
	ImageNotPermitted Kind = "ImageNotPermitted"
	ImageUnreachable  Kind = "ImageUnreachable"
	WrongArchitecture Kind = "WrongArchitecture"
	SecretMissing     Kind = "SecretMissing"
	NotPermitted      Kind = "NotPermitted"
	LogGroupMissing   Kind = "LogGroupMissing"
	NoCapacity        Kind = "NoCapacity"
	NoAddress         Kind = "NoAddress"
	CannotStart       Kind = "CannotStart"
	OutOfMemory       Kind = "OutOfMemory"
	Exited            Kind = "Exited"
	ContainerHealth   Kind = "ContainerHealthCheck"
	TargetHealth      Kind = "TargetHealthCheck"
	Unknown           Kind = "Unknown"
)

// Cause is why a start failed.
type Cause struct {
	Kind Kind `json:"kind"`
	// What was seen, a clause without a full stop; Do is what to do about it, a sentence.
	What string `json:"what"`
	Do   string `json:"do,omitempty"`
	// Container that is to blame, where one is; ExitCode is its own, where it ended.
	Container string `json:"container,omitempty"`
	ExitCode  *int32 `json:"exitCode,omitempty"`
}

// sign is how a cause shows itself: in a reason that begins with one of the heads (none: any) and contains one of the
// needles (none: anything), in small letters.
type sign struct {
	heads, needles []string
	kind           Kind
	what, do       string
}

// pull, setup and start are how ECS's reasons begin, by the step that failed.
var (
	pull  = []string{"cannotpull"}
	setup = []string{"resourceinitializationerror"}
	start = []string{"cannotstartcontainer", "cannotcreatecontainer", "containerruntime"}
)

// signs are asked in this order; the first that shows is the cause. Texts:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html and its pages.
var signs = []sign{
	{nil, []string{"exec format error", "descriptor matching platform", "find a descriptor for platform", "no matching manifest", "no match for platform"}, WrongArchitecture,
		"the image is not for the task's processor architecture", "Build it for the architecture that the service's task has (docker build --platform), or for both."},
	{pull, []string{"403", "denied", "unauthorized", "not authorized", "no basic auth"}, ImageNotPermitted,
		"its image may not be pulled", "Look at the execution role's policy and at the repository's."},
	{pull, []string{"429", "toomanyrequests", "rate limit"}, ImageUnreachable,
		"the registry refuses, for it was asked too often", "Pull through a cache of your own, or log in."},
	{pull, []string{"timeout", "timed out", "deadline", "no route", "connection refused", "no such host", "dial tcp"}, ImageUnreachable,
		"the registry cannot be reached from the task's subnets", "They need a NAT gateway, or endpoints for ECR and S3."},
	{pull, []string{"no space left"}, CannotStart, "its image does not fit on the task's disk", "Make the image smaller, or give the task more ephemeral storage."},
	{pull, []string{"not found", "does not exist", "manifest unknown", "404"}, ImageMissing,
		"its image is not in the registry", "Was it deleted, by a lifecycle policy perhaps? Push it again."},
	{pull, nil, ImageUnreachable, "its image cannot be pulled", ""},
	{setup, []string{"log group does not exist", "createlogstream", "log stream", "logger args"}, LogGroupMissing,
		"its log stream cannot be made", "Is the log group there, and may the execution role write to it?"},
	{setup, []string{"accessdenied", "not authorized", "denied"}, NotPermitted,
		"the execution role may not read what the task needs", "Allow it, for secrets also the key that they are encrypted with."},
	{setup, []string{"timeout", "timed out", "deadline", "dial tcp"}, SecretMissing,
		"the secrets cannot be reached from the task's subnets", "They need a NAT gateway, or endpoints for Secrets Manager and Systems Manager."},
	{setup, []string{"secret", "parameter"}, SecretMissing, "a secret that the task needs is missing", "Create it, or correct its ARN in the task's secrets."},
	{nil, []string{"freeaddresses", "network interface", "resource:eni"}, NoAddress,
		"the subnets gave it no network interface", "Have they free addresses, and the account free network interfaces?"},
	{nil, []string{"capacity is unavailable", "insufficient capacity", "resource:fargate", "resource:cpu", "resource:memory", "vcpu"}, NoCapacity,
		"there is no capacity for it", "Try again later, name subnets in more zones, or raise the account's Fargate quota."},
	{nil, []string{"outofmemory"}, OutOfMemory, "it took more memory than the task has", "Give the task more memory, or the program less to do at its start."},
	{start, []string{"executable file not found", "no such file or directory", "no command specified"}, CannotStart,
		"its command is not in the image", "Correct the image's entry point, or the task's command."},
	{start, []string{"permission denied"}, CannotStart, "its command may not be executed", "Make it executable, for the user that the container runs as."},
	{start, nil, CannotStart, "it cannot be started", ""},
}

// recognized is the cause that a reason shows.
func recognized(reason string) (Cause, bool) {
	low := strings.ToLower(reason)
	for _, s := range signs {
		if shows(low, s.heads, strings.HasPrefix) && shows(low, s.needles, strings.Contains) {
			return Cause{Kind: s.kind, What: s.what, Do: s.do}, true
		}
	}
	return Cause{}, false
}

func shows(text string, any []string, how func(s, part string) bool) bool {
	for _, part := range any {
		if how(text, part) {
			return true
		}
	}
	return len(any) == 0
}

// diagnose is the cause of one failed start: by the task's own reason, then by what its containers tell.
func diagnose(task types.Task, events []types.ServiceEvent) Cause {
	reason := aws.ToString(task.StoppedReason)
	if strings.HasPrefix(reason, unhealthy) {
		return health(task, reason, events)
	}
	blamed := blame(task.Containers)
	if blamed == nil || task.StopCode == types.TaskStopCodeTaskFailedToStart {
		return quoting(reason, "", nil)
	}
	c := Cause{Kind: Exited, Container: aws.ToString(blamed.Name), ExitCode: blamed.ExitCode}
	if own, ok := recognized(aws.ToString(blamed.Reason)); ok {
		own.Container, own.ExitCode = c.Container, c.ExitCode
		own.What += quoted(aws.ToString(blamed.Reason))
		return own
	}
	return exited(c)
}

// quoting is the cause that a reason shows, with its words.
func quoting(reason, container string, code *int32) Cause {
	c, ok := recognized(reason)
	if !ok {
		c = Cause{Kind: Unknown, What: "ECS says"}
	}
	c.Container, c.ExitCode = container, code
	c.What += quoted(reason)
	return c
}
