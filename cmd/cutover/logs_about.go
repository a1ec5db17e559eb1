package main

import (
	"strings"

	"github.com/cutover-ecs/cutover/pkg/release"
)

// about are the lines that are about one wish or deployment: those that name it, and those that name what they tie it to.
// A wish may have several deployments, and a deployment has one wish. All lines without an id.
func about(lines []logLine, id string) (some []logLine) {
	if id == "" {
		return lines
	}
	wishes, deployments := map[string]bool{}, map[string]bool{id: true}
	tied := func(wish, deployment string) bool {
		return wishes[wish] || deployment != "" && deployments[deployment] || wish != "" && strings.HasPrefix(wish, id)
	}
	for before := -1; before != len(wishes)+len(deployments); { // a line may tie what a later one named
		before = len(wishes) + len(deployments)
		for _, l := range lines {
			// What is decided about a deployment under way may be for the sake of another wish: only its start ties the two.
			wish, deployment, ties := l.ids()
			if ties && wish != "" && deployment != "" && tied(wish, deployment) {
				wishes[wish], deployments[deployment] = true, true
			}
		}
	}
	for _, l := range lines {
		if wish, deployment, _ := l.ids(); tied(wish, deployment) {
			some = append(some, l)
		}
	}
	return some
}

// ids are what a line of a function is about, and whether it says that the deployment is the wish's.
func (l logLine) ids() (wish, deployment string, ties bool) {
	t, ok := readTold(l.text)
	told, tells := readTelling(l.text)
	switch {
	case tells:
		return "", told.Deployment, false
	case !ok:
		return "", "", false
	case t.Outcome != nil:
		return string(t.Outcome.Wish), t.Outcome.Deployment, t.Outcome.Decision == release.Deploy
	case t.Diagnosis != nil:
		return string(t.Diagnosis.Wish), t.Diagnosis.Deployment, true
	case t.Progress != nil:
		return "", t.Progress.Deployment, false
	default:
		return string(t.Verdict.Wish), t.Verdict.Deployment, true
	}
}
