package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// Event is a lifecycle event that a suite is bound to.
type Event = appspec.Event

// Main is the event of the suite that every service has: verify.
const Main = appspec.AfterAllowTestTraffic

// AsksProduction reports whether a suite asks the production listener: what it judges stands there, or blue does, with
// which it compares green.
func (s Service) AsksProduction() bool {
	return slices.ContainsFunc(s.Hooked(), func(e Event) bool { return !sideBySide(e) || s.Suite(e).Compare != nil })
}

// sideBySide reports whether green is on the test listener while blue is on the production listener.
func sideBySide(e Event) bool { return e == Main || e == appspec.BeforeAllowTraffic }

// Hooked are the lifecycle events that have a suite, in their order: AfterAllowTestTraffic always.
func (s Service) Hooked() []Event {
	return slices.DeleteFunc(slices.Clone(appspec.Events), func(e Event) bool {
		_, ok := s.Stages[e]
		return !ok && e != Main
	})
}

// Suite is that of a lifecycle event; empty stands for AfterAllowTestTraffic.
func (s Service) Suite(e Event) Suite {
	if cmp.Or(e, Main) == Main {
		return s.Verify
	}
	return s.Stages[e]
}

// ProvesRevision reports whether a suite proves its version by the label of the image with the commit.
func (s Service) ProvesRevision() bool {
	return slices.ContainsFunc(s.Hooked(), func(e Event) bool { v := s.Suite(e).Version; return v != nil && v.Is == IsRevision })
}

// with is the service with the suite of one event alone. The others are known to be there, and empty but for whether
// they ask for an image's revision.
func (s Service) with(only Event) Service {
	if only != Main {
		s.Verify = s.Verify.rest()
	}
	if len(s.Stages) > 0 {
		s.Stages = maps.Clone(s.Stages)
		for e := range s.Stages {
			if e != only {
				s.Stages[e] = s.Stages[e].rest()
			}
		}
	}
	return s
}

// moved reports whether the listener that an event's suite asks has just been pointed elsewhere.
func moved(e Event) bool {
	return e == Main || e == appspec.AfterAllowTraffic
}

// fillStages fills in the suites of stages. A listener that nobody has touched need not settle.
func (s *Service) fillStages() {
	for e, suite := range s.Stages {
		if !moved(e) {
			given(&suite.Settle, 0)
		}
		suite.fill()
		s.Stages[e] = suite
	}
}

func (s Service) checkStages(path string, f *Findings) {
	for _, e := range slices.Sorted(maps.Keys(s.Stages)) {
		at, suite := path+"."+string(e), s.Stages[e]
		switch {
		case e == Main:
			f.add(at, "is what verify is for; write its suite there")
		case !slices.Contains(appspec.Events, e):
			f.add(at, "is not a lifecycle event that a suite can be bound to; there are: %s", strings.Join(bindable(), ", "))
		case suite.Version != nil && (e == appspec.BeforeInstall || e == appspec.AfterInstall):
			f.add(at+".version", "cannot be proved: no listener shows the new version yet, %s judges what serves", e)
		}
		if suite.Compare != nil && !sideBySide(e) {
			f.add(at+".compare", "compares nothing: green and blue stand side by side at %s and %s only", Main, appspec.BeforeAllowTraffic)
		}
		suite.check(at, f)
	}
}

func bindable() []string {
	var all []string
	for _, e := range appspec.Events {
		if e != Main {
			all = append(all, string(e))
		}
	}
	return all
}

// suites are all suites of a service with their paths in it.
func (s *Service) suites(each func(path string, suite *Suite)) {
	each("verify", &s.Verify)
	for _, e := range slices.Sorted(maps.Keys(s.Stages)) {
		suite := s.Stages[e]
		each(fmt.Sprintf("stages.%s", e), &suite)
		s.Stages[e] = suite
	}
}

// settled is how long a listener is left alone before its first request, unless version proof ends the wait.
const settled = Duration(10 * time.Second)
