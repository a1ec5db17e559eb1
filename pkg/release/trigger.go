package release

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Trigger is what an event says to the loop: that it should look, and the little that the reads could not tell.
type Trigger struct {
	// Event is what happened, for people: "push of sample-website:v2".
	Event string
	// Ignored is why the loop has nothing to do; empty when it should look.
	Ignored string
	// Time of the event; zero when it does not tell.
	Time time.Time
	// Repository, Tag and Digest of an image push.
	Repository, Tag, Digest string
	// Ended is the deployment that the event proves to have ended.
	Ended string
	// Scheduled is set when nothing happened but time.
	Scheduled bool
	// Retry is a wish that an operator allows one more try.
	Retry live.Hash
}

// envelope is an EventBridge event. Detail stays raw: EventBridge Scheduler sends a string there.
type envelope struct {
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Time       time.Time       `json:"time"`
	Account    string          `json:"account"`
	Region     string          `json:"region"`
	Detail     json.RawMessage `json:"detail"`
	// Service is what a manual invocation names; Retry the wish that it allows one more try, if any.
	Service string `json:"service"`
	Retry   string `json:"retry"`
	// Told is what somebody did and why, for the log.
	Told string `json:"told"`
}

// kinds are the events that the loop knows, by source and detail type.
var kinds = []struct {
	source, detailType string
	read               func(e envelope, d config.Deployed) (Trigger, error)
}{
	{"aws.ecr", "ECR Image Action", readPush},
	{"aws.ecr", "ECR Replication Action", readPush},
	{"aws.ecr", "ECR Image Scan", readScanned},
	{"aws.inspector2", "Inspector2 Scan", readScanned},
	{"aws.codedeploy", "CodeDeploy Deployment State-change Notification", readDeployment},
	{"aws.cloudformation", "CloudFormation Stack Status Change", readStack},
	{"aws.cloudwatch", "CloudWatch Alarm State Change", readAlarm},
	{"aws.events", "Scheduled Event", readSchedule},
	{"aws.scheduler", "Scheduled Event", readSchedule},
}

// ReadTrigger reads any event. It never fails: what it does not know, or cannot read, is ignored with a reason,
// because an error would only bring the same event again.
func ReadTrigger(payload []byte, d config.Deployed) Trigger {
	var e envelope
	if err := json.Unmarshal(payload, &e); err != nil {
		return Trigger{Event: "unreadable event", Ignored: "it is not an event: " + err.Error()}
	}
	for _, k := range kinds {
		if k.source != e.Source || k.detailType != e.DetailType {
			continue
		}
		t, err := k.read(e, d)
		if err != nil {
			return Trigger{Event: e.DetailType, Ignored: "its detail cannot be read: " + err.Error()}
		}
		t.Time = e.Time
		return t
	}
	if e.Source == "" && e.DetailType == "" {
		return readInvocation(e, d)
	}
	return Trigger{
		Event:   fmt.Sprintf("%q from %q", e.DetailType, e.Source),
		Ignored: "it is of a kind that this function does not know",
	}
}

func readInvocation(e envelope, d config.Deployed) Trigger {
	names := d.Names()
	wish, ok := live.ParseHash(e.Retry)
	switch e.Service {
	case d.Service.Name, names.Service:
		if e.Retry != "" && !ok {
			return Trigger{Event: "retry by hand", Ignored: fmt.Sprintf("%.50q is no wish; an outcome tells the wish that it is about", e.Retry)}
		}
		if ok {
			return Trigger{Event: cmp.Or(fmt.Sprintf("%.400s", e.Told), "retry by hand of wish "+e.Retry), Retry: wish}
		}
		if e.Told != "" {
			return Trigger{Event: fmt.Sprintf("%.400s", e.Told)}
		}
		return Trigger{Event: "invocation by hand"}
	case "":
		return Trigger{
			Event:   "invocation",
			Ignored: fmt.Sprintf(`it names no service; {"service": %q} makes the loop look`, d.Service.Name),
		}
	}
	return Trigger{
		Event:   "invocation by hand",
		Ignored: fmt.Sprintf("it is for the service %q and this function works for %q", e.Service, d.Service.Name),
	}
}
