package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// periodFloor is the shortest real time of an alarm's period, however fast the clock runs.
const periodFloor = 50 * time.Millisecond

type alarm struct {
	types.MetricAlarm
	key  string // of its metric
	m, n int
	stop context.CancelFunc
}

func (a *alarm) dims() map[string]string { return dimensions(a.Dimensions) }

func dimensions(list []types.Dimension) map[string]string {
	m := make(map[string]string, len(list))
	for _, d := range list {
		m[*d.Name] = *d.Value
	}
	return m
}

// period of the alarm in real time.
func (s *Service) period(a *alarm) time.Duration {
	return max(s.opts.Clock.Scale(time.Duration(*a.Period)*time.Second), periodFloor)
}

// run evaluates an alarm at the end of each of its periods until its stop is called. The caller holds s.mu.
func (s *Service) run(ctx context.Context, a *alarm) {
	period := s.period(a)
	s.work.Go(func() {
		defer a.stop()
		for {
			now := time.Now()
			end := now.Truncate(period).Add(period)
			if s.opts.Clock.WaitReal(ctx, "alarm-period", end.Sub(now)) != nil {
				return
			}
			s.evaluate(ctx, a, time.Now().Truncate(period), period)
		}
	})
}

// evaluate looks at the whole periods before end.
func (s *Service) evaluate(ctx context.Context, a *alarm, end time.Time, period time.Duration) {
	if s.opts.Gauge != nil {
		if value, ok := s.opts.Gauge(*a.Namespace, *a.MetricName, a.dims()); ok {
			s.add(naming(id{*a.Namespace, *a.MetricName, a.dims()}), end.Add(-period/2), point{count: 1, sum: value, low: value, high: value})
		}
	}
	s.mu.Lock()
	if ctx.Err() != nil {
		s.mu.Unlock()
		return
	}
	op := operators[a.ComparisonOperator]
	var newest []*bool
	var values []string
	var recent []float64
	for i := range a.n + extraPeriods {
		start := end.Add(-time.Duration(i+1) * period)
		p := s.between(a.key, start, start.Add(period))
		if p.count == 0 {
			newest = append(newest, nil)
			continue
		}
		v, _ := p.value(string(a.Statistic))
		bad := op.holds(v, *a.Threshold)
		newest = append(newest, &bad)
		if len(values) < a.n {
			recent = append(recent, v)
			values = append(values, fmt.Sprintf("%v (%s)", v, start.UTC().Format("02/01/06 15:04:05")))
		}
	}
	state, breaching, keep := judge(newest, a.m, a.n, missing(a))
	if keep || state == a.StateValue {
		s.mu.Unlock()
		return
	}
	reason := reasonFor(a, state, breaching, values, op.words)
	data, _ := json.Marshal(map[string]any{
		"version": "1.0", "queryDate": stamp(time.Now()), "statistic": a.Statistic, "period": *a.Period,
		"recentDatapoints": append([]float64{}, recent...), "threshold": *a.Threshold,
	})
	before := a.StateValue
	event := s.turn(a, state, reason, string(data))
	message := s.message(a, before)
	s.mu.Unlock()
	s.tell(a, event)
	s.act(a, state, message)
}

func missing(a *alarm) string {
	if a.TreatMissingData == nil {
		return "missing"
	}
	return *a.TreatMissingData
}

// reasonFor words a state as CloudWatch does.
func reasonFor(a *alarm, state types.StateValue, breaching int, values []string, words string) string {
	if len(values) == 0 {
		if state == types.StateValueInsufficientData {
			return "Insufficient Data: no datapoints were received for the last period."
		}
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %d period%s and %d missing datapoint%s treated as [%s].",
			a.n, plural(a.n), a.n, map[bool]string{true: " was", false: "s were"}[a.n == 1],
			map[bool]string{true: "Breaching", false: "NonBreaching"}[missing(a) == "breaching"])
	}
	count, not := breaching, ""
	if state == types.StateValueOk {
		count, not = len(values)-breaching, "not "
	}
	verb := "were"
	if count == 1 {
		verb = "was"
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%v) (minimum %d datapoint%s for OK -> ALARM transition).",
		count, len(values), strings.Join(values, ", "), verb, not, words, *a.Threshold, a.m, plural(a.m))
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// turn changes the state and returns the detail of the event. The caller holds s.mu.
func (s *Service) turn(a *alarm, state types.StateValue, reason, data string) map[string]any {
	was := described(&a.MetricAlarm)
	now := time.Now().UTC()
	if a.StateValue != state {
		a.StateTransitionedTimestamp = &now
	}
	a.StateValue, a.StateReason, a.StateUpdatedTimestamp = state, &reason, &now
	a.StateReasonData = nil
	if data != "" {
		a.StateReasonData = &data
	}
	metric := map[string]any{
		"id": "m1", "returnData": true,
		"metricStat": map[string]any{
			"metric": map[string]any{"namespace": *a.Namespace, "name": *a.MetricName, "dimensions": a.dims()},
			"period": *a.Period, "stat": a.Statistic,
		},
	}
	configuration := map[string]any{"metrics": []any{metric}}
	if a.AlarmDescription != nil {
		configuration["description"] = *a.AlarmDescription
	}
	return map[string]any{
		"alarmName": *a.AlarmName, "state": described(&a.MetricAlarm), "previousState": was, "configuration": configuration,
	}
}

// tell raises the event, whose shape is that of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
func (s *Service) tell(a *alarm, detail map[string]any) {
	s.opts.Emit("aws.cloudwatch", "CloudWatch Alarm State Change", []string{*a.AlarmArn}, detail)
	s.changed.Raise()
}

func described(a *types.MetricAlarm) map[string]any {
	m := map[string]any{"value": string(a.StateValue), "reason": *a.StateReason, "timestamp": stamp(*a.StateUpdatedTimestamp)}
	if a.StateReasonData != nil {
		m["reasonData"] = *a.StateReasonData
	}
	return m
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }
