package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

type stage struct {
	t      *testing.T
	srv    *wire.Server
	cw     *Service
	mu     sync.Mutex
	events []string // detail, as JSON
}

func newStage(t *testing.T, factor float64) *stage {
	s := &stage{t: t, srv: wire.New(wire.Options{})}
	s.cw = New(Options{Clock: clock.New(factor), Account: "111122223333", Region: "us-east-1",
		Emit: func(source, kind string, resources []string, detail any) {
			if source != "aws.cloudwatch" || kind != "CloudWatch Alarm State Change" {
				t.Errorf("event %s %s", source, kind)
			}
			b, err := json.Marshal(detail)
			if err != nil {
				t.Error(err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, string(b))
		}})
	s.cw.Register(s.srv)
	t.Cleanup(s.cw.Close)
	return s
}

func call[Out any](s *stage, in any) *Out {
	s.t.Helper()
	out, err := wire.Call[Out](s.t.Context(), s.srv, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// fives is the alarm that a deployment group watches: any 5xx of a target group within a minute.
func fives() *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: ptr("web-5xx"), AlarmDescription: ptr("errors"), Namespace: ptr("AWS/ApplicationELB"), MetricName: ptr("HTTPCode_Target_5XX_Count"),
		Dimensions: []types.Dimension{{Name: ptr("TargetGroup"), Value: ptr("targetgroup/a/1")}, {Name: ptr("LoadBalancer"), Value: ptr("app/b/2")}},
		Statistic:  types.StatisticSum, Period: ptr[int32](60), EvaluationPeriods: ptr[int32](1), Threshold: ptr(1.0),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: ptr("notBreaching"),
	}
}

func (s *stage) fail(n int) {
	for range n {
		s.cw.Put("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", map[string]string{"LoadBalancer": "app/b/2", "TargetGroup": "targetgroup/a/1"}, 1)
	}
}

func (s *stage) state() string {
	s.t.Helper()
	all := call[cloudwatch.DescribeAlarmsOutput](s, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"web-5xx"}}).MetricAlarms
	if len(all) != 1 {
		s.t.Fatalf("%d alarms", len(all))
	}
	return string(all[0].StateValue)
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAnAlarmFollowsItsMetricOnTheClock(t *testing.T) {
	for _, factor := range []float64{1, 60} {
		t.Run(fmt.Sprint(factor), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				minute := time.Duration(float64(time.Minute) / factor)
				s := newStage(t, factor)
				call[cloudwatch.PutMetricAlarmOutput](s, fives())
				synctest.Wait()
				if got := s.state(); got != "OK" {
					t.Errorf("without data: %s", got)
				}
				pass(minute / 2)
				changed := s.cw.Changed()
				s.fail(3)
				pass(minute/2 - time.Millisecond)
				if got := s.state(); got != "OK" {
					t.Errorf("within the period: %s", got)
				}
				pass(2 * time.Millisecond)
				if got := s.state(); got != "ALARM" {
					t.Errorf("after the period: %s", got)
				}
				select {
				case <-changed:
				default:
					t.Error("nobody was told")
				}
				pass(4 * minute)
				if got := s.state(); got != "OK" {
					t.Errorf("after quiet periods: %s", got)
				}
				if len(s.events) != 3 {
					t.Errorf("events: %s", s.events)
				}
			})
		})
	}
}

func TestTheEventHasAWSsShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 1)
		call[cloudwatch.PutMetricAlarmOutput](s, fives())
		synctest.Wait()
		s.fail(12)
		pass(time.Minute)
		var got map[string]any
		if err := json.Unmarshal([]byte(s.events[len(s.events)-1]), &got); err != nil {
			t.Fatal(err)
		}
		var data map[string]any
		state := got["state"].(map[string]any)
		if err := json.Unmarshal([]byte(state["reasonData"].(string)), &data); err != nil || data["threshold"] != 1.0 {
			t.Errorf("reason data %v: %v", state["reasonData"], err)
		}
		delete(state, "reasonData")
		want := map[string]any{
			"alarmName": "web-5xx",
			"configuration": map[string]any{"description": "errors", "metrics": []any{map[string]any{"id": "m1", "returnData": true, "metricStat": map[string]any{
				"metric": map[string]any{"namespace": "AWS/ApplicationELB", "name": "HTTPCode_Target_5XX_Count",
					"dimensions": map[string]any{"LoadBalancer": "app/b/2", "TargetGroup": "targetgroup/a/1"}},
				"period": 60.0, "stat": "Sum"}}}},
			"previousState": map[string]any{"value": "OK", "timestamp": "2000-01-01T00:00:00.000+0000",
				"reason":     "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
				"reasonData": got["previousState"].(map[string]any)["reasonData"]},
			"state": map[string]any{"value": "ALARM", "timestamp": "2000-01-01T00:01:00.000+0000",
				"reason": "Threshold Crossed: 1 out of the last 1 datapoints [12 (01/01/00 00:00:00)] was greater than or equal to the threshold (1) (minimum 1 datapoint for OK -> ALARM transition)."},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestAStateSetByHandLastsUntilTheNextEvaluation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 1)
		call[cloudwatch.PutMetricAlarmOutput](s, fives())
		pass(time.Second)
		call[cloudwatch.SetAlarmStateOutput](s, &cloudwatch.SetAlarmStateInput{AlarmName: ptr("web-5xx"), StateValue: "ALARM", StateReason: ptr("a drill")})
		if got := s.state(); got != "ALARM" {
			t.Errorf("set: %s", got)
		}
		pass(time.Minute)
		if got := s.state(); got != "OK" {
			t.Errorf("a minute later: %s", got)
		}
	})
}

func TestAChangedAlarmKeepsItsStateAndADeletedOneIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 1)
		call[cloudwatch.PutMetricAlarmOutput](s, fives())
		s.fail(1)
		pass(time.Minute)
		in := fives()
		in.TreatMissingData, in.Threshold = ptr("ignore"), ptr(5.0)
		call[cloudwatch.PutMetricAlarmOutput](s, in)
		synctest.Wait()
		if got := s.state(); got != "OK" {
			t.Errorf("one error against a threshold of five: %s", got)
		}
		call[cloudwatch.DeleteAlarmsOutput](s, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"web-5xx"}})
		n := len(s.events)
		s.fail(10)
		pass(5 * time.Minute)
		if len(s.events) != n {
			t.Errorf("events after deletion: %s", s.events[n:])
		}
	})
}

func TestAlarmsAreFoundByNamePrefixStateAndPage(t *testing.T) {
	s := newStage(t, 1)
	for _, name := range []string{"a-1", "a-2", "b-1"} {
		in := fives()
		in.AlarmName = &name
		call[cloudwatch.PutMetricAlarmOutput](s, in)
	}
	names := func(in *cloudwatch.DescribeAlarmsInput) (string, *string) {
		out := call[cloudwatch.DescribeAlarmsOutput](s, in)
		var got []string
		for _, a := range out.MetricAlarms {
			if *a.AlarmArn != "arn:aws:cloudwatch:us-east-1:111122223333:alarm:"+*a.AlarmName {
				t.Error(*a.AlarmArn)
			}
			got = append(got, *a.AlarmName)
		}
		return strings.Join(got, " "), out.NextToken
	}
	if got, _ := names(&cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"b-1", "zzz"}}); got != "b-1" {
		t.Error(got)
	}
	if got, _ := names(&cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: ptr("a-")}); got != "a-1 a-2" {
		t.Error(got)
	}
	if got, _ := names(&cloudwatch.DescribeAlarmsInput{StateValue: "ALARM"}); got != "" {
		t.Error(got)
	}
	first, next := names(&cloudwatch.DescribeAlarmsInput{MaxRecords: ptr[int32](2)})
	second, end := names(&cloudwatch.DescribeAlarmsInput{MaxRecords: ptr[int32](2), NextToken: next})
	if first != "a-1 a-2" || second != "b-1" || end != nil {
		t.Errorf("pages %q %q", first, second)
	}
}

func TestRefusalsHaveAWSsCodes(t *testing.T) {
	s := newStage(t, 1)
	with := func(change func(*cloudwatch.PutMetricAlarmInput)) *cloudwatch.PutMetricAlarmInput {
		in := fives()
		change(in)
		return in
	}
	for name, in := range map[string]*cloudwatch.PutMetricAlarmInput{
		"no name":      with(func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmName = nil }),
		"math":         with(func(in *cloudwatch.PutMetricAlarmInput) { in.Metrics = []types.MetricDataQuery{{}} }),
		"percentile":   with(func(in *cloudwatch.PutMetricAlarmInput) { in.ExtendedStatistic = ptr("p99") }),
		"odd period":   with(func(in *cloudwatch.PutMetricAlarmInput) { in.Period = ptr[int32](61) }),
		"no threshold": with(func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = nil }),
		"M over N":     with(func(in *cloudwatch.PutMetricAlarmInput) { in.DatapointsToAlarm = ptr[int32](2) }),
		"band":         with(func(in *cloudwatch.PutMetricAlarmInput) { in.ComparisonOperator = "GreaterThanUpperThreshold" }),
		"treatment":    with(func(in *cloudwatch.PutMetricAlarmInput) { in.TreatMissingData = ptr("maybe") }),
		"dimension":    with(func(in *cloudwatch.PutMetricAlarmInput) { in.Dimensions = []types.Dimension{{Name: ptr("x")}} }),
	} {
		if _, err := wire.Call[cloudwatch.PutMetricAlarmOutput](t.Context(), s.srv, in); code(err) != "ValidationError" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wire.Call[cloudwatch.SetAlarmStateOutput](t.Context(), s.srv, &cloudwatch.SetAlarmStateInput{AlarmName: ptr("x"), StateValue: "OK"}); code(err) != "ResourceNotFound" {
		t.Error(err)
	}
	if _, err := wire.Call[cloudwatch.DeleteAlarmsOutput](t.Context(), s.srv, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"x"}}); code(err) != "ResourceNotFound" {
		t.Error(err)
	}
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestMetricsAreKeptAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 1)
		start := time.Now()
		call[cloudwatch.PutMetricDataOutput](s, &cloudwatch.PutMetricDataInput{Namespace: ptr("app"), MetricData: []types.MetricDatum{
			{MetricName: ptr("n"), Value: ptr(2.0)},
			{MetricName: ptr("n"), Values: []float64{3, 5}, Counts: []float64{2, 1}},
			{MetricName: ptr("n"), Timestamp: ptr(start.Add(-time.Minute)), StatisticValues: &types.StatisticSet{SampleCount: ptr(4.0), Sum: ptr(8.0), Minimum: ptr(1.0), Maximum: ptr(3.0)}},
		}})
		points := call[cloudwatch.GetMetricStatisticsOutput](s, &cloudwatch.GetMetricStatisticsInput{Namespace: ptr("app"), MetricName: ptr("n"),
			StartTime: ptr(start.Add(-time.Hour)), EndTime: ptr(start.Add(time.Minute)), Period: ptr[int32](60),
			Statistics: []types.Statistic{"Sum", "Average", "Minimum", "Maximum", "SampleCount"}}).Datapoints
		var got [][]float64
		for _, p := range points {
			got = append(got, []float64{*p.Sum, *p.Average, *p.Minimum, *p.Maximum, *p.SampleCount})
		}
		if d := cmp.Diff([][]float64{{8, 2, 1, 3, 4}, {13, 3.25, 2, 5, 4}}, got); d != "" {
			t.Error(d)
		}
		for i := range maxSeries + 10 {
			<-time.After(time.Second)
			s.cw.Put("app", fmt.Sprint("m", i), nil, 1)
		}
		for range maxBuckets + 10 {
			<-time.After(time.Second)
			s.cw.Put("app", "m1009", nil, 1)
		}
		if n, m := len(s.cw.series), len(s.cw.series[id{"app", "m1009", nil}.key()].buckets); n != maxSeries || m > maxBuckets || m < maxBuckets/2 {
			t.Errorf("%d metrics, %d buckets", n, m)
		}
		all := call[cloudwatch.ListMetricsOutput](s, &cloudwatch.ListMetricsInput{Namespace: ptr("app"), MetricName: ptr("n")}).Metrics
		if len(all) != 0 {
			t.Errorf("the oldest metric is still there: %+v", all)
		}
	})
}
