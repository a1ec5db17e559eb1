package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	codedeploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func tree(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTemplatePropertiesBindWhateverTheirCaseAndScalarType(t *testing.T) {
	var got codedeploy.CreateDeploymentGroupInput
	unknown, err := wire.Bind(&got, tree(t, `{
		"ApplicationName": "app", "ECSServices": [{"ClusterName": "c", "ServiceName": "s"}],
		"BlueGreenDeploymentConfiguration": {"TerminateBlueInstancesOnDeploymentSuccess":
			{"Action": "TERMINATE", "TerminationWaitTimeInMinutes": "60"}},
		"AlarmConfiguration": {"Enabled": "true", "Alarms": [{"Name": 7}]},
		"Tags": [{"Key": "a", "Value": true, "Colour": 1}], "Nothing": null, "OnPremisesTagSet": null}`), wire.Fold)
	if err != nil {
		t.Fatal(err)
	}
	want := codedeploy.CreateDeploymentGroupInput{
		ApplicationName: aws.String("app"),
		EcsServices:     []codedeploytypes.ECSService{{ClusterName: aws.String("c"), ServiceName: aws.String("s")}},
		BlueGreenDeploymentConfiguration: &codedeploytypes.BlueGreenDeploymentConfiguration{
			TerminateBlueInstancesOnDeploymentSuccess: &codedeploytypes.BlueInstanceTerminationOption{
				Action: "TERMINATE", TerminationWaitTimeInMinutes: 60,
			}},
		AlarmConfiguration: &codedeploytypes.AlarmConfiguration{
			Enabled: true, Alarms: []codedeploytypes.Alarm{{Name: aws.String("7")}}},
		Tags: []codedeploytypes.Tag{{Key: aws.String("a"), Value: aws.String("true")}},
	}
	if diff := cmp.Diff(want, got, ignoreUnexported); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Nothing", "Tags[0].Colour"}, unknown); diff != "" {
		t.Error(diff)
	}
}

var ignoreUnexported = cmp.FilterPath(func(p cmp.Path) bool {
	f, ok := p.Last().(cmp.StructField)
	return ok && strings.HasPrefix(f.Name(), "noSmithy")
}, cmp.Ignore())

func TestExactNamesAreNotFoldedAndScalarsNotConverted(t *testing.T) {
	var in ecs.DescribeServicesInput
	unknown, err := wire.Bind(&in, tree(t, `{"Cluster": "c", "services": []}`), wire.Exact)
	if err != nil || in.Cluster != nil || !cmp.Equal(unknown, []string{"Cluster"}) {
		t.Errorf("%v %v %v", in.Cluster, unknown, err)
	}
	if in.Services == nil {
		t.Error("an empty list became none")
	}
	if _, err := wire.Bind(&in, tree(t, `{"cluster": 1}`), wire.Exact); err == nil {
		t.Error("a number became a string")
	}
}

func TestAValueThatDoesNotFitIsAnErrorWithItsPath(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`{"loadBalancers": [{}, {"containerPort": "x"}]}`, `loadBalancers[1].containerPort wants an integer of 32 bits, not "x"`},
		{`{"desiredCount": 3000000000}`, `desiredCount wants an integer of 32 bits, not 3000000000`},
		{`{"desiredCount": 1.5}`, `desiredCount wants an integer of 32 bits, not 1.5`},
		{`{"tags": {"a": 1}}`, `tags wants a list, not a structure`},
		{`{"serviceName": ["a"]}`, `serviceName wants a string, not a list`},
		{`{"networkConfiguration": "x"}`, `networkConfiguration wants a structure, not "x"`},
		{`{"enableExecuteCommand": "yes"}`, `enableExecuteCommand wants true or false, not "yes"`},
	} {
		for _, naming := range []wire.Naming{wire.Exact, wire.Fold} {
			_, err := wire.Bind(&ecs.CreateServiceInput{}, tree(t, c.json), naming)
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: %v, want %s", c.json, err, c.want)
			}
		}
	}
	for _, dst := range []any{nil, ecs.CreateServiceInput{}, (*ecs.CreateServiceInput)(nil), new(string)} {
		if _, err := wire.Bind(dst, nil, wire.Exact); err == nil {
			t.Errorf("%T was bound into", dst)
		}
	}
}

func TestTimesAreReadInEveryFormAndRefusedOutsideTheCalendar(t *testing.T) {
	want := time.Date(2026, 11, 23, 4, 5, 6, 500e6, time.UTC)
	for _, src := range []any{1795406706.5, json.Number("1.7954067065E9"), "2026-11-23T04:05:06.5Z", "1795406706.5", want} {
		var in cloudwatch.GetMetricStatisticsInput
		if _, err := wire.Bind(&in, map[string]any{"StartTime": src}, wire.Exact); err != nil || !in.StartTime.Equal(want) {
			t.Errorf("%v: %v %v", src, in.StartTime, err)
		}
	}
	for _, src := range []any{1e300, math.NaN(), math.Inf(1), true, "soon", []any{}} {
		var in cloudwatch.GetMetricStatisticsInput
		if _, err := wire.Bind(&in, map[string]any{"StartTime": src}, wire.Exact); err == nil {
			t.Errorf("%v became %v", src, in.StartTime)
		}
	}
}

func TestEncodeLeavesOutWhatIsUnsetAndWritesWhatIsEmpty(t *testing.T) {
	when := time.Date(2026, 11, 23, 4, 5, 6, 7e6, time.UTC)
	got := string(wire.Encode(nil, &ecs.DescribeServicesOutput{
		Failures: []ecstypes.Failure{},
		Services: []ecstypes.Service{{ServiceName: aws.String("a\"b"), CreatedAt: &when}},
	}))
	want := `{"failures":[],"services":[{"createdAt":1795406706.007,"desiredCount":0,"enableECSManagedTags":false,` +
		`"enableExecuteCommand":false,"pendingCount":0,"runningCount":0,"serviceName":"a\"b"}]}`
	if diff := cmp.Diff(tree(t, want), tree(t, got)); diff != "" {
		t.Errorf("%s\n%s", got, diff)
	}
	union := string(wire.Encode(nil, cloudwatchtypes.MetricAlarm{
		EvaluationCriteria: &cloudwatchtypes.EvaluationCriteriaMemberPromQLCriteria{}, Threshold: aws.Float64(math.Inf(-1)),
	}))
	if union != `{"EvaluationCriteria":{"PromQLCriteria":{}},"Threshold":"-Infinity"}` {
		t.Error(union)
	}
	if s := string(wire.Encode(nil, nil)); s != "{}" {
		t.Error(s)
	}
}
