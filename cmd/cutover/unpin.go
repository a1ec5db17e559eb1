package main

import "github.com/cutover-ecs/cutover/pkg/live"

type unpinCommand struct{ hand }

// Help teaches by example.
func (unpinCommand) Help() string {
	return `Releases by the configuration's policy again after cutover pin, or after cutover deploy of an image that the policy would not choose: the newest allowed image is released now.

    cutover unpin sample-website

Needs ecs:UntagResource beside what every command of this kind needs (docs/operator.md).`
}

// Run takes the order away.
func (c unpinCommand) Run(s *stage) error {
	o, err := c.begin(s, "unpin")
	if err != nil {
		return err
	}
	return o.lift([]standing{{live.TagPin, "pinned"}, {live.TagDeploy, "on an image that was asked for"}}, "the newest allowed image is released: it is verified, and production moves if it passes")
}
