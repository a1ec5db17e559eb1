package release

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Trigger is what an event says to the loop: that it should look, and the little that the reads could not tell.
type Trigger struct {
	// Event is what happened, for people: "push of sample-website:v2".
	Event string
	// Ignored is why the loop has nothing to do; empty when it should look.
	Ignored string
	// Time of the event; zero when it does not tell.
	Time time.Time
	// Tag and Digest of an image push.
	Tag, Digest string
	// Ended is the deployment that the event proves to have ended.
	Ended string
}

// envelope is an EventBridge event. Detail stays raw: EventBridge Scheduler sends a string there.
type envelope struct {
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Time       time.Time       `json:"time"`
	Detail     json.RawMessage `json:"detail"`
	// Service is the one member of a manual invocation.
	Service string `json:"service"`
}

// kinds are the events that the loop knows, by source and detail type.
var kinds = []struct {
	source, detailType string
	read               func(detail json.RawMessage, d config.Deployed) (Trigger, error)
}{
	{"aws.ecr", "ECR Image Action", readPush},
	{"aws.ecr", "ECR Replication Action", readPush},
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
		t, err := k.read(e.Detail, d)
		if err != nil {
			return Trigger{Event: e.DetailType, Ignored: "its detail cannot be read: " + err.Error()}
		}
		t.Time = e.Time
		return t
	}
	if e.Source == "" && e.DetailType == "" {
		return readInvocation(e.Service, d)
	}
	return Trigger{
		Event:   fmt.Sprintf("%q from %q", e.DetailType, e.Source),
		Ignored: "it is of a kind that this function does not know",
	}
}

func readInvocation(service string, d config.Deployed) Trigger {
	names := d.Names()
	switch service {
	case d.Service.Name, names.Service:
		return Trigger{Event: "invocation by hand"}
	case "":
		return Trigger{
			Event:   "invocation",
			Ignored: fmt.Sprintf(`it names no service; {"service": %q} makes the loop look`, d.Service.Name),
		}
	}
	return Trigger{
		Event:   "invocation by hand",
		Ignored: fmt.Sprintf("it is for the service %q and this function works for %q", service, d.Service.Name),
	}
}

// push is the detail of ECR's events. The two media types are there in what ECR sends though AWS's example of a
// push lacks them; aws-lambda-go's type drops them.
type push struct {
	Result     string `json:"result"`
	Repository string `json:"repository-name"`
	Digest     string `json:"image-digest"`
	Action     string `json:"action-type"`
	Tag        string `json:"image-tag"`
	Manifest   string `json:"manifest-media-type"`
	Artifact   string `json:"artifact-media-type"`
}

func readPush(detail json.RawMessage, d config.Deployed) (Trigger, error) {
	var p push
	if err := json.Unmarshal(detail, &p); err != nil {
		return Trigger{}, err
	}
	t := Trigger{
		Event: strings.ToLower(p.Action) + " of " + p.Repository + ":" + p.Tag,
		Tag:   p.Tag, Digest: p.Digest,
	}
	if p.Tag == "" {
		t.Event = strings.ToLower(p.Action) + " of " + p.Repository + "@" + p.Digest
	}
	image := d.Service.Image
	switch {
	case p.Action != "PUSH" && p.Action != "REPLICATE":
		t.Ignored = p.Action + " brings no image"
	case p.Result != "SUCCESS":
		t.Ignored = "the registry reports " + p.Result
	case p.Repository != image.Repository:
		t.Ignored = fmt.Sprintf("this service's images are in %q", image.Repository)
	case p.Tag == "":
		t.Ignored = "it has no tag: one of a multi-platform image's manifests, or a push by digest"
	case notImage(p.Tag, p.Manifest, p.Artifact) != "":
		t.Ignored = notImage(p.Tag, p.Manifest, p.Artifact)
	case !image.Takes(p.Tag):
		t.Ignored = fmt.Sprintf("the tag %q is not one of this service's, which takes %q", p.Tag, image.Tag)
	}
	return t, nil
}

func readDeployment(detail json.RawMessage, d config.Deployed) (Trigger, error) {
	var c struct {
		Deployment  string `json:"deploymentId"`
		State       string `json:"state"`
		Application string `json:"application"`
		Group       string `json:"deploymentGroup"`
	}
	if err := json.Unmarshal(detail, &c); err != nil {
		return Trigger{}, err
	}
	t := Trigger{Event: strings.ToLower(c.State) + " of deployment " + c.Deployment}
	names := d.Names()
	switch {
	case c.Application != names.Application || c.Group != names.DeploymentGroup:
		t.Ignored = fmt.Sprintf("it belongs to the deployment group %s", c.Group)
	case slices.Contains([]string{"SUCCESS", "FAILURE", "STOP"}, c.State):
		t.Ended = c.Deployment
	default:
		t.Ignored = "only a deployment's end makes room for another"
	}
	return t, nil
}

// readStack wakes the loop when a stack's update has come to its end; its base is then the one to release.
func readStack(detail json.RawMessage, d config.Deployed) (Trigger, error) {
	var s struct {
		Stack  string `json:"stack-id"`
		Status struct {
			Status string `json:"status"`
		} `json:"status-details"`
	}
	if err := json.Unmarshal(detail, &s); err != nil {
		return Trigger{}, err
	}
	// arn:aws:cloudformation:us-east-1:111122223333:stack/sample-website/0a1b…
	_, path, _ := strings.Cut(s.Stack, ":stack/")
	name, _, _ := strings.Cut(path, "/")
	t := Trigger{Event: "stack " + name + " " + s.Status.Status}
	ends := []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
	switch {
	case name != d.Names().Stack:
		t.Ignored = fmt.Sprintf("this service's stack is %q", d.Names().Stack)
	case !slices.Contains(ends, s.Status.Status):
		t.Ignored = "the stack has not settled"
	}
	return t, nil
}

func readAlarm(detail json.RawMessage, d config.Deployed) (Trigger, error) {
	var a struct {
		Name  string `json:"alarmName"`
		State struct {
			Value string `json:"value"`
		} `json:"state"`
	}
	if err := json.Unmarshal(detail, &a); err != nil {
		return Trigger{}, err
	}
	t := Trigger{Event: "alarm " + a.Name + " is " + a.State.Value}
	names := d.Names()
	switch {
	case !slices.Contains(append(names.Alarms[:], d.Service.Deployment.Alarms...), a.Name):
		t.Ignored = "the alarm is not one of this service's"
	case a.State.Value == "ALARM":
		t.Ignored = "CodeDeploy itself stops a deployment at a firing alarm"
	}
	return t, nil
}

func readSchedule(json.RawMessage, config.Deployed) (Trigger, error) {
	return Trigger{Event: "schedule"}, nil
}
