package notify

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// outcome is what is read of the release function's answer.
type outcome struct {
	Service    string `json:"service"`
	Event      string `json:"event"`
	Decision   string `json:"decision"`
	Reason     string `json:"reason"`
	Deployment string `json:"deployment"`
	Image      string `json:"image"`
	Push       string `json:"push"`
}

// verdict is what is read of the verify function's.
type verdict struct {
	Service    string `json:"service"`
	Deployment string `json:"deployment"`
	Stage      string `json:"stage"`
	Outcome    string `json:"outcome"`
	Reason     string `json:"reason"`
	Checks     []struct {
		Name     string   `json:"name"`
		URL      string   `json:"url"`
		Status   int      `json:"status"`
		Problems []string `json:"problems"`
	} `json:"checks"`
	Report string `json:"report"`
	// It ended Seconds after At.
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
}

// diagnosis is what is read of the watch function's.
type diagnosis struct {
	Decision   string    `json:"decision"`
	Reason     string    `json:"reason"`
	Cluster    string    `json:"cluster"`
	Service    string    `json:"service"` // as ECS calls it
	Deployment string    `json:"deployment"`
	At         time.Time `json:"at"`
}

// answered reads a function's answer into the step that it is; false when it is none.
func answered(asked event, answer json.RawMessage) (Step, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(answer, &members) != nil {
		return Step{}, false
	}
	has := func(name string) bool { _, there := members[name]; return there }
	switch {
	case has("outcome"):
		var v verdict
		err := json.Unmarshal(answer, &v)
		return v.step(), err == nil && v.told()
	case has("failedStarts"):
		var d diagnosis
		err := json.Unmarshal(answer, &d)
		return Step{Stage: config.StageCannotStart, Service: d.Service, Cluster: d.Cluster, Deployment: d.Deployment, Reason: d.Reason, At: d.At},
			err == nil && d.Decision == "Stopped"
	case has("decision"):
		var o outcome
		if json.Unmarshal(answer, &o) != nil {
			return Step{}, false
		}
		return o.step(asked)
	}
	return Step{}, false
}

// stages are those of the release function's decisions that end at a push. Deploy is none: CodeDeploy's event tells it.
var stages = map[string]config.Stage{
	"Ignored": config.StageIgnored, "Current": config.StageIgnored, "Wait": config.StageWaiting, "Busy": config.StageWaiting,
	"Finish": config.StageWaiting, "Stop": config.StageWaiting, "Hold": config.StageHeld, "Refuse": config.StageRefused,
}

// step tells of a push what became of it, and of whatever else woke the loop what now keeps the newest image back: not
// of the schedule, which would tell the same every five minutes, and not of a deployment's end, its rollback's among
// them, that the image was tried: its own story says so, and how it ended.
func (o outcome) step(asked event) (Step, bool) {
	s := Step{Stage: stages[o.Decision], Service: o.Service, Image: o.Image, Reason: o.Reason, At: asked.Time}
	image := pushed(asked)
	switch {
	case image != "" && o.Push != "":
		s.Stage, s.Image, s.Reason = config.StageSuperseded, image, o.Push
	case image != "" && s.Stage == config.StageIgnored:
		s.Image = image
	case image == "" && (scheduled(asked) || s.Stage == config.StageIgnored || o.tried() && ended(asked) != ""):
		return Step{}, false
	}
	return s, s.Stage != ""
}

// tried reports whether the image is held because of a deployment that it had.
func (o outcome) tried() bool { return stages[o.Decision] == config.StageHeld && o.Deployment != "" }

// told reports whether somebody was judged.
func (v verdict) told() bool { return v.Outcome == "Succeeded" || v.Outcome == "Failed" }

func (v verdict) step() Step {
	s := Step{Stage: config.StageTestsPassed, Service: v.Service, Deployment: v.Deployment, Hook: v.Stage, Reason: v.Reason, Report: v.Report}
	if !v.At.IsZero() {
		s.At = v.At.Add(time.Duration(v.Seconds * float64(time.Second)))
	}
	if v.Outcome == "Failed" {
		s.Stage = config.StageTestsFailed
	}
	for _, c := range v.Checks {
		if len(c.Problems) > 0 {
			s.Checks = append(s.Checks, Check{Name: strings.TrimSpace(c.Name), URL: c.URL, Status: c.Status, Problems: c.Problems})
		}
	}
	return s
}
