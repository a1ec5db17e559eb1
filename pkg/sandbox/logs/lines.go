package logs

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Limits of one call. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/cloudwatch_limits_cwl.html
const (
	maxBatch      = 10_000
	maxBatchBytes = 1 << 20
	maxPage       = 10_000
	tooOld        = 14 * 24 * time.Hour
	tooNew        = 2 * time.Hour
)

func (s *Service) putLogEvents(_ context.Context, in *sdk.PutLogEventsInput) (*sdk.PutLogEventsOutput, error) {
	if n := len(in.LogEvents); n < 1 || n > maxBatch {
		return nil, invalid("1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length between 1 and %d", maxBatch)
	}
	size := 0
	for i, e := range in.LogEvents {
		if e.Timestamp == nil || aws.ToString(e.Message) == "" {
			return nil, invalid("Log event message and timestamp are required")
		}
		if i > 0 && *e.Timestamp < *in.LogEvents[i-1].Timestamp {
			return nil, invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
		size += len(*e.Message) + overhead
	}
	if size > maxBatchBytes {
		return nil, invalid("Upload too large: %d bytes exceeds limit of %d", size, maxBatchBytes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, nil)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LogStreamName)
	if g.streams[name] == nil {
		return nil, missing("stream")
	}
	now := time.Now()
	rejected := &types.RejectedLogEventsInfo{}
	for i, e := range in.LogEvents {
		switch at := time.UnixMilli(*e.Timestamp); {
		case now.Sub(at) > tooOld:
			rejected.TooOldLogEventEndIndex = aws.Int32(int32(i) + 1)
		case at.Sub(now) > tooNew:
			if rejected.TooNewLogEventStartIndex == nil {
				rejected.TooNewLogEventStartIndex = aws.Int32(int32(i))
			}
		default:
			s.add(g, name, *e.Message, *e.Timestamp, now.UnixMilli())
		}
	}
	out := &sdk.PutLogEventsOutput{NextSequenceToken: aws.String(fmt.Sprintf("%056d", s.last))}
	if rejected.TooOldLogEventEndIndex != nil || rejected.TooNewLogEventStartIndex != nil {
		out.RejectedLogEventsInfo = rejected
	}
	return out, nil
}

// between gives the lines within the times that keep wants, in order; the caller holds mu.
func (g *group) between(start, end *int64, keep func(*line) bool) []line {
	var got []line
	for i := range g.lines {
		l := &g.lines[i]
		if start != nil && l.at < *start || end != nil && l.at > *end || !keep(l) {
			continue
		}
		got = append(got, *l)
	}
	sort.SliceStable(got, func(i, j int) bool { return got[i].before(got[j].position) })
	return got
}

// token of a page that begins behind p.
func (p position) token(direction string) *string {
	return aws.String(fmt.Sprintf("%s/%020d%020d", direction, p.at, p.seq))
}

// parseToken reads a token of one of the directions.
func parseToken(token string, directions ...string) (direction string, p position, err error) {
	direction, rest, _ := strings.Cut(token, "/")
	if !slices.Contains(directions, direction) || len(rest) != 40 {
		return "", p, invalid("The specified nextToken is invalid.")
	}
	if _, err := fmt.Sscanf(rest[:20]+" "+rest[20:], "%d %d", &p.at, &p.seq); err != nil {
		return "", p, invalid("The specified nextToken is invalid.")
	}
	return direction, p, nil
}

func pageSize(limit *int32) (int, error) {
	if limit == nil {
		return maxPage, nil
	}
	if *limit < 1 || *limit > maxPage {
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", *limit, maxPage)
	}
	return int(*limit), nil
}

func (s *Service) getLogEvents(_ context.Context, in *sdk.GetLogEventsInput) (*sdk.GetLogEventsOutput, error) {
	size, err := pageSize(in.Limit)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LogStreamName)
	if g.streams[name] == nil {
		return nil, missing("stream")
	}
	forward, from := aws.ToBool(in.StartFromHead), position{}
	token := aws.ToString(in.NextToken)
	if token != "" {
		direction, p, err := parseToken(token, "f", "b")
		if err != nil {
			return nil, err
		}
		forward, from = direction == "f", p
	}
	got := g.between(in.StartTime, in.EndTime, func(l *line) bool {
		return l.stream == name && (token == "" || forward && from.before(l.position) || !forward && l.before(from))
	})
	switch {
	case len(got) > size && forward:
		got = got[:size]
	case len(got) > size:
		got = got[len(got)-size:]
	}
	out := &sdk.GetLogEventsOutput{Events: []types.OutputLogEvent{}, NextForwardToken: from.token("f"), NextBackwardToken: from.token("b")}
	for _, l := range got {
		out.Events = append(out.Events, types.OutputLogEvent{Message: aws.String(l.text), Timestamp: aws.Int64(l.at), IngestionTime: aws.Int64(l.ingested)})
	}
	if len(got) > 0 {
		out.NextBackwardToken, out.NextForwardToken = got[0].token("b"), got[len(got)-1].token("f")
	}
	return out, nil
}

func (s *Service) filterLogEvents(_ context.Context, in *sdk.FilterLogEventsInput) (*sdk.FilterLogEventsOutput, error) {
	size, err := pageSize(in.Limit)
	if err != nil {
		return nil, err
	}
	match, err := parseFilter(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	from := position{at: -1}
	if in.NextToken != nil {
		if _, from, err = parseToken(*in.NextToken, "f"); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	got := g.between(in.StartTime, in.EndTime, func(l *line) bool {
		return from.before(l.position) && strings.HasPrefix(l.stream, aws.ToString(in.LogStreamNamePrefix)) &&
			(len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, l.stream)) && match(l.text)
	})
	out := &sdk.FilterLogEventsOutput{Events: []types.FilteredLogEvent{}, SearchedLogStreams: []types.SearchedLogStream{}}
	if len(got) > size {
		got = got[:size]
		out.NextToken = got[size-1].token("f")
	}
	for _, l := range got {
		out.Events = append(out.Events, types.FilteredLogEvent{
			EventId: aws.String(fmt.Sprintf("%056d", l.seq)), LogStreamName: aws.String(l.stream), Message: aws.String(l.text),
			Timestamp: aws.Int64(l.at), IngestionTime: aws.Int64(l.ingested),
		})
	}
	return out, nil
}
