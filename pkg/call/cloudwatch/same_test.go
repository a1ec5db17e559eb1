package cloudwatch_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// both are our client and the SDK's of one server.
func both(t *testing.T, srv *wire.Server) (*cloudwatch.Client, *sdk.Client) {
	t.Helper()
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	return cloudwatch.NewFromConfig(cfg), sdk.NewFromConfig(cfg)
}

func TestAlarmsAreWhatTheSDKReads(t *testing.T) {
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	var asked []*sdk.DescribeAlarmsInput
	wire.On(srv, "monitoring", func(_ context.Context, in *sdk.DescribeAlarmsInput) (*sdk.DescribeAlarmsOutput, error) {
		asked = append(asked, in)
		return &sdk.DescribeAlarmsOutput{
			MetricAlarms: []types.MetricAlarm{
				{AlarmName: aws.String("loud <é>"), StateValue: types.StateValueAlarm, Threshold: aws.Float64(1.5), Dimensions: []types.Dimension{{Name: aws.String("a"), Value: aws.String("b")}}},
				{AlarmName: aws.String("quiet"), StateValue: types.StateValueOk},
			},
			CompositeAlarms: []types.CompositeAlarm{{AlarmName: aws.String("both"), StateValue: types.StateValueInsufficientData, AlarmRule: aws.String("ALARM(loud)")}},
		}, nil
	})
	ours, theirs := both(t, srv)
	kinds := []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}
	got, err := ours.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"loud <é>", "quiet"}, AlarmTypes: kinds})
	if err != nil {
		t.Fatal(err)
	}
	is, err := theirs.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{AlarmNames: []string{"loud <é>", "quiet"}, AlarmTypes: kinds})
	if err != nil {
		t.Fatal(err)
	}
	var want cloudwatch.DescribeAlarmsOutput
	for _, a := range is.MetricAlarms {
		want.MetricAlarms = append(want.MetricAlarms, cloudwatch.Alarm{AlarmName: *a.AlarmName, StateValue: a.StateValue})
	}
	for _, a := range is.CompositeAlarms {
		want.CompositeAlarms = append(want.CompositeAlarms, cloudwatch.Alarm{AlarmName: *a.AlarmName, StateValue: a.StateValue})
	}
	if d := cmp.Diff(&want, got); d != "" || len(want.MetricAlarms) != 2 || len(want.CompositeAlarms) != 1 {
		t.Errorf("(-the SDK's +ours)\n%s", d)
	}
	if d := cmp.Diff(asked[1], asked[0], cmpopts.IgnoreUnexported(sdk.DescribeAlarmsInput{})); d != "" {
		t.Errorf("asked (-by the SDK +by ours)\n%s", d)
	}
}

func TestARefusalHasTheCodeOfTheQueryProtocol(t *testing.T) {
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	wire.On(srv, "monitoring", func(context.Context, *sdk.DescribeAlarmsInput) (*sdk.DescribeAlarmsOutput, error) {
		return nil, &types.InvalidNextToken{Message: aws.String("old")}
	})
	ours, theirs := both(t, srv)
	_, err := ours.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	_, is := theirs.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{})
	if !call.Refused(is, "InvalidNextToken") || !call.Refused(err, "InvalidNextToken") {
		t.Errorf("%v, by the SDK %v", err, is)
	}
}
