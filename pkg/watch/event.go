package watch

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Event is what a rule hands over: something of one service did not start.
type Event struct {
	// FailedStarts is after how many of them the deployment is stopped, as the service's description says.
	FailedStarts     int
	Cluster, Service string
	// Task is the ARN of the task that stopped; empty when none could be placed.
	Task string
}

// Template is the input template of a rule's target that watches a service, in EventBridge's words: what ParseEvent
// reads. The allowed number travels with the event, so that the function has no list of services
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
func Template(failedStarts int) string {
	return fmt.Sprintf(`{"failedStarts":%d,"event":<aws.events.event.json>}`, failedStarts)
}

// envelope is the part of the two events that is read: ECS Task State Change and ECS Service Action
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html).
type envelope struct {
	Source     string   `json:"source"`
	DetailType string   `json:"detail-type"`
	Resources  []string `json:"resources"`
	Detail     struct {
		Cluster    string `json:"clusterArn"`
		Group      string `json:"group"`
		Task       string `json:"taskArn"`
		LastStatus string `json:"lastStatus"`
		EventName  string `json:"eventName"`
	} `json:"detail"`
}

// NotPlaced are the names of the ECS Service Actions that say that no task could be placed at all.
var NotPlaced = []string{"SERVICE_TASK_PLACEMENT_FAILURE", "SERVICE_TASK_CONFIGURATION_FAILURE"}

// ParseEvent reads what a rule handed over. ignored says why it is nothing to look into; empty: it is.
func ParseEvent(payload []byte) (e Event, ignored string) {
	var in struct {
		FailedStarts int      `json:"failedStarts"`
		Event        envelope `json:"event"`
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		return Event{}, "it is not what a rule hands to this function: " + err.Error()
	}
	d := in.Event.Detail
	e = Event{FailedStarts: in.FailedStarts, Cluster: last(d.Cluster)}
	switch {
	case in.FailedStarts < 1:
		return Event{}, "it does not say after how many failed starts a deployment is stopped"
	case in.Event.Source != "aws.ecs":
		return Event{}, "it is of a kind that this function does not know"
	case in.Event.DetailType == "ECS Task State Change":
		service, ok := strings.CutPrefix(d.Group, "service:")
		if !ok {
			return Event{}, "the task is no service's"
		}
		if d.LastStatus != "STOPPED" {
			return Event{}, "the task has not stopped"
		}
		e.Service, e.Task = service, d.Task
	case in.Event.DetailType == "ECS Service Action":
		if !oneOf(d.EventName, NotPlaced) || len(in.Event.Resources) != 1 {
			return Event{}, "it tells of no task that could not be placed"
		}
		e.Service = last(in.Event.Resources[0])
	default:
		return Event{}, "it is of a kind that this function does not know"
	}
	if e.Cluster == "" || e.Service == "" {
		return Event{}, "it names no cluster and service"
	}
	return e, ""
}

// last is the name at the end of an ARN.
func last(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
