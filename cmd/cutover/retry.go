package main

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

type retryCommand struct{ hand }

// Help teaches by example.
func (retryCommand) Help() string {
	return `Allows what is wished for and held one more try: an image that was refused, stopped or rolled back. Images that cutover rollback blocked are allowed again first. Nothing is stored: if the try fails too, the image is held again.

    cutover retry sample-website --why "the database is back"

Needs ecs:UntagResource when something is blocked, beside what every command of this kind needs (docs/operator.md).`
}

// Run lifts the block, looks what is held, and tries it.
func (c retryCommand) Run(s *stage) error {
	o, err := c.begin(s, "retry")
	if err != nil {
		return err
	}
	plan := []string{"What is wished for and held is tried once more: it is verified, and production moves if it passes"}
	blocked := o.given().Blocked
	if blocked != nil {
		plan = append(plan, "What was blocked is allowed again ("+blocked.Text+")")
	}
	if err := o.confirm(plan...); err != nil {
		return err
	}
	if blocked != nil {
		if err := o.erase(live.TagBlocked); err != nil {
			return err
		}
		o.did("Nothing is blocked any more")
	}
	a, err := o.invoke("")
	if err != nil {
		return err
	}
	if a.Outcome == nil || a.Outcome.Decision != release.Hold {
		return o.conclude(a)
	}
	orders := o.given()
	switch {
	case orders.Suspend != nil:
		return fmt.Errorf("releases are suspended (%s): cutover resume %s comes first", orders.Suspend.Text, c.Service)
	case a.Outcome.Wish == "":
		return fmt.Errorf("nothing is wished for that could be tried: %s", a.Outcome.Reason)
	}
	o.did("Held was %s: %s", a.Outcome.Image, a.Outcome.Reason)
	if a, err = o.invoke(a.Outcome.Wish); err != nil {
		return err
	}
	return o.conclude(a)
}
