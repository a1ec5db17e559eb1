package live

import (
	"fmt"
	"strings"
)

// Changes tells in lines what is different since the status before, in the order in which it happens. The zero
// Status stands for having seen nothing.
func Changes(before, now Status) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	old := before.Deployment
	if d := now.Deployment; d != nil {
		fresh := old == nil || old.ID != d.ID
		if fresh {
			say("deployment %s by %s: %s", d.ID, d.Creator, describe(*d))
			old = &DeploymentStatus{}
		}
		for _, e := range d.Events {
			if was := eventStatus(old, e.Name); was != e.Status && (e.Status != "Pending" && e.Status != "Skipped") {
				say("%s %s", e.Name, e.Status)
			}
		}
		if d.Terminating && !old.Terminating && d.Status == "InProgress" {
			say("termination wait began: blue is kept")
		}
		if old.Status != d.Status && !(fresh && d.Status == "Created") {
			say("deployment %s is %s%s", d.ID, d.Status, because(d.Error))
		}
		if d.Rollback != "" && old.Rollback != d.Rollback {
			say("deployment %s is rolled back by %s", d.ID, d.Rollback)
		}
	}
	if before.Held.String() != now.Held.String() {
		say("%s", now.Held)
	}
	return append(lines, taskSetChanges(before, now)...)
}

func taskSetChanges(before, now Status) []string {
	was := map[string]TaskSetStatus{}
	for _, t := range before.TaskSets {
		was[t.ID] = t
	}
	var lines []string
	for _, t := range now.TaskSets {
		if old, known := was[t.ID]; !known || line(old) != line(t) {
			lines = append(lines, line(t))
		}
		delete(was, t.ID)
	}
	for _, t := range before.TaskSets {
		if _, gone := was[t.ID]; gone {
			lines = append(lines, fmt.Sprintf("task set %s is gone (%s)", t.ID, t.Image))
		}
	}
	return lines
}

// line is a task set in one line: what `cutover status` prints and what counts as a change.
func line(t TaskSetStatus) string {
	return fmt.Sprintf("task set %s %s %s: %d of %d running, %d of %d targets healthy in %s, %d %% production, %d %% test",
		t.ID, strings.TrimSpace(t.Status+" "+t.Label), t.Image, t.Running, t.Desired, t.Healthy, t.Targets, t.TargetGroup, t.Production, t.Test)
}

func eventStatus(d *DeploymentStatus, name string) string {
	for _, e := range d.Events {
		if e.Name == name {
			return e.Status
		}
	}
	return ""
}

func describe(d DeploymentStatus) string {
	switch {
	case d.RollsBack != "":
		return "rolls back " + d.RollsBack
	case d.Description != "":
		return d.Description
	}
	return "without a description"
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
