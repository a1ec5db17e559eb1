package watch

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/metric"
)

// Decision is what came of an event.
type Decision string

// The decisions. Waiting means that some starts failed and more are allowed.
const (
	Ignored Decision = "Ignored"
	Waiting Decision = "Waiting"
	Stopped Decision = "Stopped"
)

// Diagnosis is what came of one event. It is the function's answer and is logged; secrets are masked.
type Diagnosis struct {
	Decision Decision `json:"decision"`
	// Reason is one paragraph for people.
	Reason     string `json:"reason"`
	Cluster    string `json:"cluster,omitempty"`
	Service    string `json:"service,omitempty"`
	Deployment string `json:"deployment,omitempty"`
	// Wish identifies what is deployed in the logs of all functions, once the deployment has been read.
	Wish     live.Hash `json:"wish,omitempty"`
	TaskSet  string    `json:"taskSet,omitempty"`
	Revision string    `json:"revision,omitempty"` // family:number
	// FailedStarts were counted; at Allowed the deployment is stopped.
	FailedStarts int `json:"failedStarts"`
	Allowed      int `json:"allowed"`
	// Causes of the failed starts, newest first.
	Causes []Cause `json:"causes,omitempty"`
	// Log are the last lines of the newest one's container; LogMissing is why there are none.
	Log        []string  `json:"log,omitempty"`
	LogMissing string    `json:"logMissing,omitempty"`
	At         time.Time `json:"at"`
}

// write makes the paragraph.
func (d *Diagnosis) write() {
	c := d.Causes[0]
	d.Reason = fmt.Sprintf("Green cannot start, so deployment %s is stopped and rolled back, and what served before serves on. "+
		"%d starts of %s failed. %s%s.", d.Deployment, d.FailedStarts, d.Revision, d.agreement(), c.sentence())
	if c.Do != "" {
		d.Reason += " " + c.Do
	}
	switch {
	case len(d.Log) > 0:
		d.Reason += fmt.Sprintf(" The last line of its log: %q.", d.Log[len(d.Log)-1])
	case d.LogMissing != "":
		d.Reason += " There are no log lines: " + d.LogMissing + "."
	case c.Container != "":
		d.Reason += " It logged nothing."
	}
}

// agreement introduces the newest cause by whether the others are of its kind.
func (d *Diagnosis) agreement() string {
	for _, c := range d.Causes {
		if c.Kind != d.Causes[0].Kind {
			return "The newest: "
		}
	}
	if len(d.Causes) == 1 {
		return ""
	}
	return "Each time: "
}

// because is the cause in the few words that a tag holds.
func (d *Diagnosis) because() string { return d.Causes[0].sentence() }

// sentence has the container's name where one is to blame.
func (c Cause) sentence() string {
	if c.Container == "" {
		return c.What
	}
	return "container " + c.Container + ", " + c.What
}

// read looks for the cause in the last lines of the newest one's container, where ECS tells of nothing but an exit code.
// Those that ended with the same code are taken to have ended by the same.
func (d *Diagnosis) read() {
	newest := d.Causes[0]
	i := slices.IndexFunc(d.Log, func(l string) bool { return strings.Contains(l, "exec format error") })
	if newest.Kind != Exited || i < 0 {
		return
	}
	found, _ := recognized(d.Log[i])
	found.Container, found.ExitCode = newest.Container, newest.ExitCode
	for i, c := range d.Causes {
		if c.Kind == Exited && c.Container == newest.Container && *c.ExitCode == *newest.ExitCode {
			d.Causes[i] = found
		}
	}
}

// attributes are the log record, which is a metric as well when a deployment was stopped.
func (d *Diagnosis) attributes() []slog.Attr {
	all := []slog.Attr{slog.String(metric.Dimension, d.Service), slog.String("deployment", d.Deployment), slog.String("wish", string(d.Wish)), slog.Any("diagnosis", d)}
	if d.Decision != Stopped {
		return all
	}
	return append(all, metric.Attributes(d.At, metric.One(metric.StoppedStarts))...)
}
