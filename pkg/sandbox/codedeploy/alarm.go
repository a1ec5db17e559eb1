package codedeploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const alarmText = "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, " +
	"and the affected deployments have been stopped. Activated alarms: "

// watch looks at the deployment's alarms once, which stops it before anything is done, and then whenever
// something changed until ctx ends. The channel is closed when it looks no more. Rollbacks are not watched: the alarm
// that caused one may well go on.
func (r *run) watch(ctx context.Context) (<-chan struct{}, error) {
	ended := make(chan struct{})
	c := r.d.alarms
	if c == nil || !c.Enabled || len(c.Alarms) == 0 || r.d.undoes != nil {
		close(ended)
		return ended, nil
	}
	changed := r.s.opts.Changed()
	if f := r.firing(ctx); f != nil {
		close(ended)
		return ended, f
	}
	go func() {
		defer close(ended)
		every := max(r.s.opts.Clock.Scale(r.s.assumes.AlarmPoll), time.Second)
		for pause(ctx, changed, every) {
			changed = r.s.opts.Changed()
			if f := r.firing(ctx); f != nil {
				r.s.interrupt(r.d, f)
				return
			}
		}
	}()
	return ended, nil
}

// pause until something changed or real time d has passed; false when ctx ended.
func pause(ctx context.Context, changed <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// firing says why the deployment is to be stopped; nil when it is not.
func (r *run) firing(ctx context.Context) *failure {
	stop := func(code types.ErrorCode, message string) *failure {
		return &failure{status: types.DeploymentStatusStopped, code: code, message: message,
			reason: types.AutoRollbackEventDeploymentStopOnAlarm}
	}
	var names []string
	for _, a := range r.d.alarms.Alarms {
		names = append(names, of(a.Name))
	}
	out, err := call[cloudwatch.DescribeAlarmsOutput](ctx, r.s, &cloudwatch.DescribeAlarmsInput{AlarmNames: names,
		AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm}})
	if ctx.Err() != nil {
		return nil
	}
	states := map[string]cwtypes.StateValue{}
	if err == nil {
		for _, a := range out.MetricAlarms {
			states[of(a.AlarmName)] = a.StateValue
		}
		for _, a := range out.CompositeAlarms {
			states[of(a.AlarmName)] = a.StateValue
		}
	}
	var active []string
	for _, n := range names {
		switch state, known := states[n]; {
		case state == cwtypes.StateValueAlarm:
			active = append(active, n)
		case err == nil && !known && r.s.assumes.MissingAlarmIsPollFailure:
			err = fmt.Errorf("the alarm %s does not exist", n)
		}
	}
	if len(active) > 0 {
		return stop(types.ErrorCodeAlarmActive, alarmText+strings.Join(active, ", "))
	}
	if err == nil || r.d.alarms.IgnorePollAlarmFailure {
		return nil
	}
	var f *failure
	if errors.As(r.from(servedByCloudWatch, err), &f) {
		return stop(f.code, f.message)
	}
	return nil
}

// interrupt ends a deployment unless it is too late; the row in flight fails.
func (s *Service) interrupt(d *deployment, f *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !d.committed && !d.over() {
		d.halt(f)
	}
}
