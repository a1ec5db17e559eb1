package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

type statusCommand struct {
	Service string        `arg:"" predictor:"service" optional:"" help:"A service's name. Without it, every service of the configuration."`
	Watch   bool          `short:"w" help:"Stay and print one line a change until interrupted."`
	JSON    bool          `name:"json" help:"Write JSON, one document a service (a line each when watching)."`
	Config  string        `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
	Every   time.Duration `default:"2s" help:"How often --watch looks."`
}

// Run shows the services once, or until interrupted.
func (c statusCommand) Run(s *stage) error {
	names, err := c.names()
	if err != nil {
		return err
	}
	cfg, err := credentials(s)
	if err != nil {
		return err
	}
	readers := live.Through(cfg)
	before := make([]live.Status, len(names))
	for {
		for i, n := range names {
			now, err := live.ReadStatus(s.ctx, readers, n)
			if c.Watch && s.ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if err := c.show(s.out, before[i], now); err != nil {
				return err
			}
			before[i] = now
		}
		if !c.Watch {
			return nil
		}
		select {
		case <-s.ctx.Done():
			return nil
		case <-time.After(max(c.Every, 100*time.Millisecond)):
		}
	}
}

func (c statusCommand) show(out io.Writer, before, now live.Status) error {
	changes := live.Changes(before, now)
	switch {
	case c.Watch && len(changes) == 0:
		return nil
	case c.JSON:
		return json.NewEncoder(out).Encode(now)
	case c.Watch:
		for _, line := range changes {
			fmt.Fprintf(out, "%s  %s  %s\n", now.At.Format(time.TimeOnly), now.Service, line)
		}
		return nil
	}
	return printStatus(out, now)
}

func (c statusCommand) names() ([]cutover.Names, error) {
	all, err := described(c.Config)
	if err != nil {
		return nil, err
	}
	services, err := all.Chosen(c.Service)
	if err != nil {
		return nil, unusable{err}
	}
	names := make([]cutover.Names, len(services))
	for i, service := range services {
		names[i] = service.Names(all.Platform.Cluster)
	}
	return names, nil
}

func printStatus(out io.Writer, s live.Status) error {
	fmt.Fprintf(out, "%s in cluster %s\n", s.Service, s.Cluster)
	if d := s.Deployment; d == nil {
		fmt.Fprintln(out, "  no deployment yet: push an image to start the first")
	} else {
		fmt.Fprintf(out, "  deployment %s  %s  by %s, %s\n", d.ID, d.Status, d.Creator, d.Created.Local().Format(time.DateTime))
		for _, more := range []struct{ label, text string }{{"", d.Description}, {"", d.Error}, {"rolled back by ", d.Rollback}, {"rolls back ", d.RollsBack}} {
			if more.text != "" {
				fmt.Fprintf(out, "    %s%s\n", more.label, more.text)
			}
		}
	}
	if s.Held != nil {
		fmt.Fprintf(out, "  %s, since %s\n", s.Held, s.Held.Since.Local().Format(time.DateTime))
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if s.Deployment != nil && len(s.Deployment.Events) > 0 {
		fmt.Fprintln(table, "\n  LIFECYCLE EVENT\tSTATUS\tSECONDS")
		for _, e := range s.Deployment.Events {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", e.Name, e.Status, seconds(e))
		}
	}
	fmt.Fprintln(table, "\n  TASK SET\tSTATUS\tIMAGE\tRUNNING\tHEALTHY\tTARGET GROUP\tPRODUCTION\tTEST")
	for _, t := range s.TaskSets {
		status := t.Status
		if t.Label != "" {
			status += " (" + t.Label + ")"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%d/%d\t%d/%d\t%s\t%d %%\t%d %%\n", t.ID, status, t.Image, t.Running, t.Desired, t.Healthy, t.Targets, t.TargetGroup, t.Production, t.Test)
	}
	return table.Flush()
}

func seconds(e live.EventStatus) string {
	if e.Start == nil || e.End == nil {
		return ""
	}
	return fmt.Sprintf("%.1f", e.End.Sub(*e.Start).Seconds())
}
