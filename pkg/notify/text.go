package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// titles say in a line what happened to what, %s.
var titles = map[config.Stage]string{
	config.StageIgnored:     "%s is ignored",
	config.StageSuperseded:  "%s is superseded",
	config.StageWaiting:     "%s waits",
	config.StageHeld:        "%s is held",
	config.StageRefused:     "%s is refused",
	config.StageStarted:     "%s is being deployed",
	config.StageTesting:     "%s is being tested",
	config.StageTestsPassed: "%s passed its tests",
	config.StageTestsFailed: "%s failed its tests",
	config.StageCannotStart: "%s cannot start",
	config.StageShifting:    "%s gets a part of production",
	config.StageLive:        "%s is live",
	config.StageWaitBegan:   "%s is live, what served before is kept for a while",
	config.StageFinished:    "%s is finished",
	config.StageRolledBack:  "%s is rolled back",
	config.StageFailed:      "%s failed",
}

func (s *Step) title() string {
	title := fmt.Sprintf(titles[s.Stage], s.name())
	if s.Stage == config.StageShifting {
		title = fmt.Sprintf("%s gets %d %% of production", s.name(), s.Percent)
	}
	return s.Service + ": " + title
}

// text is the title as a sentence, with what is to be known.
func (s *Step) text() string {
	text := strings.TrimPrefix(s.Title, s.Service+": ")
	switch s.Stage {
	case config.StageStarted:
		text += fmt.Sprintf(" by deployment %s: the new version starts beside the one that serves", s.Deployment)
	case config.StageTesting:
		text += " on the test listener, before users see it"
	case config.StageLive:
		text += ": all of production goes to it"
	case config.StageWaitBegan:
		if s.BlueEnds != nil {
			text += ": until " + s.BlueEnds.UTC().Format(time.RFC3339) + " going back takes seconds"
		}
	case config.StageFinished:
		text += ": what served before is gone"
	case config.StageRolledBack:
		text += ", and what served before serves"
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	text = strings.TrimRight(text, ".") + "."
	for _, c := range s.Checks {
		text += fmt.Sprintf("\n- %s: %s", c.Name, strings.Join(c.Problems, "; "))
	}
	if s.Report != "" {
		text += "\nReport: " + s.Report
	}
	return text
}
