// Package doctor examines a service's set-up, planned in a configuration or live in AWS, for what is known to make
// blue/green deployments of ECS services fail, go wrong unnoticed, or hurt.
//
// What is known is one table, Pitfalls: what goes wrong, where it would be seen, and otherwise why it cannot happen or
// cannot be seen. All checks are made and all findings told at once, each with what was seen and what to do. Nothing is
// changed. What could not be read, for want of a permission for instance, is told apart and is no finding.
//
// It is above package release, whose own pre-flight it asks, and only the command line links it.
package doctor

import (
	"context"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Finding is one thing that is not right. Its JSON form is a promise of `cutover doctor --json`.
type Finding struct {
	// Pitfall is the number in Pitfalls.
	Pitfall int `json:"pitfall"`
	// Evidence is what was seen, Fix what to do, both without a full stop.
	Evidence string `json:"evidence"`
	Fix      string `json:"fix"`
}

// Unread is something that could not be looked at.
type Unread struct {
	// Pitfalls are those that could not be checked without it.
	Pitfalls []int `json:"pitfalls"`
	// Why is the error of the read.
	Why string `json:"why"`
}

// Report is what an examination of one service found. Its JSON form is a promise of `cutover doctor --json`.
type Report struct {
	Service string `json:"service"`
	// Live tells whether the service stands in AWS and was looked at there; else only the configuration was.
	Live     bool      `json:"live"`
	Findings []Finding `json:"findings"`
	Unread   []Unread  `json:"unread"`
}

// Plan is a service as it is written down, and where its clients would go.
type Plan struct {
	Platform config.Platform
	Service  config.Service
	// Environ are the variables of the environment, "name=value".
	Environ []string
}

// Examine makes all checks of the configuration and, where clients are given, of what stands in AWS. Its only error
// is that ctx ended first.
func Examine(ctx context.Context, p Plan, clients *Clients) (Report, error) {
	r := Report{Service: p.Service.Name, Findings: []Finding{}, Unread: []Unread{}}
	for _, pit := range Pitfalls {
		if pit.planned != nil {
			r.add(pit, pit.planned(p))
		}
	}
	if clients == nil {
		return r, ctx.Err()
	}
	f := clients.read(ctx, subjectOf(p))
	r.Live = f.stands()
	r.Unread = f.unread(r.Live)
	r.examine(f)
	return r, ctx.Err()
}

// examine makes the live checks whose facts are there: all of a service that stands, and of another those of what is there
// before it.
func (r *Report) examine(f *facts) {
	for _, pit := range Pitfalls {
		if pit.live != nil && (r.Live || pit.before) && f.has(pit.reads) {
			r.add(pit, pit.live(f))
		}
	}
}

func (r *Report) add(p Pitfall, found []Finding) {
	for _, one := range found {
		one.Pitfall = p.Number
		r.Findings = append(r.Findings, one)
	}
}
