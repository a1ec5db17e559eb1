package main

import (
	"fmt"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

type suspendCommand struct {
	hand
	Until string `placeholder:"TIME" help:"When it ends by itself: 2h, 18:30, 2026-12-01, 2026-12-01T08:00:00Z. Default: when resumed."`
}

// Help teaches by example.
func (suspendCommand) Help() string {
	return `Releases nothing until resumed. A deployment that is under way goes on; stop it with cutover stop. The order is the tag cutover:suspend of the ECS service and names you, until when and why.

    cutover suspend sample-website --until 18:30 --why "the sale"
    cutover suspend sample-website

Needs ecs:TagResource beside what every command of this kind needs (docs/operator.md).`
}

// Run writes the order.
func (c suspendCommand) Run(s *stage) error {
	until, err := ending(c.Until, time.Now())
	if err != nil {
		return err
	}
	o, err := c.begin(s, "suspend")
	if err != nil {
		return err
	}
	if err := o.write(live.TagSuspend, live.Order{By: o.by, Until: until, Because: c.Why}); err != nil {
		return err
	}
	o.did("Releases of %s are suspended%s", c.Service, untilWords(until))
	return o.close()
}

// ending is the time that a person wrote; zero for none.
func ending(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var at time.Time
	if d, err := time.ParseDuration(text); err == nil {
		at = now.Add(d)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			at = t
		}
	}
	if t, err := time.ParseInLocation("15:04", text, now.Location()); err == nil {
		at = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
	}
	switch {
	case at.IsZero():
		return at, unusable{fmt.Errorf("--until %q is no time: write 2h, 18:30, 2026-12-01 or 2026-12-01T08:00:00Z", text)}
	case !at.After(now):
		return at, unusable{fmt.Errorf("--until %q is over already", text)}
	}
	return at, nil
}

func untilWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.Local().Format("2006-01-02 15:04 MST")
}
