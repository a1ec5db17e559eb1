package page

import (
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// State is what the page shows. Its script reads it as JSON.
type State struct {
	live.Status
	Story Story `json:"story"`
	// Shown is the deployment that the picture is about: the newest, or the one that the newest rolls back. Nil before
	// the first.
	Shown    *live.DeploymentStatus `json:"shown,omitempty"`
	Version  string                 `json:"version,omitempty"` // that Shown brings
	Steps    []Step                 `json:"steps"`
	Checks   []Check                `json:"checks"`
	Versions map[string]string      `json:"versions"` // of the task sets, by id
	History  []Row                  `json:"history"`
	Said     *Said                  `json:"said,omitempty"`
	Actions  []string               `json:"actions"`
	On       []string               `json:"on"`      // actions that are in effect
	Counted  bool                   `json:"counted"` // traffic is requests, not weights
}

// Story is what goes on, in a sentence.
type Story struct {
	Tone   string `json:"tone"` // quiet, busy, good or bad
	Text   string `json:"text"`
	Reason string `json:"reason,omitempty"`
	Report string `json:"report,omitempty"` // where the verdict's report is
}

// Row is a deployment in the history.
type Row struct {
	live.Past
	Version string `json:"version"`
}

// Check is one of the suite.
type Check struct {
	Name      string  `json:"name"`
	State     string  `json:"state"` // passed, failed or waiting
	LatencyMS float64 `json:"latencyMs,omitempty"`
	Problem   string  `json:"problem,omitempty"`
}

// Tell makes a state of what was seen.
func Tell(seen Seen) State {
	s := State{Status: seen.Status, Shown: seen.Deployment, Checks: checks(seen), Versions: map[string]string{}, History: []Row{}, Actions: []string{}, On: []string{}}
	if seen.Undone != nil {
		s.Shown = seen.Undone
	}
	for _, t := range seen.TaskSets {
		s.Versions[t.ID] = version(t.Image)
	}
	for _, p := range seen.Past {
		s.History = append(s.History, Row{Past: p, Version: version(p.Brought)})
	}
	if s.Shown != nil {
		s.Version = s.brought(s.Shown.ID)
	}
	s.Steps = steps(s.Shown, seen.Undone != nil || stoppedBack(s.Shown), seen.Deployment)
	s.Story = s.story(seen)
	if said := seen.Said; said != nil && !said.Released && (s.Shown == nil || said.At.After(s.Shown.Created) && !strings.Contains(said.Reason, s.Shown.ID)) {
		s.Said = said // what it says of the deployment that is shown is told already
	}
	return s
}

func stoppedBack(d *live.DeploymentStatus) bool { return d != nil && d.Rollback != "" }

func (s State) brought(id string) string {
	if i := slices.IndexFunc(s.History, func(r Row) bool { return r.Deployment == id }); i >= 0 {
		return s.History[i].Version
	}
	return id
}

// version is the short name of images: the tag of one, the names of several, the digest where there is no tag. What
// names no digest is no image that was pushed, and stands for itself.
func version(images string) string {
	words := strings.Fields(images)
	if !strings.Contains(images, "@") && len(words) != 1 {
		return images
	}
	var names []string
	for _, one := range words {
		name, digest, _ := strings.Cut(one[strings.LastIndex(one, "/")+1:], "@")
		_, tag, tagged := strings.Cut(name, ":")
		switch digest = strings.TrimPrefix(digest, "sha256:"); {
		case tagged && digest != "" && len(words) == 1:
			name = tag
		case !tagged && digest != "":
			name += " " + digest[:min(len(digest), 12)]
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}
