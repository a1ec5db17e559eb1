// Package metric is the one list of what the functions measure, and the form in which they write it: members of a log line
// that CloudWatch takes for metrics, which costs no call and no permission
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
//
// A line may be written twice when Lambda brings an event again, so that counts are close to what happened, not exact.
package metric

import (
	"log/slog"
	"time"
)

// Namespace of all metrics, and their one dimension: the service's name in its description.
const (
	Namespace = "Cutover"
	Dimension = "service"
)

// Name of a metric.
type Name string

// The metrics. All has their units and meanings.
const (
	Released        Name = "Released"
	Refused         Name = "Refused"
	Busy            Name = "Busy"
	PushToStart     Name = "PushToStart"
	PushToLive      Name = "PushToLive"
	InstallTime     Name = "InstallTime"
	VerifyTime      Name = "VerifyTime"
	ShiftTime       Name = "ShiftTime"
	DeploymentTime  Name = "DeploymentTime"
	Succeeded       Name = "Succeeded"
	Failed          Name = "Failed"
	Stopped         Name = "Stopped"
	RolledBack      Name = "RolledBack"
	VerdictPassed   Name = "VerdictPassed"
	VerdictFailed   Name = "VerdictFailed"
	CheckedFor      Name = "CheckedFor"
	ComparedUnclear Name = "ComparedUnclear"
	StoppedStarts   Name = "StoppedStarts"
)

// Units, as CloudWatch names them.
const (
	Count   = "Count"
	Seconds = "Seconds"
)

// Definition is what a metric is.
type Definition struct {
	Name Name
	Unit string
	// By is the function whose log it stands in.
	By string
	// Means what, for docs/metrics.md.
	Means string
}

// All metrics, in the order of a deployment.
var All = []Definition{
	{Released, Count, "release", "Deployments that Cutover started."},
	{Refused, Count, "release", "Looks at which something could not be released as things stand; one each look, so at least one in each `schedule` while it lasts."},
	{Busy, Count, "release", "Looks at which something new waited for a deployment under way; one each look, as above."},
	{PushToStart, Seconds, "release", "From the newest image's push to its deployment's start: gates, settling, and waits for other deployments included."},
	{PushToLive, Seconds, "release", "Lead time: from the newest image's push to the end of AllowTraffic, when all production traffic is on it. Of deployments that succeeded."},
	{InstallTime, Seconds, "release", "How long Install took: green's tasks start and become healthy."},
	{VerifyTime, Seconds, "release", "How long AfterAllowTestTraffic took: the hook's whole verification, as CodeDeploy saw it."},
	{ShiftTime, Seconds, "release", "How long AllowTraffic took: production traffic moves, at once or by steps."},
	{DeploymentTime, Seconds, "release", "From a deployment's creation to its end, the wait before blue's end included."},
	{Succeeded, Count, "release", "Deployments that ended well. Rollbacks are none of these four but RolledBack."},
	{Failed, Count, "release", "Deployments that failed, by a verdict or otherwise."},
	{Stopped, Count, "release", "Deployments that were stopped: by an alarm, a person, the watch function or for something newer."},
	{RolledBack, Count, "release", "Rollbacks that ended well."},
	{VerdictPassed, Count, "verify", "Verdicts that let a version pass."},
	{VerdictFailed, Count, "verify", "Verdicts that failed a version."},
	{CheckedFor, Seconds, "verify", "How long the hook judged."},
	{ComparedUnclear, Count, "verify", "Comparisons of green with blue that came to no conclusion."},
	{StoppedStarts, Count, "watch", "Deployments that were stopped because the new version could not start."},
}

// Value of a metric.
type Value struct {
	Name  Name
	Value float64
}

// One is a count of one.
func One(n Name) Value { return Value{n, 1} }

// In is a duration; one below zero, by clocks that differ, is zero.
func In(n Name, d time.Duration) Value { return Value{n, max(0, d.Seconds())} }

// Attributes are the members of a log line that make it those metrics as well; none without values. The line must have
// the member Dimension at its top, as text.
func Attributes(at time.Time, values ...Value) []slog.Attr {
	if len(values) == 0 {
		return nil
	}
	var attributes []slog.Attr
	var metrics []any
	for _, v := range values {
		attributes = append(attributes, slog.Float64(string(v.Name), v.Value))
		metrics = append(metrics, map[string]string{"Name": string(v.Name), "Unit": unit(v.Name)})
	}
	return append(attributes, slog.Any("_aws", map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{{Dimension}}, "Metrics": metrics,
		}},
	}))
}

func unit(n Name) string {
	for _, d := range All {
		if d.Name == n {
			return d.Unit
		}
	}
	return "None"
}
