package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Step is one step of a push's story: the detail of an event of the source "cutover". Its JSON form is published as
// event.schema.json; within a version members are only added.
type Step struct {
	// Version of this form: "1".
	Version string `json:"version"`
	// ID is the same for every telling of the same step, so that whoever hears it twice knows.
	ID string `json:"id"`
	// Story is the same for all steps of one image at one service.
	Story string       `json:"story"`
	Stage config.Stage `json:"stage"`
	// Service is its name in the configuration; Cluster is the platform's, whatever ECS cluster an adopted service is in.
	Service string `json:"service"`
	Cluster string `json:"cluster"`
	// Title is a line, Text a paragraph for people. Secrets are masked.
	Title string `json:"title"`
	Text  string `json:"text"`
	// Reason is why, where the stage has one.
	Reason string `json:"reason,omitempty"`
	// Deployment is CodeDeploy's id.
	Deployment string `json:"deployment,omitempty"`
	// Image is <repository>:<tag>@<digest>, several with spaces between.
	Image string `json:"image,omitempty"`
	// Percent of production that goes to the new version, while it is shifting.
	Percent int `json:"percent,omitempty"`
	// BlueEnds is when the version before is gone, if nobody ends the wait earlier.
	BlueEnds *time.Time `json:"blueEnds,omitempty"`
	// Hook is the lifecycle event whose tests passed or failed.
	Hook string `json:"hook,omitempty"`
	// Checks are those that failed.
	Checks []Check `json:"checks,omitempty"`
	// Report leads to the page of what was tested, where reports are kept.
	Report string `json:"report,omitempty"`
	// At is when it happened, as AWS tells it where AWS does, to the millisecond.
	At time.Time `json:"at"`
}

// Check is one that failed: what it got and wanted.
type Check struct {
	Name     string   `json:"name"`
	URL      string   `json:"url,omitempty"`
	Status   int      `json:"status,omitempty"`
	Problems []string `json:"problems"`
}

// Source of all events.
const Source = "cutover"

// detailTypes are what EventBridge calls the steps.
var detailTypes = map[config.Stage]string{
	config.StageIgnored:     "Cutover Push Ignored",
	config.StageSuperseded:  "Cutover Push Superseded",
	config.StageWaiting:     "Cutover Push Waiting",
	config.StageHeld:        "Cutover Push Held",
	config.StageRefused:     "Cutover Push Refused",
	config.StageStarted:     "Cutover Deployment Started",
	config.StageTesting:     "Cutover Tests Began",
	config.StageTestsPassed: "Cutover Tests Passed",
	config.StageTestsFailed: "Cutover Tests Failed",
	config.StageCannotStart: "Cutover Deployment Cannot Start",
	config.StageShifting:    "Cutover Production Traffic Shifting",
	config.StageLive:        "Cutover Production Traffic Moved",
	config.StageWaitBegan:   "Cutover Termination Wait Began",
	config.StageFinished:    "Cutover Deployment Finished",
	config.StageRolledBack:  "Cutover Deployment Rolled Back",
	config.StageFailed:      "Cutover Deployment Failed",
}

// DetailTypes are what EventBridge calls these steps, or all when none is named.
func DetailTypes(stages ...config.Stage) []string {
	if len(stages) == 0 {
		stages = config.Stages()
	}
	all := make([]string, 0, len(stages))
	for _, s := range stages {
		all = append(all, detailTypes[s])
	}
	return all
}

// complete fills in what follows from the rest.
func (s *Step) complete() {
	s.Version = "1"
	of := s.digest()
	if of == "" {
		of = s.Deployment
	}
	s.Story = s.Service + "/" + of
	told := fmt.Sprint(s.Cluster, "\n", s.Story, "\n", s.Deployment, "\n", s.Stage, "\n", s.Percent, "\n", s.Hook)
	if s.Deployment == "" {
		told += "\n" + s.Reason
	}
	sum := sha256.Sum256([]byte(told))
	s.ID = hex.EncodeToString(sum[:16])
	s.Title = s.title()
	s.Text = s.text()
	s.At = s.At.UTC().Truncate(time.Millisecond) // as exact as AWS's own times, beside which it stands
}

// follows reports whether s is told after a step of that time and stage: of the same millisecond the later stage is.
func (s *Step) follows(at time.Time, stage config.Stage) bool {
	if s.At.Equal(at) {
		return slices.Index(config.Stages(), s.Stage) > slices.Index(config.Stages(), stage)
	}
	return s.At.After(at)
}

// digest of the first image; empty when it is not known.
func (s *Step) digest() string {
	first, _, _ := strings.Cut(s.Image, " ")
	_, digest, _ := strings.Cut(first, "@")
	return digest
}

// name of the images for people: <repository>:<tag>, or the digest's first digits where there is no tag.
func (s *Step) name() string {
	var names []string
	for _, i := range strings.Fields(s.Image) {
		name, digest, _ := strings.Cut(i, "@")
		if !strings.Contains(name, ":") && len(digest) > 19 {
			name += "@" + digest[:19] + "…"
		}
		names = append(names, name)
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, " and ")
	case s.Deployment != "":
		return "deployment " + s.Deployment
	}
	return "it"
}
