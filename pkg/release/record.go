package release

import (
	"context"
	"log/slog"
	"time"
)

// record logs an outcome, a refusal as a warning. What was released and what was refused is counted, too.
func (l *Loop) record(ctx context.Context, o Outcome) {
	level := slog.LevelInfo
	if o.Decision == Refuse {
		level = slog.LevelWarn
	}
	attributes := []slog.Attr{
		slog.String("service", o.Service), slog.String("event", o.Event),
		slog.String("decision", string(o.Decision)), slog.String("reason", o.Reason),
		slog.String("deployment", o.Deployment), slog.String("image", o.Image),
		slog.String("wish", string(o.Wish)), slog.String("applied", o.Applied),
	}
	if o.Push != "" {
		attributes = append(attributes, slog.String("push", o.Push))
	}
	if o.Deregistered != "" {
		attributes = append(attributes, slog.String("deregistered", o.Deregistered))
	}
	if o.Scaling != "" {
		attributes = append(attributes, slog.String("scaling", o.Scaling))
	}
	if o.Until != nil {
		attributes = append(attributes, slog.Time("until", *o.Until))
	}
	l.log.LogAttrs(ctx, level, "outcome", append(attributes, metrics(o.Decision, l.now())...)...)
}

// counted are the verdicts that become metrics of the namespace Cutover, by service.
var counted = map[Verdict]string{Deploy: "Released", Refuse: "Refused"}

// metrics are the members that make a log line a metric as well, without a call
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
func metrics(v Verdict, at time.Time) []slog.Attr {
	name, ok := counted[v]
	if !ok {
		return nil
	}
	return []slog.Attr{slog.Int(name, 1), slog.Any("_aws", map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": "Cutover", "Dimensions": [][]string{{"service"}}, "Metrics": []any{map[string]string{"Name": name, "Unit": "Count"}},
		}},
	})}
}
