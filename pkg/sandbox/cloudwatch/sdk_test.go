package cloudwatch

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// sdk is the SDK's own client, over the wire.
func (s *stage) sdk(t *testing.T) *cloudwatch.Client {
	t.Helper()
	front := httptest.NewServer(s.srv)
	t.Cleanup(front.Close)
	return cloudwatch.New(cloudwatch.Options{Region: "us-east-1", BaseEndpoint: &front.URL, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "x"}, nil
		})})
}

func TestTheRealSDKMakesReadsAndSetsAlarms(t *testing.T) {
	s := newStage(t, 1)
	c := s.sdk(t)
	ctx := t.Context()
	alarm := fives()
	alarm.TreatMissingData = ptr("ignore") // so that no evaluation takes the state back
	if _, err := c.PutMetricAlarm(ctx, alarm); err != nil {
		t.Fatal(err)
	}
	in := &cloudwatch.SetAlarmStateInput{AlarmName: ptr("web-5xx"), StateValue: types.StateValueAlarm, StateReason: ptr("a drill")}
	if _, err := c.SetAlarmState(ctx, in); err != nil {
		t.Fatal(err)
	}
	out, err := c.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"web-5xx"}})
	if err != nil || len(out.MetricAlarms) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if a := out.MetricAlarms[0]; a.StateValue != "ALARM" || *a.Threshold != 1 || len(a.Dimensions) != 2 || a.StateUpdatedTimestamp == nil {
		t.Errorf("alarm: %+v", a)
	}
	in.AlarmName = ptr("none")
	_, err = c.SetAlarmState(ctx, in)
	if missing := (*types.ResourceNotFound)(nil); !errors.As(err, &missing) {
		t.Errorf("unknown alarm: %v", err)
	}
}
