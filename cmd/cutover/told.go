package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/watch"
)

// told is one of the documents that the functions write into their logs: what was decided, what was judged, how far the
// judging is, or why something did not start.
type told struct {
	At        time.Time
	Outcome   *release.Outcome
	Verdict   *verify.Verdict
	Progress  *verify.Progress
	Diagnosis *watch.Diagnosis
}

// readTold reads a line of a function's log; false for a line that is no document of ours.
func readTold(line string) (told, bool) {
	var entry struct {
		Verdict   *verify.Verdict  `json:"verdict"`
		Progress  *verify.Progress `json:"progress"`
		Diagnosis *watch.Diagnosis `json:"diagnosis"`
		release.Outcome
	}
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &entry) != nil {
		return told{}, false
	}
	switch {
	case entry.Verdict != nil:
		return told{Verdict: entry.Verdict}, true
	case entry.Diagnosis != nil:
		return told{Diagnosis: entry.Diagnosis}, true
	case entry.Progress != nil:
		return told{Progress: entry.Progress}, true
	case entry.Decision != "":
		return told{Outcome: &entry.Outcome}, true
	}
	return told{}, false
}

// logGroup is where Lambda writes what a function prints
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html).
func logGroup(function string) string { return "/aws/lambda/" + function }

// mostTold is how many documents one question is answered from: the newest are kept.
const mostTold = 500

// tellings are the documents in a function's log since then whose lines match the filter, oldest first. A group that
// does not exist yet tells nothing: the function never ran.
func (o *opened) tellings(function string, since time.Time, filter string) ([]told, error) {
	var documents []told
	err := o.lines(o.ctx, logGroup(function), since, filter, func(e logtypes.FilteredLogEvent) error {
		if t, ok := readTold(strings.TrimSpace(aws.ToString(e.Message))); ok {
			t.At = time.UnixMilli(aws.ToInt64(e.Timestamp))
			documents = append(documents, t)
			documents = documents[max(0, len(documents)-mostTold):]
		}
		return nil
	})
	return documents, err
}

// all and some are filters for lines that have all of the words in them, or at least one
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
func all(words ...string) string  { return `"` + strings.Join(words, `" "`) + `"` }
func some(words ...string) string { return `?"` + strings.Join(words, `" ?"`) + `"` }

// verdicts are the newest judgements of deployments since then, by deployment.
func (o *opened) verdicts(since time.Time, words ...string) (map[string]verify.Verdict, error) {
	heard, err := o.tellings(o.names.VerifyFunction, since, all(append([]string{"verdict"}, words...)...))
	if err != nil {
		return nil, err
	}
	byDeployment := map[string]verify.Verdict{}
	for _, t := range heard {
		if t.Verdict != nil && t.Verdict.Outcome != verify.Skipped {
			byDeployment[t.Verdict.Deployment] = *t.Verdict
		}
	}
	return byDeployment, nil
}

// lines hands each line of a log group that matches the filter to a function, oldest first.
func (o *opened) lines(ctx context.Context, group string, since time.Time, filter string, each func(logtypes.FilteredLogEvent) error) error {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group}
	if !since.IsZero() {
		in.StartTime = aws.Int64(since.UnixMilli())
	}
	if filter != "" {
		in.FilterPattern = &filter
	}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(o.aws), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var missing *logtypes.ResourceNotFoundException
		if errors.As(err, &missing) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the log %s: %w", group, err)
		}
		for _, e := range page.Events {
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}
