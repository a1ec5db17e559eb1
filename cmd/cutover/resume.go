package main

import (
	"slices"

	"github.com/cutover-ecs/cutover/pkg/live"
)

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
	return o.lift([]standing{{live.TagSuspend, "suspended"}}, "releases go on: what was pushed meanwhile is verified, and production moves if it passes")
}

// standing is an order that may stand, by its tag, and what a service is by it.
type standing struct{ key, is string }

// lift takes orders away and lets the loop look.
func (o *operator) lift(orders []standing, then string) error {
	plan, first := []string{}, orders[0]
	orders = slices.DeleteFunc(orders, func(s standing) bool { _, stands := o.orders[s.key]; return !stands })
	if len(orders) == 0 {
		o.did("%s is not %s", o.Service, first.is)
		return o.close()
	}
	for _, s := range orders {
		plan = append(plan, o.Service+" is "+s.is+" ("+o.orders[s.key]+")")
	}
	if err := o.confirm(append(plan, "When that ends, "+then)...); err != nil {
		return err
	}
	for _, s := range orders {
		if err := o.erase(s.key); err != nil {
			return err
		}
		o.did("%s is %s no longer", o.Service, s.is)
	}
	return o.close()
}
