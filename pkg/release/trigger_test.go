package release

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

const events = "../../events"

// recorded are all files in events/ and what the loop makes of each: the words of its reason to ignore it, or
// none when it looks.
var recorded = map[string]struct {
	ignored string
	trigger Trigger
}{
	"ecr-push-tagged":           {trigger: Trigger{Event: "push of sample-website:v2", Repository: "sample-website", Tag: "v2", Digest: tagged}},
	"ecr-push-documented":       {trigger: Trigger{Event: "push of sample-website:v2", Repository: "sample-website", Tag: "v2", Digest: tagged}},
	"ecr-push-index":            {trigger: Trigger{Event: "push of sample-website:v2", Repository: "sample-website", Tag: "v2", Digest: "sha256:" + strings.Repeat("2d", 32)}},
	"ecr-replication":           {trigger: Trigger{Event: "replicate of sample-website:v2", Repository: "sample-website", Tag: "v2", Digest: tagged}},
	"ecr-push-untagged":         {ignored: "has no tag"},
	"ecr-push-attestation":      {ignored: "attached to an image"},
	"ecr-push-signature":        {ignored: "attached to an image"},
	"ecr-push-sbom":             {ignored: "holds application/spdx+json"},
	"ecr-push-cache":            {ignored: "holds application/vnd.buildkit.cacheconfig.v0"},
	"ecr-push-other-repository": {ignored: `images are in "sample-website"`},
	"ecr-push-other-tag":        {ignored: `does not match the glob "v*"`},
	"ecr-scan-complete":         {trigger: Trigger{Event: "scan of sample-website@sha256:7f5b2640fe6f: COMPLETE"}},
	"inspector-scan-complete":   {trigger: Trigger{Event: "scan of sample-website@sha256:7f5b2640fe6f: INITIAL_SCAN_COMPLETE"}},
	"ecr-scan-other-repository": {ignored: "it is of the repository sample-worker"},
	"ecr-delete":                {ignored: "DELETE brings no image"},
	"ecr-storage-class":         {ignored: "UPDATE_STORAGE_CLASS brings no image"},
	"codedeploy-start":          {ignored: "only a deployment's end"},
	"codedeploy-ready":          {ignored: "only a deployment's end"},
	"codedeploy-success":        {trigger: Trigger{Event: "success of deployment d-A7YW3F91L", Ended: "d-A7YW3F91L"}},
	"codedeploy-failure":        {trigger: Trigger{Event: "failure of deployment d-A7YW3F91L", Ended: "d-A7YW3F91L"}},
	"codedeploy-stop":           {trigger: Trigger{Event: "stop of deployment d-A7YW3F91L", Ended: "d-A7YW3F91L"}},
	"codedeploy-other-group":    {ignored: "belongs to the deployment group DgpECS-cutover-Sample-Worker"},
	"codedeploy-hook":           {ignored: "names no service"},
	"stack-create-complete":     {trigger: Trigger{Event: "stack sample-website CREATE_COMPLETE"}},
	"stack-update-complete":     {trigger: Trigger{Event: "stack sample-website UPDATE_COMPLETE"}},
	"stack-update-in-progress":  {ignored: "has not settled"},
	"stack-other":               {ignored: `stack is "sample-website"`},
	"alarm-ok":                  {trigger: Trigger{Event: "alarm sample-website-tg-1-5xx is OK"}},
	"alarm-firing":              {ignored: "CodeDeploy itself stops"},
	"alarm-other":               {ignored: "not one of this service's"},
	"schedule":                  {trigger: Trigger{Event: "schedule", Scheduled: true}},
	"schedule-rule":             {trigger: Trigger{Event: "schedule", Scheduled: true}},
	"manual":                    {trigger: Trigger{Event: "invocation by hand"}},
	"manual-retry":              {trigger: Trigger{Event: "retry by alice because the database is back", Retry: "3ccbe0413964-351b6da37661"}},
	"ecs-task-crashed":          {ignored: "of a kind that this function does not know"},
	"ecs-task-unpullable":       {ignored: "of a kind that this function does not know"},
	"ecs-task-unhealthy":        {ignored: "of a kind that this function does not know"},
	"ecs-task-scaled-in":        {ignored: "of a kind that this function does not know"},
	"ecs-task-running":          {ignored: "of a kind that this function does not know"},
	"ecs-task-other-service":    {ignored: "of a kind that this function does not know"},
	"ecs-task-of-no-service":    {ignored: "of a kind that this function does not know"},
	"ecs-placement-failure":     {ignored: "of a kind that this function does not know"},
	"ecs-steady-state":          {ignored: "of a kind that this function does not know"},
	"unknown":                   {ignored: "of a kind that this function does not know"},
}

const tagged = "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd12340000"

func TestTheLoopKnowsWhatToMakeOfEveryRecordedEvent(t *testing.T) {
	files, err := filepath.Glob(events + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded events: ", err)
	}
	if len(files) != len(recorded) {
		t.Errorf("%d events are recorded and %d are known here", len(files), len(recorded))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			want, known := recorded[name]
			if !known {
				t.Fatal("no test reads this event")
			}
			payload, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := ReadTrigger(payload, deployedWith(globScanned))
			if want.ignored != "" || got.Ignored != "" {
				if want.ignored == "" || !strings.Contains(got.Ignored, want.ignored) {
					t.Errorf("it is ignored because %q, want %q", got.Ignored, want.ignored)
				}
				return
			}
			if !strings.HasPrefix(name, "manual") && got.Time.IsZero() {
				t.Error("its time was not read")
			}
			got.Time = time.Time{}
			if got != want.trigger {
				t.Errorf("got  %+v\nwant %+v", got, want.trigger)
			}
		})
	}
}

func TestWhatIsNoEventIsIgnoredWithAReason(t *testing.T) {
	for payload, want := range map[string]string{
		``:                             "is not an event",
		`{`:                            "is not an event",
		`[]`:                           "is not an event",
		`null`:                         "names no service",
		`{}`:                           "names no service",
		`{"service": 7}`:               "is not an event",
		`{"service": "sample-worker"}`: `works for "sample-website"`,
		`{"service": "sample-website", "retry": "v2"}`:                          `"v2" is no wish`,
		`{"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": 7}`: "cannot be read",
		`{"source": "aws.ecr", "detail-type": "ECR Image Action"}`:              "cannot be read",
		`{"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": {"action-type": "PUSH", "result": "FAILURE", "repository-name": "sample-website", "image-tag": "latest"}}`: "reports FAILURE",
		`{"source": "aws.ecr", "detail-type": "ECR Image Scan", "detail": {}}`:                                                                                                         "it is of the repository ",
	} {
		if got := ReadTrigger([]byte(payload), deployedWith("")); !strings.Contains(got.Ignored, want) || got.Event == "" {
			t.Errorf("%s: %+v", payload, got)
		}
	}
}

func FuzzReadTrigger(f *testing.F) {
	files, _ := filepath.Glob(events + "/*.json")
	for _, file := range files {
		if payload, err := os.ReadFile(file); err == nil {
			f.Add(payload)
		}
	}
	d := deployedWith(glob)
	f.Fuzz(func(t *testing.T, payload []byte) {
		got := ReadTrigger(payload, d)
		if got.Event == "" {
			t.Error("an event without a name")
		}
		if got.Ignored == "" && got.Tag != "" && !takes(d.Service.Image, got.Tag) {
			t.Errorf("a push that is not ours wakes the loop: %+v", got)
		}
	})
}

func takes(i config.Image, tag string) bool {
	_, why := policy.Of(i).Take(tag)
	return why == ""
}
