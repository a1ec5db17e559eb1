package release

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// apply brings the service's own settings in line with its description: those that UpdateService allows with the
// CODE_DEPLOY controller and that the stack's template must therefore never change. It leaves a service alone
// whose deployment is active (scaling then fails the deployment), that is suspended, or that is not there.
//
// It tells what it did. What goes wrong here is told and holds no release back: the schedule brings it again.
func (l *Loop) apply(ctx context.Context, o Observed) string {
	in, changes := l.update(o)
	if in == nil {
		return ""
	}
	if _, err := l.aws.Services.UpdateService(ctx, in); err != nil {
		return fmt.Sprintf("%s: not applied: %v", changes, err)
	}
	return changes
}

// update is the call that apply makes; nil when nothing differs.
func (l *Loop) update(o Observed) (in *ecs.UpdateServiceInput, changes string) {
	s := o.Service
	if l.deployed.Service.Adopted() {
		return nil, "" // its settings are its owner's
	}
	if s == nil || aws.ToString(s.Status) != "ACTIVE" || o.hand().Suspend != nil {
		return nil, ""
	}
	if _, ok := live.Primary(s); !ok {
		return nil, ""
	}
	if _, busy := o.active(); busy {
		return nil, ""
	}
	in = &ecs.UpdateServiceInput{Cluster: &l.names.Cluster, Service: &l.names.Service}
	var texts []string
	if want := l.deployed.Service.DesiredCount; want != nil && int32(*want) != s.DesiredCount {
		in.DesiredCount = aws.Int32(int32(*want))
		texts = append(texts, fmt.Sprintf("desired count from %d to %d", s.DesiredCount, *want))
	}
	grace := int32(l.deployed.Service.LoadBalancer.HealthCheck.GracePeriod.Std().Seconds())
	if is := aws.ToInt32(s.HealthCheckGracePeriodSeconds); is != grace {
		in.HealthCheckGracePeriodSeconds = aws.Int32(grace)
		texts = append(texts, fmt.Sprintf("health check grace period from %d s to %d s", is, grace))
	}
	if want := l.deployed.Service.Task.Exec; want != s.EnableExecuteCommand {
		in.EnableExecuteCommand = &want
		texts = append(texts, map[bool]string{true: "ECS Exec on", false: "ECS Exec off"}[want])
	}
	if len(texts) == 0 {
		return nil, ""
	}
	return in, strings.Join(texts, ", ")
}
