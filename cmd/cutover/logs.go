package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

type logsCommand struct {
	Service string        `arg:"" predictor:"service" help:"The service's name in the configuration."`
	Of      []string      `enum:"release,verify,report,watch,notify,tasks" default:"release,verify,report,watch,notify,tasks" help:"Whose: ${enum}."`
	About   string        `placeholder:"ID" help:"Only what the functions say of one wish or deployment, from its push to its end."`
	Since   time.Duration `default:"1h" help:"From how long ago."`
	Follow  bool          `short:"f" help:"Stay and write what comes, until interrupted."`
	Raw     bool          `help:"Write the lines as they are, Lambda's own too."`
	JSON    bool          `name:"json" help:"Write JSON, a document a line."`
	Every   time.Duration `default:"2s" help:"How often --follow looks."`
	Config  string        `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// Help teaches by example.
func (logsCommand) Help() string {
	return `Writes what the service's functions and its tasks logged, in the order of time: decisions and verdicts as sentences, everything else as it is.

    cutover logs sample-website --of release --since 24h
    cutover logs sample-website --of tasks --follow
    cutover logs sample-website --of watch,notify
    cutover logs sample-website --about d-A7YW3F91L

--about takes a deployment's id or a wish's, which stands in the deployment's description and in the lines of all functions, or the first half of a wish's, which is its images'.

Needs logs:FilterLogEvents on the log groups of the functions and of the tasks (docs/operator.md).`
}

// written is a line of a log as it is written. Its JSON form is a promise.
type written struct {
	At time.Time `json:"at"`
	// Of whose log it is: release, verify, report, watch, notify or tasks.
	Of string `json:"of"`
	// Text is a sentence for people, or the line itself.
	Text string `json:"text"`
}

// write writes a line.
func (c logsCommand) write(out io.Writer, w written) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(w)
	}
	_, err := fmt.Fprintf(out, "%s  %-7s  %s\n", w.At.Local().Format(time.DateTime), w.Of, w.Text)
	return err
}

// logLine is one line of one of the logs.
type logLine struct {
	id, of, text string
	at           time.Time
}

// Run writes the lines.
func (c logsCommand) Run(s *stage) error {
	o, err := open(s, c.Config, c.Service)
	if err != nil {
		return err
	}
	since, seen := time.Now().Add(-c.Since), map[string]bool{}
	for {
		began := time.Now()
		lines, err := c.read(o, since)
		if s.ctx.Err() != nil && c.Follow {
			return nil
		}
		if err != nil {
			return err
		}
		for _, l := range about(lines, c.About) {
			if seen[l.id] {
				continue
			}
			seen[l.id] = true
			text, ok := c.worded(l.text)
			if !ok {
				continue
			}
			if err := c.write(s.out, written{At: l.at.UTC(), Of: l.of, Text: text}); err != nil {
				return err
			}
		}
		if !c.Follow {
			return nil
		}
		// What CloudWatch takes in late is still found: the same minute is read again, and told once.
		since = began.Add(-lateness)
		select {
		case <-s.ctx.Done():
			return nil
		case <-time.After(max(c.Every, 100*time.Millisecond)):
		}
	}
}

// lateness is how late a line may appear in its log.
const lateness = time.Minute

// read is all that was logged since then, oldest first.
func (c logsCommand) read(o opened, since time.Time) ([]logLine, error) {
	platform := o.all.Platform
	groups := map[string]string{
		"release": logGroup(o.names.ReleaseFunction), "verify": logGroup(o.names.VerifyFunction), "report": logGroup(o.names.ReportFunction),
		"watch": logGroup(platform.WatchFunction()), "notify": logGroup(platform.NotifyFunction()), "tasks": o.names.LogGroup,
	}
	// The platform's functions work for all services.
	filters := map[string]string{"watch": all(o.names.Service), "notify": all(o.service.Name)}
	var lines []logLine
	for _, of := range c.Of {
		err := o.lines(o.ctx, groups[of], since, filters[of], func(e logtypes.FilteredLogEvent) error {
			text := strings.TrimRight(aws.ToString(e.Message), "\n")
			if t, ok := readTelling(text); of == "notify" && ok && t.Service != "" && t.Service != o.service.Name {
				return nil // the name is a part of another's
			}
			lines = append(lines, logLine{id: aws.ToString(e.EventId), of: of, text: text, at: time.UnixMilli(aws.ToInt64(e.Timestamp))})
			return context.Cause(o.ctx)
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.at.Compare(b.at) })
	return lines, nil
}

// worded is a line for people; false for one that says nothing to them.
func (c logsCommand) worded(line string) (string, bool) {
	if c.Raw {
		return line, true
	}
	switch t, _ := readTold(line); {
	case t.Outcome != nil:
		return fmt.Sprintf("%s: %s", t.Outcome.Decision, t.Outcome.Reason), true
	case t.Diagnosis != nil:
		return fmt.Sprintf("%s: %s", t.Diagnosis.Decision, t.Diagnosis.Reason), true
	case t.Verdict != nil:
		return fmt.Sprintf("%s %s: %s", t.Verdict.Deployment, t.Verdict.Outcome, t.Verdict.Reason), true
	case t.Progress != nil:
		return fmt.Sprintf("%s check %d of %d, %s", t.Progress.Deployment, t.Progress.Made, t.Progress.All, heldOr(*t.Progress)), true
	}
	if t, ok := readTelling(line); ok {
		return t.String(), true
	}
	var platform struct{ Type string }
	if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &platform) == nil && strings.HasPrefix(platform.Type, "platform.") {
		return "", false
	}
	return line, true
}

func heldOr(p verify.Progress) string {
	if p.Problem == "" {
		return fmt.Sprintf("%q holds", p.Check)
	}
	return fmt.Sprintf("%q does not hold: %s", p.Check, p.Problem)
}
