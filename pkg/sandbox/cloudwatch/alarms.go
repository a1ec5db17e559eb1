package cloudwatch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
)

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

func str(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// putMetricAlarm makes an alarm or replaces its settings; the state of an existing one stays until it is evaluated.
func (s *Service) putMetricAlarm(in *cloudwatch.PutMetricAlarmInput) (*cloudwatch.PutMetricAlarmOutput, error) {
	if err := checkAlarm(in); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	arn := "arn:aws:cloudwatch:" + s.opts.Region + ":" + s.opts.Account + ":alarm:" + *in.AlarmName
	a := &alarm{
		n:   int(*in.EvaluationPeriods),
		key: id{*in.Namespace, *in.MetricName, dimensions(in.Dimensions)}.key(),
		MetricAlarm: types.MetricAlarm{
			AlarmName: in.AlarmName, AlarmArn: &arn, AlarmDescription: in.AlarmDescription, ActionsEnabled: in.ActionsEnabled,
			AlarmActions: list(in.AlarmActions), OKActions: list(in.OKActions), InsufficientDataActions: list(in.InsufficientDataActions),
			Namespace: in.Namespace, MetricName: in.MetricName, Dimensions: append([]types.Dimension{}, in.Dimensions...),
			Statistic: in.Statistic, Unit: in.Unit, Period: in.Period, EvaluationPeriods: in.EvaluationPeriods,
			DatapointsToAlarm: in.DatapointsToAlarm, Threshold: in.Threshold, ComparisonOperator: in.ComparisonOperator,
			TreatMissingData: in.TreatMissingData, AlarmConfigurationUpdatedTimestamp: &now,
			StateValue: types.StateValueInsufficientData, StateUpdatedTimestamp: &now, StateTransitionedTimestamp: &now,
		},
	}
	reason := "Unchecked: Initial alarm creation"
	a.StateReason = &reason
	if a.ActionsEnabled == nil {
		yes := true
		a.ActionsEnabled = &yes
	}
	a.m = a.n
	if in.DatapointsToAlarm != nil {
		a.m = int(*in.DatapointsToAlarm)
	}
	s.mu.Lock()
	if old := s.alarms[*in.AlarmName]; old != nil {
		old.stop()
		a.StateValue, a.StateReason, a.StateReasonData = old.StateValue, old.StateReason, old.StateReasonData
		a.StateUpdatedTimestamp, a.StateTransitionedTimestamp = old.StateUpdatedTimestamp, old.StateTransitionedTimestamp
	}
	s.alarms[*in.AlarmName] = a
	var ctx context.Context
	ctx, a.stop = context.WithCancel(s.work.Context())
	s.run(ctx, a)
	s.mu.Unlock()
	s.changed.Raise()
	// A first look at once, so that an alarm without data has its state before anybody asks.
	s.evaluate(ctx, a, now.Truncate(s.period(a)), s.period(a))
	return &cloudwatch.PutMetricAlarmOutput{}, nil
}

// checkAlarm refuses what AWS refuses (API_PutMetricAlarm) and what the sandbox cannot evaluate.
func checkAlarm(in *cloudwatch.PutMetricAlarmInput) error {
	switch {
	case str(in.AlarmName) == "":
		return invalid("AlarmName must not be empty")
	case len(in.Metrics) > 0 || in.EvaluationCriteria != nil:
		return invalid("alarm %s: alarms over expressions or several metrics are not part of the sandbox", *in.AlarmName)
	case in.ExtendedStatistic != nil:
		return invalid("alarm %s: percentiles are not part of the sandbox; SampleCount, Average, Sum, Minimum and Maximum are", *in.AlarmName)
	case str(in.Namespace) == "" || str(in.MetricName) == "":
		return invalid("alarm %s: Namespace and MetricName are required", *in.AlarmName)
	case in.Period == nil || *in.Period != 10 && *in.Period != 20 && *in.Period != 30 && (*in.Period < 60 || *in.Period%60 != 0):
		return invalid("Period must be 10, 20, 30 or a multiple of 60")
	case in.EvaluationPeriods == nil || *in.EvaluationPeriods < 1:
		return invalid("EvaluationPeriods must be at least 1")
	case int(*in.Period)*int(*in.EvaluationPeriods) > 7*24*3600:
		return invalid("Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800)")
	case in.DatapointsToAlarm != nil && (*in.DatapointsToAlarm < 1 || *in.DatapointsToAlarm > *in.EvaluationPeriods):
		return invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods")
	case in.Threshold == nil:
		return invalid("Threshold is required")
	}
	if _, ok := operators[in.ComparisonOperator]; !ok {
		return invalid("ComparisonOperator %q is not one that the sandbox has", in.ComparisonOperator)
	}
	if _, ok := (point{count: 1}).value(string(in.Statistic)); !ok {
		return invalid("Statistic %q is not one of SampleCount, Average, Sum, Minimum and Maximum", in.Statistic)
	}
	if t := str(in.TreatMissingData); t != "" && !slices.Contains([]string{"breaching", "notBreaching", "ignore", "missing"}, t) {
		return invalid("TreatMissingData '%s' must be one of breaching, notBreaching, ignore, missing", t)
	}
	return checkDimensions(in.Dimensions)
}

func checkDimensions(list []types.Dimension) error {
	for _, d := range list {
		if str(d.Name) == "" || str(d.Value) == "" {
			return invalid("a dimension must have a name and a value")
		}
	}
	return nil
}

func (s *Service) describeAlarms(in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	limit, from := 50, 0 // API_DescribeAlarms: 50 unless asked, at most 100
	if in.MaxRecords != nil {
		limit = int(*in.MaxRecords)
	}
	if limit < 1 || limit > 100 {
		return nil, invalid("MaxRecords must be between 1 and 100")
	}
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return nil, &types.InvalidParameterCombinationException{Message: in.AlarmNamePrefix}
	}
	if t := str(in.NextToken); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 0 {
			return nil, &types.InvalidNextToken{Message: in.NextToken}
		}
		from = n
	}
	out := &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}}
	if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, types.AlarmTypeMetricAlarm) {
		return out, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		a := s.alarms[name]
		if len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, name) || !strings.HasPrefix(name, str(in.AlarmNamePrefix)) ||
			in.StateValue != "" && in.StateValue != a.StateValue {
			continue
		}
		if p := str(in.ActionPrefix); p != "" && !slices.ContainsFunc(a.AlarmActions, func(x string) bool { return strings.HasPrefix(x, p) }) {
			continue
		}
		out.MetricAlarms = append(out.MetricAlarms, a.MetricAlarm)
	}
	from = min(from, len(out.MetricAlarms))
	if from+limit < len(out.MetricAlarms) {
		token := strconv.Itoa(from + limit)
		out.NextToken = &token
	}
	out.MetricAlarms = out.MetricAlarms[from:min(from+limit, len(out.MetricAlarms))]
	return out, nil
}

// setAlarmState sets a state by hand: it lasts until the alarm's next evaluation, as on AWS.
func (s *Service) setAlarmState(in *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
	if !slices.Contains(types.StateValue("").Values(), in.StateValue) {
		return nil, invalid("StateValue %q is not one of OK, ALARM, INSUFFICIENT_DATA", in.StateValue)
	}
	s.mu.Lock()
	a := s.alarms[str(in.AlarmName)]
	if a == nil {
		s.mu.Unlock()
		return nil, unknown(str(in.AlarmName))
	}
	before := a.StateValue
	event := s.turn(a, in.StateValue, str(in.StateReason), str(in.StateReasonData))
	message := s.message(a, before)
	s.mu.Unlock()
	if before != in.StateValue {
		s.tell(a, event)
		s.act(a, in.StateValue, message)
	}
	return &cloudwatch.SetAlarmStateOutput{}, nil
}

// deleteAlarms deletes all or, when one is not known, none.
func (s *Service) deleteAlarms(in *cloudwatch.DeleteAlarmsInput) (*cloudwatch.DeleteAlarmsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range in.AlarmNames {
		if s.alarms[name] == nil {
			return nil, unknown(name)
		}
	}
	for _, name := range in.AlarmNames {
		if a := s.alarms[name]; a != nil { // one may be named twice
			a.stop()
		}
		delete(s.alarms, name)
	}
	s.changed.Raise()
	return &cloudwatch.DeleteAlarmsOutput{}, nil
}

func unknown(name string) error {
	message := "alarm " + name + " does not exist"
	return &types.ResourceNotFound{Message: &message}
}

func ptr[T any](v T) *T { return &v }

func list(in []string) []string { return append([]string{}, in...) }
