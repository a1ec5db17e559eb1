package main

import (
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

func TestAnAlarmThatGoesQuietWakesWhatItRefused(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	alarms := cloudwatch.NewFromConfig(r.aws)
	silence := func(means string) { // no data ever comes
		_, err := alarms.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
			AlarmName: &r.names.Alarms[0], Namespace: aws.String("Test"), MetricName: aws.String("Silence"), Statistic: cwtypes.StatisticSum,
			ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(1),
			Period: aws.Int32(10), EvaluationPeriods: aws.Int32(1), TreatMissingData: &means})
		if err != nil {
			t.Fatal(err)
		}
	}
	silence("breaching")
	r.until("the alarm fires", func(live.Status) bool {
		out, err := alarms.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{r.names.Alarms[0]}})
		return err == nil && len(out.MetricAlarms) == 1 && out.MetricAlarms[0].StateValue == cwtypes.StateValueAlarm
	})
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.logged(r.names.ReleaseFunction, `"event":"push of sample-website:v1"`, `"decision":"Refuse"`, r.names.Alarms[0]+" is firing", `"Refused":1`)
	silence("notBreaching")
	r.logged(r.names.ReleaseFunction, `"event":"alarm `+r.names.Alarms[0]+` is OK"`, `"decision":"Deploy"`)
}
