package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// heard is any payload of the function: what a rule hands over (of one service, to a destination, or to follow on), or
// the record of another function's invocation.
type heard struct {
	Service     string              `json:"service"`
	Cluster     string              `json:"cluster"`
	Destination *config.Destination `json:"destination"`
	Event       event               `json:"event"`

	RequestPayload  event           `json:"requestPayload"`
	ResponsePayload json.RawMessage `json:"responsePayload"`
}

// event is an EventBridge event. Detail stays raw: each kind has its own.
type event struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Time       time.Time       `json:"time"`
	Detail     json.RawMessage `json:"detail"`
}

// ServiceTemplate is the input template of the rule that hands on CodeDeploy's events of a service, in EventBridge's
// words. The names travel with the event, so that the function has no list of services
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
func ServiceTemplate(service, cluster string) string {
	return fmt.Sprintf(`{"service":%q,"cluster":%q,"event":<aws.events.event.json>}`, service, cluster)
}

// DestinationTemplate is that of the rule that hands a destination its steps. What a destination is travels with them.
func DestinationTemplate(d config.Destination) (string, error) {
	text, err := json.Marshal(d) // it writes < and > as escapes, so that no variable comes of them
	return `{"destination":` + string(text) + `,"event":<aws.events.event.json>}`, err
}

// FollowTemplate is that of the rule by which the function goes on with a deployment that outlasts an invocation.
const FollowTemplate = `{"event":<aws.events.event.json>}`

// push is the detail of ECR's event.
type push struct {
	Action     string `json:"action-type"`
	Repository string `json:"repository-name"`
	Tag        string `json:"image-tag"`
	Digest     string `json:"image-digest"`
}

// pushed is the image that an event is the push of; empty when it is none.
func pushed(e event) (image string) {
	var p push
	if e.Source != "aws.ecr" || json.Unmarshal(e.Detail, &p) != nil || p.Repository == "" || p.Digest == "" {
		return ""
	}
	if p.Tag == "" {
		return p.Repository + "@" + p.Digest
	}
	return p.Repository + ":" + p.Tag + "@" + p.Digest
}

// ended is the deployment that an event says has ended; empty when it says that of none.
func ended(e event) string {
	var d change
	if e.Source != "aws.codedeploy" || json.Unmarshal(e.Detail, &d) != nil {
		return ""
	}
	return d.Deployment
}

// change is the detail of CodeDeploy's event.
type change struct {
	Deployment string `json:"deploymentId"`
	State      string `json:"state"`
}

// scheduled reports whether an event says nothing but that time has passed, or was made by hand: whoever makes one
// reads the answer.
func scheduled(e event) bool {
	return e.Source == "aws.scheduler" || e.Source == "aws.events" || e.Source == ""
}
