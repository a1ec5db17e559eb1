package watch

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// mostQuoted is how much of ECS's own words is quoted, in bytes.
const mostQuoted = 400

// quoted are ECS's own words behind ours; nothing where it has none.
func quoted(reason string) string {
	reason = strings.TrimRight(strings.TrimSpace(printable(reason)), ".")
	if reason == "" {
		return ""
	}
	return ": " + cut(reason, mostQuoted)
}

// blame is the container whose end is the task's: one that tells a reason, else one that ended badly by itself, else
// any that ended. The others were ended by it, with 137 or 143. ECS does not tell which ended first.
func blame(containers []types.Container) *types.Container {
	var best *types.Container
	rank := 0
	for i := range containers {
		c := &containers[i]
		now := 0
		switch {
		case c.ExitCode == nil:
		case aws.ToString(c.Reason) != "":
			now = 4
		case *c.ExitCode != 0 && *c.ExitCode != 137 && *c.ExitCode != 143:
			now = 3
		case *c.ExitCode == 0:
			now = 2
		default:
			now = 1
		}
		if now > rank {
			best, rank = c, now
		}
	}
	return best
}

// exited tells what an exit code means.
func exited(c Cause) Cause {
	code := aws.ToInt32(c.ExitCode)
	c.What = fmt.Sprintf("it exited with %d", code)
	if meaning := exitMeaning(code); meaning != "" {
		c.What += ": " + meaning
	}
	switch code {
	case 0:
		c.Do = "Keep it running in the foreground."
	case 126, 127:
		c.Do = "Correct the image's entry point, or the task's command."
	case 137:
		c.Do = "Give the task more memory, or look in its log for who killed it."
	default:
		c.Do = "Its log tells more."
	}
	return c
}

// health is the cause of a task that ECS replaced for its health.
func health(task types.Task, reason string, events []types.ServiceEvent) Cause {
	if strings.Contains(reason, "container health") {
		c := Cause{Kind: ContainerHealth, What: "its own health check fails", Do: "Try the check's command in the image, and give it a start period that is long enough."}
		for _, one := range task.Containers {
			if one.HealthStatus == types.HealthStatusUnhealthy {
				c.Container = aws.ToString(one.Name)
			}
		}
		return c
	}
	c := Cause{Kind: TargetHealth, What: "the load balancer finds it unhealthy" + quoted(answered(task, events)),
		Do: "Does it listen on its port on all addresses, and answer the health check's path in time? Something slow to start needs a grace period."}
	if c.What == "the load balancer finds it unhealthy" {
		c.What += quoted(reason)
	}
	return c
}

// answered is what the service's events say that a health check of the task got: "(service s) (task t) (port 80) is
// unhealthy in (target-group arn) due to (reason Request timed out)". An event that names no task counts when it is of
// the task's lifetime.
func answered(task types.Task, events []types.ServiceEvent) string {
	var without string
	for _, e := range events {
		who, answer, ok := strings.Cut(aws.ToString(e.Message), " due to (reason ")
		if !ok || !strings.Contains(who, "is unhealthy in") {
			continue
		}
		answer = strings.TrimSuffix(strings.TrimRight(answer, ". "), ")")
		if strings.Contains(who, "(task "+last(aws.ToString(task.TaskArn))+")") {
			return answer
		}
		at := aws.ToTime(e.CreatedAt)
		if without == "" && !strings.Contains(who, "(task ") && !at.Before(aws.ToTime(task.CreatedAt)) && !at.After(stoppedAt(task)) {
			without = answer
		}
	}
	return without
}
