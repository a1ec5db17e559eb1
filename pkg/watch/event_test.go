package watch

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// handed is an event as a rule's input template hands it over.
func handed(t testing.TB, failedStarts int, event []byte) []byte {
	t.Helper()
	return []byte(strings.Replace(Template(failedStarts), "<aws.events.event.json>", string(event), 1))
}

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestEveryRecordedEventIsReadOrIgnoredWithAReason(t *testing.T) {
	task := "arn:aws:ecs:us-east-1:111122223333:task/cutover/c13b4cb40f1f4fe4a2971f76ae5a47ad"
	stopped := Event{FailedStarts: 3, Cluster: "cutover", Service: "Sample-Website", Task: task}
	other := stopped
	other.Service = "Shop"
	read := map[string]Event{
		"ecs-task-crashed": stopped, "ecs-task-unpullable": stopped, "ecs-task-unhealthy": stopped, "ecs-task-other-service": other,
		"ecs-task-scaled-in":    stopped, // what its end means is told by the state
		"ecs-placement-failure": {FailedStarts: 3, Cluster: "cutover", Service: "Sample-Website"},
	}
	reasons := map[string]string{
		"ecs-task-running": "has not stopped", "ecs-task-of-no-service": "no service's", "ecs-steady-state": "could not be placed",
	}
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		got, ignored := ParseEvent(handed(t, 3, recorded(t, name)))
		want, ours := read[name]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if reason := reasons[name]; ours == (ignored != "") || !strings.Contains(ignored, reason) {
			t.Errorf("%s is ignored because %q", name, ignored)
		}
		if _, ignored := ParseEvent(recorded(t, name)); ignored == "" {
			t.Errorf("%s is read without the number of failed starts", name)
		}
	}
}

func TestNonsenseIsIgnoredWithAReason(t *testing.T) {
	for _, payload := range []string{``, `null`, `[]`, `7`, `{"failedStarts": "x"}`, `{"failedStarts": 3}`, `{"failedStarts": -1, "event": {}}`,
		`{"failedStarts":3,"event":{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"group":"service:","lastStatus":"STOPPED"}}}`,
		`{"failedStarts":3,"event":{"source":"aws.ecs","detail-type":"ECS Deployment State Change","detail":{}}}`} {
		if e, ignored := ParseEvent([]byte(payload)); ignored == "" || e != (Event{}) {
			t.Errorf("%s: %+v %q", payload, e, ignored)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, name := range []string{"ecs-task-crashed", "ecs-placement-failure", "ecr-push-tagged"} {
		f.Add(handed(f, 3, recorded(f, name)))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, ignored := ParseEvent(payload)
		if ignored == "" && (e.Cluster == "" || e.Service == "" || e.FailedStarts < 1) {
			t.Errorf("%s is read as %+v", payload, e)
		}
		if ignored != "" && !json.Valid(payload) && e != (Event{}) {
			t.Errorf("%+v", e)
		}
	})
}
