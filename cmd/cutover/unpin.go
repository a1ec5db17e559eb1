package main

import "github.com/cutover-ecs/cutover/pkg/live"

type unpinCommand struct{ hand }

// Help teaches by example.
func (unpinCommand) Help() string {
	return `Releases by the configuration's policy again after cutover pin: the newest allowed image is released now.

    cutover unpin sample-website

Needs ecs:UntagResource beside what every command of this kind needs (docs/operator.md).`
}

// Run takes the order away.
func (c unpinCommand) Run(s *stage) error {
	o, err := c.begin(s, "unpin")
	if err != nil {
		return err
	}
	return o.lift(live.TagPin, "pinned", "the newest allowed image is released: it is verified, and production moves if it passes")
}
