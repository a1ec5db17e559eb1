package release

import (
	"context"
	"log/slog"

	"github.com/cutover-ecs/cutover/pkg/metric"
)

// record logs an outcome with what was measured, a refusal as a warning.
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
	l.log.LogAttrs(ctx, level, "outcome", append(attributes, metric.Attributes(l.now(), o.Measured...)...)...)
}
