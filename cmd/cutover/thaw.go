package main

import (
	"cmp"
	"errors"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

type thawCommand struct {
	hand
	Until string `placeholder:"TIME" help:"When releases are frozen again: 2h, 18:30, 2026-12-01, 2026-12-01T08:00:00Z. Default: in an hour."`
}

// Help teaches by example.
func (thawCommand) Help() string {
	return `Releases although the configuration freezes releases now (gates.freeze): for an hour, unless told otherwise. Whoever does this says why. The order is the tag cutover:thaw of the ECS service and names you, until when and why; every release that it lets through tells it in its outcome. Other gates, the verification and alarms are asked as ever.

    cutover thaw sample-website --why "payment is down, v8 mends it"
    cutover thaw sample-website --until 18:30 --why "INC-42"

Going back needs no thaw: cutover rollback works in a freeze too.

Needs ecs:TagResource beside what every command of this kind needs (docs/operator.md).`
}

// thaws is how long a thaw lasts unless told otherwise.
const thaws = "1h"

// Run writes the order and lets the loop look.
func (c thawCommand) Run(s *stage) error {
	if c.Why == "" {
		return unusable{errors.New(`say --why: a freeze that is passed over is looked at later, such as --why "INC-42"`)}
	}
	until, err := ending(cmp.Or(c.Until, thaws), time.Now())
	if err != nil {
		return err
	}
	o, err := c.begin(s, "thaw")
	if err != nil {
		return err
	}
	if err := o.confirm("Releases of "+c.Service+" go out although they are frozen"+untilWords(until),
		"What is newest is verified now, and production moves if it passes"); err != nil {
		return err
	}
	if err := o.write(live.TagThaw, live.Order{By: o.by, Until: until, Because: c.Why}); err != nil {
		return err
	}
	o.did("Releases of %s go out although they are frozen%s", c.Service, untilWords(until))
	return o.close()
}
