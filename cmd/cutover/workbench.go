package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/page"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// workbench is a service of a sandbox, as the page has it: to look at, and to try things with.
type workbench struct {
	opened
	local            *sandbox.Sandbox
	bin              string // where the website's program is
	ecr              *ecr.Client
	production, test sandbox.Listener
	busy             sync.Mutex // one order at a time
	crowd            crowd
	changed          signal.Signal // of the sandbox, of what the functions said, and of what the page did
}

// newWorkbenches are those of every service of a sandbox that has both its listeners.
func newWorkbenches(s *stage, local *sandbox.Sandbox, bin string, described config.Config) ([]*workbench, error) {
	cfg, err := live.FromEnvironment(local.Getenv)
	if err != nil {
		return nil, err
	}
	there := *s
	there.at = &place{described: described, aws: cfg}
	var all []*workbench
	for _, service := range described.Services {
		o, err := open(&there, "", service.Name)
		if err != nil {
			return nil, err
		}
		b := &workbench{opened: o, local: local, bin: bin, ecr: ecr.NewFromConfig(cfg)}
		b.production, b.test = listenersOf(local, service, o.names)
		b.crowd.users = newUsers(b.production.URL, service.Verify.ServerName, local.Authority())
		all = append(all, b)
	}
	return all, nil
}

// listenersOf a service, the zero ones where the assembly has none for it.
func listenersOf(local *sandbox.Sandbox, service config.Service, names config.Names) (production, test sandbox.Listener) {
	for _, l := range local.Listeners() {
		switch {
		case l.LoadBalancer != names.LoadBalancer && !service.LoadBalancer.Shared:
		case l.Port == service.LoadBalancer.ProductionPort:
			production = l
		case l.Port == service.LoadBalancer.TestPort:
			test = l
		}
	}
	return production, test
}

// source is what the page shows and does.
func (b *workbench) source() page.Source {
	l := &onlooker{opened: b.opened}
	actions := []string{"users", "stop", "rollback", "skip"}
	if b.service.Name == website { // the versions to push are its own
		actions = append(actions, "push-good", "push-broken", "push-slow")
	}
	return page.Source{Read: b.look(l), Changed: b.changed.Changed, Seen: b.answered, Waits: b.waits, Do: b.do, Actions: actions, On: b.crowd.on}
}

// look is an onlooker's, but for when blue ends: here it ends as many times earlier as waits are shorter.
func (b *workbench) look(l *onlooker) func(context.Context) (page.Seen, error) {
	return func(ctx context.Context) (page.Seen, error) {
		seen, err := l.look(ctx)
		if d := seen.Deployment; err == nil && d != nil && d.BlueEnds != nil {
			for _, w := range b.local.Clock().Waits() {
				if w.Name == "termination-wait" {
					d.BlueEnds = &w.Until
				}
			}
		}
		return seen, err
	}
}

// pass passes each change of the sandbox on, until its context ends.
func (b *workbench) pass(ctx context.Context) {
	for {
		changed := b.local.Changed()
		b.changed.Raise()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// answered is what both listeners answered out of the service's two target groups.
func (b *workbench) answered() page.Answered {
	a := page.Answered{Production: map[string]page.Count{}, Test: map[string]page.Count{}}
	put := func(to map[string]page.Count, s elb.Seen) {
		to[s.TargetGroup] = page.Count{All: s.Answered, Failed: s.Failed}
	}
	for _, s := range b.local.Seen() {
		switch {
		case s.TargetGroup != "" && !slices.Contains(b.names.TargetGroups[:], s.TargetGroup):
		case s.Listener == b.production.ARN:
			put(a.Production, s)
		case s.Listener == b.test.ARN:
			put(a.Test, s)
		}
	}
	return a
}

// skippable are the waits of a deployment that change nothing about what becomes of it.
var skippable = []string{"ready-wait", "traffic-shift", "termination-wait"}

// waits that are worth a button, and last long enough to press it.
func (b *workbench) waits() []page.Wait {
	var all []page.Wait
	for _, w := range b.local.Clock().Waits() {
		if slices.Contains(skippable, w.Name) && time.Until(w.Until) > time.Second &&
			!slices.ContainsFunc(all, func(o page.Wait) bool { return o.Name == w.Name }) {
			all = append(all, page.Wait{Name: w.Name, Until: w.Until})
		}
	}
	slices.SortFunc(all, func(a, b page.Wait) int { return strings.Compare(a.Name, b.Name) })
	return all
}
