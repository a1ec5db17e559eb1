package main

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// wanted is an image that a person asks for, and what it takes for the release loop to wish for it.
type wanted struct {
	image live.Image
	// order is given where the policy would choose another image; nil where the image needs none. An order that stands
	// is taken back then.
	order *live.Order
	// over is what the policy would choose in the image's place.
	over live.Image
	// again is the wish when it was tried before; empty otherwise.
	again live.Hash
}

// want finds out what it takes to release an image now, and tells what will happen.
func (o *operator) want(text string, despiteAlarms bool) (w wanted, plan []string, err error) {
	if w.image, err = o.find(text); err != nil {
		return w, nil, err
	}
	orders := o.given()
	switch {
	case orders.Suspend != nil:
		return w, nil, fmt.Errorf("releases are suspended (%s): cutover resume %s comes first", orders.Suspend.Text, o.Service)
	case orders.Pin != nil && !orders.Pin.Names(w.image):
		return w, nil, fmt.Errorf("the service is pinned to another image (%s): cutover unpin %s comes first, or pin this one", orders.Pin.Text, o.Service)
	case orders.Blocked.Names(w.image):
		return w, nil, fmt.Errorf("%s is blocked (%s): cutover retry %s lifts that", w.image.Name(), orders.Blocked.Text, o.Service)
	}
	loop, done, err := o.loop()
	if err != nil {
		return w, nil, err
	}
	defer done()
	if despiteAlarms {
		loop = loop.DespiteAlarms()
	}
	as := map[string]string{live.TagDeploy: ""}
	p, err := loop.Plan(o.ctx, as, false)
	if err != nil {
		return w, nil, err
	}
	if p.Chosen.Digest != w.image.Digest && orders.Pin == nil {
		w.over = p.Chosen
		w.order = &live.Order{To: w.image.Ordered(), By: o.by, Because: o.Why}
		if w.over.Digest != "" {
			w.order.Subjects = []string{w.over.Digest}
		}
		if as[live.TagDeploy], err = w.order.Value(); err != nil {
			return w, nil, err
		}
		if p, err = loop.Plan(o.ctx, as, false); err != nil {
			return w, nil, err
		}
	}
	held := ""
	if !w.goesOut(p) {
		once, err := loop.Plan(o.ctx, as, true)
		if err != nil {
			return w, nil, err
		}
		if w.goesOut(once) {
			held, w.again, p = p.Decision.Reason, once.Wish.Hash(), once
		}
	}
	now, err := o.status()
	return w, append(w.told(o, p.Decision, now, held), p.Unasked...), err
}

// goesOut reports whether the image itself goes out, now or when there is room.
func (w wanted) goesOut(p release.Plan) bool {
	for _, i := range p.Decision.Wish.Images {
		if i.Digest == w.image.Digest {
			return p.Decision.Verdict != release.Hold && p.Decision.Verdict != release.Refuse && p.Decision.Verdict != release.Wait
		}
	}
	return false
}

// told is what will happen.
func (w wanted) told(o *operator, d release.Decision, now live.Status, held string) (plan []string) {
	production := "no image yet"
	if len(now.TaskSets) > 0 && now.TaskSets[0].Image != "" {
		production = named(now.TaskSets[0])
	}
	how := fmt.Sprintf("it is verified, and if it passes production moves by %s", o.service.Deployment.Config)
	if wait := o.service.Deployment.TerminationWait; wait != nil {
		how += fmt.Sprintf("; blue is kept for %s then", wait.Std())
	}
	switch {
	case !w.goesOut(release.Plan{Decision: d}):
		plan = append(plan, fmt.Sprintf("%s cannot be released yet: %s", w.image.Name(), d.Reason))
	case d.Verdict == release.Current:
		plan = append(plan, w.image.Name()+" is live already and stays")
	case d.Verdict == release.Deploy:
		plan = append(plan, fmt.Sprintf("Production is on %s; %s is released: %s", production, w.image.Name(), how))
	default:
		plan = append(plan, fmt.Sprintf("Production is on %s; %s is released when there is room for it (%s): %s", production, w.image.Name(), d.Reason, how))
	}
	if held != "" {
		plan = append(plan, "It is tried once more: "+held)
	}
	if w.order != nil {
		over := "Nothing else is chosen by the policy now"
		if w.over.Digest != "" {
			over = w.over.Name() + ", which the policy would choose, is passed over"
		}
		plan = append(plan, over+"; what it chooses later is released as ever")
	}
	return plan
}

// give writes the order, or takes back one that stands in the way.
func (w wanted) give(o *operator) error {
	_, stands := o.orders[live.TagDeploy]
	switch {
	case w.order != nil:
		if err := o.write(live.TagDeploy, *w.order); err != nil {
			return err
		}
		o.did("%s is asked for", w.image.Name())
	case w.image.Digest != "" && stands:
		if err := o.erase(live.TagDeploy); err != nil {
			return err
		}
		o.did("%s is what the policy chooses; no other image is asked for any more", w.image.Name())
	}
	return nil
}

// explained is why the loop could not be asked, when the order is given all the same.
func (w wanted) explained(err error) error {
	if w.order == nil {
		return err
	}
	return fmt.Errorf("%s is asked for, but the release loop could not be asked and looks by itself at the next event or schedule: %w", w.image.Name(), err)
}
