package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// picture is a service and the deployment that is followed, as lines for a terminal.
func picture(now live.Status, p *pursuit, at time.Time, s style) []string {
	lines := []string{s.paint(bold, s.fit(fmt.Sprintf("%s  %s", now.Service, at.Local().Format(time.TimeOnly)), 0))}
	d := now.Deployment
	if d == nil || d.ID != p.id {
		return append(lines, s.fit("waiting: "+p.standing(), 0))
	}
	lines = append(lines, s.fit(fmt.Sprintf("%s  %s  %s", d.ID, d.Status, brought(types.DeploymentInfo{Description: &d.Description})), 0), steps(*d, at, s))
	for _, e := range d.Events {
		lines = append(lines, s.fit(eventLine(e, at, s), 0))
	}
	for _, t := range now.TaskSets {
		lines = append(lines, taskSetLine(t, s))
	}
	if d.BlueEnds != nil {
		lines = append(lines, s.fit(fmt.Sprintf("blue ends at %s%s; cutover finish ends it now", d.BlueEnds.Local().Format(time.TimeOnly), countdown(d.BlueEnds.Sub(at))), 0))
	}
	if d.Error != "" {
		lines = append(lines, s.paint(red, s.fit(d.Error, 0)))
	}
	return lines
}

// steps is how many of the lifecycle events are over, as a bar, and how long the deployment has taken.
func steps(d live.DeploymentStatus, at time.Time, s style) string {
	over := 0
	for _, e := range d.Events {
		if e.Status == string(types.LifecycleEventStatusSucceeded) {
			over++
		}
	}
	if d.Completed != nil {
		at = *d.Completed
	}
	told := fmt.Sprintf("  %d of %d events, %s", over, len(d.Events), at.Sub(d.Created).Round(time.Second))
	width := min(30, s.width-len(told)-1)
	if width < 8 || len(d.Events) == 0 {
		return s.fit(strings.TrimSpace(told), 0)
	}
	colour := green
	if d.Error != "" {
		colour = red
	}
	return s.paint(colour, s.bar(float64(over)/float64(len(d.Events)), width)) + told
}

func eventLine(e live.EventStatus, at time.Time, s style) string {
	mark, took := " ", ""
	switch types.LifecycleEventStatus(e.Status) {
	case types.LifecycleEventStatusSucceeded:
		mark = s.pick("✓", "+")
	case types.LifecycleEventStatusFailed:
		mark = s.pick("✗", "x")
	case types.LifecycleEventStatusInProgress:
		mark = s.pick("●", "*")
	}
	if e.Start != nil {
		end := at
		if e.End != nil {
			end = *e.End
		}
		took = max(end.Sub(*e.Start), 0).Round(100 * time.Millisecond).String()
	}
	return strings.TrimRight(fmt.Sprintf("  %s %-22s %-11s %s", mark, e.Name, e.Status, took), " ")
}

// taskSetLine is a task set with its share of production as a bar.
func taskSetLine(t live.TaskSetStatus, s style) string {
	label := t.Label
	if label == "" {
		label = strings.ToLower(t.Status)
	}
	head := fmt.Sprintf("  %-8s", label)
	share := fmt.Sprintf(" %3d %%", t.Production)
	bar := 0
	if s.width > 60 {
		bar = 12
	}
	text := s.fit(fmt.Sprintf("%s  %d/%d healthy  %s", share, t.Healthy, t.Desired, named(t)), len(head)+bar)
	switch t.Label {
	case "green":
		return head + s.paint(green, s.bar(float64(t.Production)/100, bar)) + text
	case "blue":
		return head + s.paint(blue, s.bar(float64(t.Production)/100, bar)) + text
	}
	return head + s.bar(float64(t.Production)/100, bar) + text
}

// countdown is how long something still takes.
func countdown(left time.Duration) string {
	if left <= 0 {
		return ""
	}
	return ", in " + left.Round(time.Second).String()
}
