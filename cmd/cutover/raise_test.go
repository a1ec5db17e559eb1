package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// An image comes by replication: its push happened in another region, and ECR tells of the replication only.
func TestAnImageThatWasReplicatedIsReleased(t *testing.T) {
	t.Parallel()
	r := enter(t, 600, nil)
	gone := r.fault(fault.Event{Source: "aws.ecr", DetailType: "ECR Image Action", Lose: true})
	digest := r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	gone()
	text, err := os.ReadFile(filepath.Join("..", "..", "events", "ecr-replication.json"))
	r.need(err)
	var event map[string]any
	r.need(json.Unmarshal(text, &event))
	detail := event["detail"].(map[string]any)
	detail["repository-name"], detail["image-tag"], detail["image-digest"] = r.names.Repository, "v1", digest
	text, err = json.Marshal(event)
	r.need(err)
	file := filepath.Join(t.TempDir(), "event.json")
	r.need(os.WriteFile(file, text, 0o600))
	if got := say(t, 0, "sandbox", "raise", file, "--listen="+r.Host()); got != "ECR Replication Action of aws.ecr is raised\n" {
		t.Error(got)
	}
	r.logged(r.names.ReleaseFunction, `"event":"replicate of sample-website:v1"`, `"decision":"Deploy"`)
	r.goesLive("v1")
}

func TestAnEventThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := local(t)
	for body, want := range map[string]string{
		`{"source":"aws.ecr","detail-type":"x"}`: `has the members "source", "detail-type" and "detail"`,
		`[]`:                                     "cannot unmarshal array",
		`{"source":"aws.ecr","detail-type":"x","detail":"` + strings.Repeat("x", 300<<10) + `"}`: "too large",
	} {
		file := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := say(t, 1, "sandbox", "raise", file, "--listen="+s.Host()); !strings.Contains(got, want) {
			t.Errorf("%.40s: %s", body, got)
		}
	}
}
