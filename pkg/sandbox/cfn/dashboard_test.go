package cfn_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/google/go-cmp/cmp"
)

const board = `, "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": {"Fn::Sub": "web-${AWS::Region}"}, "DashboardBody": {"Fn::Join": ["",
	["{\"widgets\": [{\"type\": \"text\", \"properties\": {\"markdown\": \"", {"Ref": "AWS::Region"}, "\"}}]}"]]}}}`

func TestADashboardComesChangesAndGoesAndABadOneFailsTheUpdate(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service+board))
	client := cloudwatch.NewFromConfig(w.config())
	body := func() string {
		t.Helper()
		list, err := client.ListDashboards(t.Context(), &cloudwatch.ListDashboardsInput{})
		if err != nil || len(list.DashboardEntries) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		out, err := client.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: list.DashboardEntries[0].DashboardName})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.DashboardBody)
	}
	before := body()
	if !strings.Contains(before, `"markdown": "`+w.config().Region+`"`) {
		t.Errorf("%s", before)
	}
	calls, err := w.update("demo", resources(base+service+replace(t, board, `\"}}]}"`, `!\"}}]}"`)))
	if err != nil || !cmp.Equal(calls, []string{"PutDashboard"}) {
		t.Errorf("%v %v", calls, err)
	}
	after := body()
	if !strings.Contains(after, w.config().Region+`!"`) {
		t.Errorf("%s", after)
	}
	if _, err := w.update("demo", resources(base+service+replace(t, board, `markdown`, `Markdown`))); err == nil || !strings.Contains(err.Error(), "Should have required property 'markdown'") {
		t.Errorf("a body that CloudWatch refuses: %v", err)
	}
	if now := body(); now != after {
		t.Errorf("it was changed all the same: %s", now)
	}
	calls, err = w.update("demo", resources(base+service))
	if err != nil || !cmp.Equal(calls, []string{"DeleteDashboards"}) {
		t.Errorf("%v %v", calls, err)
	}
}
