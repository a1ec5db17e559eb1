package live

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestWhyADeploymentWasStoppedIsReadBackFromItsRevision(t *testing.T) {
	s := Stopped{Deployment: "d-A7YW3F91L", Because: `container web, it exited with 137: "killed"; 100 % sure` + strings.Repeat(" and so on", 40)}
	value := s.Value()
	if len(value) > mostTag || strings.ContainsAny(value, `",;%`) {
		t.Fatalf("AWS takes no such tag: %q", value)
	}
	got, ok := ReadStopped([]types.Tag{{Key: aws.String("other"), Value: aws.String("d-1 because x")}, {Key: aws.String(TagStopped), Value: &value}})
	if !ok || got.Deployment != s.Deployment || !strings.HasPrefix(got.Because, "container web it exited with 137: killed 100 sure and so on") {
		t.Errorf("got %+v", got)
	}
	if got, ok := ReadStopped(nil); ok {
		t.Errorf("without a tag: %+v", got)
	}
}

func TestATaskBelongsToTheTaskSetThatStartedItOrWhoseRevisionItRuns(t *testing.T) {
	created := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	set := types.TaskSet{Id: aws.String("ecs-svc/1"), TaskDefinition: aws.String("web:7"), CreatedAt: &created}
	for name, test := range map[string]struct {
		task types.Task
		want bool
	}{
		"started by it":           {types.Task{StartedBy: aws.String("ecs-svc/1")}, true},
		"of its revision":         {types.Task{StartedBy: aws.String("x"), TaskDefinitionArn: aws.String("web:7"), CreatedAt: aws.Time(created.Add(time.Second))}, true},
		"of an earlier try of it": {types.Task{StartedBy: aws.String("x"), TaskDefinitionArn: aws.String("web:7"), CreatedAt: aws.Time(created.Add(-time.Second))}, false},
		"of another revision":     {types.Task{StartedBy: aws.String("ecs-svc/2"), TaskDefinitionArn: aws.String("web:6")}, false},
	} {
		if got := Belongs(test.task, set); got != test.want {
			t.Errorf("a task %s: %v", name, got)
		}
	}
}
