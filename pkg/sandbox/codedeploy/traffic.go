package codedeploy

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// checkListener fails unless the listener sends traffic to the original task set's target group.
func (r *run) checkListener(listener string) error {
	routes, err := r.s.routes(r.ctx, listener)
	if err != nil {
		return r.from(servedByELB, err)
	}
	found := r.standing()
	blue, green := found.blue.group, found.green.group
	serves := false
	for _, route := range routes {
		if !route.concerns(blue, green) {
			continue
		}
		if route.weights()[blue] > 0 {
			serves = true
		} else if r.s.assumes.RuleOfReplacementFails {
			return r.mismatch(route.name())
		}
	}
	if !serves {
		return r.mismatch(listener)
	}
	return nil
}

// weigh gives green its share of 100, and blue the rest, on every route of the listener that concerns the pair.
func (r *run) weigh(listener string, green int32) error {
	routes, err := r.s.routes(r.ctx, listener)
	if err != nil {
		return r.from(servedByELB, err)
	}
	f := r.standing()
	concerned := slices.DeleteFunc(routes, func(x route) bool { return !x.concerns(f.blue.group, f.green.group) })
	if len(concerned) == 0 {
		return r.mismatch(listener)
	}
	for _, route := range concerned {
		actions := route.forwarding([]share{{f.green.group, green}, {f.blue.group, 100 - green}}, r.s.assumes.StickinessKept)
		if err := r.s.write(r.ctx, route, actions); err != nil {
			return r.from(servedByELB, err)
		}
	}
	return nil
}

// allowTest moves the test listener to the replacement task set: the routes that concern the pair, or the default
// action when none does.
func (r *run) allowTest() error {
	routes, err := r.s.routes(r.ctx, testListener(r.d.pair))
	if err != nil {
		return r.from(servedByELB, err)
	}
	f := r.standing()
	concerned := slices.DeleteFunc(slices.Clone(routes), func(x route) bool { return !x.concerns(f.blue.group, f.green.group) })
	if len(concerned) == 0 {
		concerned = routes[:1]
	}
	r.s.change(r.d, func() { r.d.found.test = concerned })
	to := []share{{f.green.group, 100}}
	if r.s.assumes.IdleGroupStaysOnTest {
		to = append(to, share{f.blue.group, 0})
	}
	for _, route := range concerned {
		if err := r.s.write(r.ctx, route, route.forwarding(to, r.s.assumes.StickinessKept)); err != nil {
			return r.from(servedByELB, err)
		}
	}
	return nil
}

// allow moves production traffic by the deployment's configuration and makes green PRIMARY.
func (r *run) allow() error {
	percents, minutes := shares(r.d.traffic)
	if r.s.assumes.PrimaryBeforeShift {
		if err := r.promote(r.standing().green, true); err != nil {
			return err
		}
	}
	watch, end := context.WithCancel(r.ctx)
	defer end()
	if len(percents) > 1 {
		watching := r.watchScaling(watch)
		defer func() { end(); <-watching }()
	}
	for i, percent := range percents {
		if i > 0 {
			interval := r.s.opts.Clock.Scale(time.Duration(minutes) * time.Minute)
			if _, err := r.wait("traffic-shift", interval, nil); err != nil {
				return err
			}
		}
		r.s.change(r.d, func() { r.d.found.moved = true })
		if err := r.weigh(r.d.pair.ProdTrafficRoute.ListenerArns[0], percent); err != nil {
			return err
		}
		r.s.change(r.d, func() { r.d.found.weight = percent })
	}
	if r.s.assumes.PrimaryBeforeShift {
		return nil
	}
	return r.promote(r.standing().green, true)
}

// promote makes a task set PRIMARY.
func (r *run) promote(set taskSet, green bool) error {
	_, err := call[ecs.UpdateServicePrimaryTaskSetOutput](r.ctx, r.s, &ecs.UpdateServicePrimaryTaskSetInput{
		Cluster: r.d.service.ClusterName, Service: r.d.service.ServiceName, PrimaryTaskSet: new(set.id)})
	if err != nil {
		return r.from(servedByECS, err)
	}
	r.s.change(r.d, func() { r.d.found.primary = green })
	return nil
}

func (r *run) terminateBlue() error { return r.terminate(r.standing().blue) }

func (r *run) terminateGreen() error { return r.terminate(r.standing().green) }

// terminate drains a task set; one that is gone already is what was wanted.
func (r *run) terminate(set taskSet) error {
	if set.id == "" {
		return nil
	}
	_, err := call[ecs.DeleteTaskSetOutput](r.ctx, r.s, &ecs.DeleteTaskSetInput{
		Cluster: r.d.service.ClusterName, Service: r.d.service.ServiceName, TaskSet: new(set.id), Force: new(true)})
	var gone *ecstypes.TaskSetNotFoundException
	if err != nil && !errors.As(err, &gone) {
		return r.from(servedByECS, err)
	}
	return nil
}
