package notify

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cd "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// FuzzHandle holds that whatever payload comes, it comes to an end within an invocation, and that what is told of it
// keeps to the schema, which the world's bus looks at. Time in it costs nothing.
func FuzzHandle(f *testing.F) {
	recorded, err := filepath.Glob("../../events/*.json")
	if err != nil || len(recorded) == 0 {
		f.Fatal("no recorded events: ", err)
	}
	for _, name := range recorded {
		event, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(event))
		f.Add(`{"service": "sample-website", "cluster": "cutover", "event": ` + string(event) + `}`)
		f.Add(`{"destination": {"topic": "arn:aws:sns:us-east-1:111122223333:releases", "steps": ["live"]}, "event": ` + string(event) + `}`)
		f.Add(`{"requestPayload": ` + string(event) + `, "responsePayload": {"service": "shop", "decision": "Refuse", "reason": "no", "push": {}}}`)
	}
	f.Add(`{"event": {"source": "` + FollowSource + `", "detail": {"deployment": "d-1", "service": "sample-website", "steps": ["started"]}}}`)
	f.Add(`{"requestPayload": null, "responsePayload": [1]}`)
	f.Add("not JSON")
	f.Fuzz(func(t *testing.T, payload string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.deployment.Status, w.deployment.CompleteTime = cd.DeploymentStatusSucceeded, aws.Time(began.Add(time.Minute))
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
			defer cancel()
			if err := w.handleWithin(ctx, payload); err != nil && ctx.Err() != nil {
				t.Errorf("it takes longer than an invocation may: %v", err)
			}
		})
	})
}
