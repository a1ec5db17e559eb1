package main

import "github.com/cutover-ecs/cutover/pkg/live"

type resumeCommand struct{ hand }

// Help teaches by example.
func (resumeCommand) Help() string {
	return `Releases again after cutover suspend. What was pushed meanwhile is released now, the newest only.

    cutover resume sample-website

Needs ecs:UntagResource beside what every command of this kind needs (docs/operator.md).`
}

// Run takes the order away.
func (c resumeCommand) Run(s *stage) error {
	o, err := c.begin(s, "resume")
	if err != nil {
		return err
	}
	return o.lift(live.TagSuspend, "suspended", "releases go on: what was pushed meanwhile is verified, and production moves if it passes")
}

// lift takes an order away and lets the loop look.
func (o *operator) lift(key, what, then string) error {
	value, stands := o.orders[key]
	if !stands {
		o.did("%s is not %s", o.Service, what)
		return o.close()
	}
	if err := o.confirm(o.Service+" is "+what+" ("+value+")", "When that ends, "+then); err != nil {
		return err
	}
	if err := o.erase(key); err != nil {
		return err
	}
	o.did("%s is %s no longer", o.Service, what)
	return o.close()
}
