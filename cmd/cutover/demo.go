package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

type demoCommand struct {
	JSON     string  `name:"json" placeholder:"FILE" help:"Write the result as JSON to this file too."`
	Keep     bool    `help:"Keep the sandbox when the story is told, until interrupted."`
	Assembly string  `placeholder:"DIR" type:"existingdir" help:"A cloud assembly (cdk.out) that has the service sample-website. Default: the shipped one."`
	Config   string  `placeholder:"FILE" type:"existingfile" help:"The cdk.json that the assembly was made from. Default: the shipped one."`
	Clock    float64 `default:"1200" help:"By how much control-plane waits are shortened: 1200 makes an hour three seconds."`
	machine
}

// result is what the demonstration came to. Its JSON form is a promise.
type result struct {
	Deployments []deployed `json:"deployments"`
	Requests    tally      `json:"requests"`
	// Live is the version that production shows at the end.
	Live string `json:"live"`
}

// deployed is what became of one pushed version.
type deployed struct {
	// ID of its deployment; empty when a newer version took its place before it had one.
	ID      string `json:"id"`
	Version string `json:"version"`
	// Outcome is Succeeded, Failed, Stopped or Superseded.
	Outcome string  `json:"outcome"`
	Reason  string  `json:"reason"`
	Seconds float64 `json:"seconds"` // from the push to the outcome
}

// tally counts the users' requests.
type tally struct {
	Sent   int64 `json:"sent"`
	Failed int64 `json:"failed"`
	Wrong  int64 `json:"wrong"`
}

// Run tells the story; its error is what did not come out as told.
func (c demoCommand) Run(s *stage) error {
	described, err := c.described(c.Config)
	if err != nil {
		return err
	}
	opts, err := c.options(c.Assembly, described)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Minute)
	defer cancel()
	opts.Clock = c.Clock
	logs := newFunctionLogs()
	opts.FunctionLog = logs.line
	local, err := sandbox.Start(ctx, opts)
	if err != nil {
		return err
	}
	r, told := tell(ctx, s, local, logs, c, described)
	if told == nil && c.Keep {
		welcome(s, local, c.Clock)
		<-s.ctx.Done()
	}
	if err := errors.Join(told, local.Close()); err != nil {
		return err
	}
	if c.JSON != "" {
		return writeJSON(c.JSON, r)
	}
	return nil
}

// tell is the story and its table.
func tell(ctx context.Context, s *stage, local *sandbox.Sandbox, logs *functionLogs, c demoCommand, described config.Config) (result, error) {
	n := newNarrator(s.out)
	defer n.close()
	n.say("A local AWS runs at %s: no account, no Docker, no root.", local.Endpoint())
	for _, note := range local.Notes() {
		n.say("  %s", note)
	}
	n.say("  every wait is %g times shorter than in AWS: blue's hour after a success takes %s", c.Clock, time.Duration(float64(time.Hour)/c.Clock).Round(100*time.Millisecond))
	st, err := newStory(ctx, local, n, logs, c.machine, described)
	if err != nil {
		return result{}, err
	}
	err = st.play(ctx)
	r := st.end()
	n.close()
	printResult(s, r)
	return r, errors.Join(err, r.check())
}

// check says what did not come out as told.
func (r result) check() error {
	want := map[string]string{"v1": "Succeeded", "v2": "Succeeded", "v3": "Failed", "v5": "Succeeded"}
	var all []error
	for _, d := range r.Deployments {
		if w, ok := want[d.Version]; ok && d.Outcome != w {
			all = append(all, fmt.Errorf("%s was to end %s and ended %q: %s", d.Version, w, d.Outcome, d.Reason))
		}
		delete(want, d.Version)
		if d.Version == "v4" && d.Outcome != "Succeeded" && d.Outcome != "Superseded" {
			all = append(all, fmt.Errorf("v4 was to pass through or be superseded and ended %q: %s", d.Outcome, d.Reason))
		}
	}
	for version := range want {
		all = append(all, fmt.Errorf("%s came to nothing", version))
	}
	if r.Live != "v5" {
		all = append(all, fmt.Errorf("v5 was to be live, and %q is", r.Live))
	}
	if r.Requests.Sent == 0 || r.Requests.Failed > 0 || r.Requests.Wrong > 0 {
		all = append(all, fmt.Errorf("of %d requests of users %d failed and %d were answered wrongly", r.Requests.Sent, r.Requests.Failed, r.Requests.Wrong))
	}
	return errors.Join(all...)
}

func printResult(s *stage, r result) {
	fmt.Fprintln(s.out)
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DEPLOYMENT\tIMAGE\tOUTCOME\tSECONDS\tWHY")
	for _, d := range r.Deployments {
		id := d.ID
		if id == "" {
			id = "-"
		}
		fmt.Fprintf(table, "%s\tsample-website:%s\t%s\t%.1f\t%s\n", id, d.Version, d.Outcome, d.Seconds, d.Reason)
	}
	table.Flush()
	fmt.Fprintf(s.out, "\nUsers sent %d requests all the while: %d failed, %d were answered wrongly. Live: %s\n",
		r.Requests.Sent, r.Requests.Failed, r.Requests.Wrong, r.Live)
}

func writeJSON(file string, r result) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	return nil
}
