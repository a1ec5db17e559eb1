package config

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Observe is how a service's deployments are watched over.
type Observe struct {
	// Phases measures each deployment that ends: lead time from push to live, and the time of its phases, as metrics
	// (docs/metrics.md). It costs the release function one call at each deployment's end. Default true.
	Phases *bool `json:"phases,omitempty"`
	// Alarms are which alarms the service has on Cutover itself: "deadLetters", "unanswered" (a hook died and another
	// function answered for it), "refused" and "busy" (for too long), "errors", "throttles" and "durations" of its
	// functions; or "none". They tell the platform's topic. docs/metrics.md has what each costs. Default: the first four
	// where the platform has a topic, and none where nobody would hear of them.
	Alarms []string `json:"alarms,omitempty"`
	// RefusedFor is after how long of being refused the alarm goes off: whole quarters of an hour, at most 120h. Default 1h.
	RefusedFor Duration `json:"refusedFor,omitempty"`
	// BusyFor is after how long of waiting for another deployment the alarm goes off: whole quarters of an hour, at most
	// 120h. Default: the termination wait and three hours more.
	BusyFor Duration `json:"busyFor,omitempty"`
	// Dashboard makes one in CloudWatch that tells of the service's deployments: who serves, how fast and how well, what
	// was deployed, how long it took and what was said of it. It costs $3 a month beyond an account's first three. Default false.
	Dashboard bool `json:"dashboard,omitempty"`
	// Traces records invocations of the service's functions in X-Ray, those that Lambda samples: when each was started, ran
	// and ended, not the calls that it made. Default false.
	Traces bool `json:"traces,omitempty"`
}

// The alarms of Observe.Alarms.
const (
	DeadLetters = "deadLetters"
	Unanswered  = "unanswered"
	RefusedLong = "refused"
	BusyLong    = "busy"
	Errors      = "errors"
	Throttles   = "throttles"
	Durations   = "durations"
	NoAlarms    = "none"
)

// quarter is the grain of the alarms that wait: the schedule has looked about three times in it.
const (
	quarter  = 15 * time.Minute
	mostLong = 120 * time.Hour
)

func (o *Observe) fill(d Deployment) {
	given(&o.Phases, true)
	o.RefusedFor = cmp.Or(o.RefusedFor, Duration(time.Hour))
	usual := (d.TerminationWait.Std() + 3*time.Hour).Truncate(quarter)
	o.BusyFor = cmp.Or(o.BusyFor, Duration(min(usual, mostLong)))
}

func (o Observe) check(path string, f *Findings) {
	for i, kind := range o.Alarms {
		oneOf(f, fmt.Sprintf("%s.alarms[%d]", path, i), kind, DeadLetters, Unanswered, RefusedLong, BusyLong, Errors, Throttles, Durations, NoAlarms)
		if kind == NoAlarms && len(o.Alarms) > 1 {
			f.add(path+".alarms", `"none" stands alone`)
		}
	}
	whole(f, path+".refusedFor", o.RefusedFor, quarter, quarter, mostLong)
	whole(f, path+".busyFor", o.BusyFor, quarter, quarter, mostLong)
}

// AlarmsOf are the alarms on Cutover itself that a service has.
func (p Platform) AlarmsOf(s Service) []string {
	switch {
	case slices.Contains(s.Observe.Alarms, NoAlarms):
		return nil
	case len(s.Observe.Alarms) > 0:
		return s.Observe.Alarms
	case p.Topic == "":
		return nil
	}
	return []string{DeadLetters, Unanswered, RefusedLong, BusyLong}
}

// Measures reports whether deployments are measured by their phases. A function that an earlier version deployed was not
// told, and does.
func (o Observe) Measures() bool { return o.Phases == nil || *o.Phases }
