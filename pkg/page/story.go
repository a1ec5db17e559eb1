package page

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

func ended(d *live.DeploymentStatus) bool {
	return d.Status == string(types.DeploymentStatusSucceeded) || broken(d)
}

func broken(d *live.DeploymentStatus) bool {
	return d.Status == string(types.DeploymentStatusFailed) || d.Status == string(types.DeploymentStatusStopped)
}

// story tells of the deployment that is shown.
func (s State) story(seen Seen) Story {
	d := s.Shown
	if d == nil {
		return Story{Tone: "quiet", Text: "Nothing has been released yet: push an image."}
	}
	serves, share := "", int32(0)
	for _, t := range s.TaskSets {
		if t.Status == live.StatusPrimary {
			serves = s.Versions[t.ID]
		}
		if t.Label == "green" {
			share = t.Production
		}
	}
	switch {
	case broken(d):
		return s.failure(seen, serves)
	case d.Status == string(types.DeploymentStatusSucceeded):
		return Story{Tone: "good", Text: fmt.Sprintf("%s is live.", s.Version)}
	case d.Terminating:
		return Story{Tone: "good", Text: fmt.Sprintf("%s is live. Blue is still kept, so that going back takes seconds.", s.Version)}
	case share > 0 && share < 100:
		return Story{Tone: "busy", Text: fmt.Sprintf("Production moves to %s: %d %% so far.", s.Version, share)}
	}
	texts := map[string]string{
		stepStart: "%s starts beside what serves.", stepTest: "%s is judged on the test listener; no user sees it yet.",
		stepMove: "Production moves to %s.", stepKeep: "%s is live; blue ends.",
	}
	for _, step := range slices.Backward(s.Steps) {
		if text, ok := texts[step.Name]; ok && step.State != waiting {
			return Story{Tone: "busy", Text: fmt.Sprintf(text, s.Version)}
		}
	}
	return Story{Tone: "busy", Text: fmt.Sprintf("%s was pushed; its deployment begins.", s.Version)}
}

// failure tells of a deployment that failed or was stopped, and why.
func (s State) failure(seen Seen, serves string) Story {
	d, how := s.Shown, "was refused"
	if d.Status == string(types.DeploymentStatusStopped) {
		how = "was stopped"
	}
	text := fmt.Sprintf("%s %s.", s.Version, how)
	switch {
	case seen.Undone != nil && seen.Deployment != nil && !ended(seen.Deployment):
		text = fmt.Sprintf("%s %s and is being rolled back.", s.Version, how)
	case serves != "" && serves != s.Version:
		text = fmt.Sprintf("%s %s. %s serves.", s.Version, how, serves)
	}
	story := Story{Tone: "bad", Text: text, Reason: d.Error}
	if i := slices.IndexFunc(s.History, func(r Row) bool { return r.Deployment == d.ID && r.Why != "" }); i >= 0 {
		story.Reason = s.History[i].Why
	}
	if v := seen.Verdict; v != nil {
		story.Report = v.Report
	}
	return story
}
