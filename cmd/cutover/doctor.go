package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/cutover-ecs/cutover/pkg/doctor"
)

type doctorCommand struct {
	Service string `arg:"" predictor:"service" optional:"" help:"A service's name. Without it, every service of the configuration."`
	Planned bool   `help:"Look at the configuration only; needs no AWS."`
	Stack   bool   `help:"Compare the synthesized stacks with the deployed ones instead: what must an update not do?"`
	JSON    bool   `name:"json" help:"Write JSON, a list of reports."`
	Config  string `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`

	Assembly string `default:"cdk.out" type:"path" placeholder:"DIR" help:"The synthesized stacks, for --stack."`
}

// Help teaches by example.
func (doctorCommand) Help() string {
	return `Checks a set-up, as it is written down and as it stands, for what is known to make blue/green deployments fail or hurt (docs/doctor.md lists it). Every finding says what was seen and what to do. Nothing is changed.

    cutover doctor
    cutover doctor sample-website --json | jq '.[].findings'
    cutover doctor --planned
    cutover doctor --stack                        before cdk deploy; make deploy does it

Exit code: 0, nothing was found; 1, something was; 2, something could not be looked at, and nothing was found elsewhere.`
}

// Run examines the services.
func (c doctorCommand) Run(s *stage) error {
	if c.Stack {
		return c.stacks(s)
	}
	plans, err := c.plans()
	if err != nil {
		return unusable{err}
	}
	var clients *doctor.Clients
	if !c.Planned {
		cfg, err := credentials(s)
		if err != nil {
			return unusable{err}
		}
		clients = doctor.Through(cfg)
	}
	reports := make([]doctor.Report, 0, len(plans))
	for _, p := range plans {
		r, err := doctor.Examine(s.ctx, p, clients)
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	if err := c.show(s.out, reports); err != nil {
		return err
	}
	return diagnosis(reports)
}

func (c doctorCommand) plans() ([]doctor.Plan, error) {
	all, err := described(c.Config)
	if err != nil {
		return nil, err
	}
	services, err := all.Chosen(c.Service)
	if err != nil {
		return nil, err
	}
	plans := make([]doctor.Plan, len(services))
	for i, service := range services {
		plans[i] = doctor.Plan{Platform: all.Platform, Service: service, Environ: os.Environ()}
	}
	return plans, nil
}

// diagnosis is the error, with its exit code, that the reports come to; nil when all is well.
func diagnosis(reports []doctor.Report) error {
	found, unread := 0, 0
	for _, r := range reports {
		found, unread = found+len(r.Findings), unread+len(r.Unread)
	}
	switch {
	case found > 0:
		return coded{1, fmt.Errorf("%s", plural(found, "thing is not right", "things are not right"))}
	case unread > 0:
		return coded{2, fmt.Errorf("%s could not be looked at", plural(unread, "thing", "things"))}
	}
	return nil
}

func (c doctorCommand) show(out io.Writer, reports []doctor.Report) error {
	if c.JSON {
		return printJSON(out, reports)
	}
	for _, r := range reports {
		where := "as it is written down and as it stands"
		switch {
		case c.Planned:
			where = "as it is written down"
		case !r.Live && len(r.Unread) > 0:
			where = "as it is written down; how it stands could not be seen"
		case !r.Live:
			where = "as it is written down; it does not stand in AWS yet"
		}
		fmt.Fprintf(out, "%s, %s: %s\n", r.Service, where, plural(len(r.Findings), "finding", "findings"))
		for _, f := range r.Findings {
			fmt.Fprintf(out, "  pitfall %-3d %s\n              fix: %s\n", f.Pitfall, f.Evidence, f.Fix)
		}
		for _, u := range r.Unread {
			fmt.Fprintf(out, "  unknown     %s%s\n", u.Why, without(u.Pitfalls))
		}
	}
	return nil
}

// without says which pitfalls could not be checked.
func without(pitfalls []int) string {
	if len(pitfalls) == 0 {
		return ""
	}
	slices.Sort(pitfalls)
	return fmt.Sprintf(" (not checked: %s)", joined(pitfalls))
}

func joined(numbers []int) string {
	text := ""
	for i, n := range numbers {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(n)
	}
	return text
}
