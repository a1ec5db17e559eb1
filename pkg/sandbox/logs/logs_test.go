package logs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/logs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const name = "/aws/lambda/f"

func newBed(t *testing.T) (*logs.Service, *wire.Server) {
	t.Helper()
	s, srv := logs.New(logs.Options{Account: "111122223333", Region: "us-east-1"}), wire.New(wire.Options{})
	s.Register(srv)
	t.Cleanup(s.Close)
	return s, srv
}

func call[Out any](t *testing.T, srv *wire.Server, in any) *Out {
	t.Helper()
	out, err := wire.Call[Out](t.Context(), srv, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func filter(t *testing.T, srv *wire.Server, in sdk.FilterLogEventsInput) string {
	t.Helper()
	in.LogGroupName = aws.String(name)
	var all []string
	for _, e := range call[sdk.FilterLogEventsOutput](t, srv, &in).Events {
		all = append(all, *e.Message)
	}
	return strings.Join(all, "|")
}

func TestTheSDKReadsWhatAFunctionWrote(t *testing.T) {
	s, srv := newBed(t)
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	c := sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, nil
		})})
	ctx, group := t.Context(), aws.String(name)
	s.Write(name, "2026/11/23/[$LATEST]a", "START RequestId: 1")
	s.Write(name, "2026/11/23/[$LATEST]b", "hello")
	if _, err := c.PutRetentionPolicy(ctx, &sdk.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: aws.Int32(14)}); err != nil {
		t.Fatal(err)
	}
	groups, err := c.DescribeLogGroups(ctx, &sdk.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/")})
	if err != nil || len(groups.LogGroups) != 1 || *groups.LogGroups[0].RetentionInDays != 14 ||
		*groups.LogGroups[0].Arn != "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:*" {
		t.Errorf("groups %+v, %v", groups, err)
	}
	streams, err := c.DescribeLogStreams(ctx, &sdk.DescribeLogStreamsInput{LogGroupName: group, OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)})
	if err != nil || len(streams.LogStreams) != 2 || streams.LogStreams[0].LastEventTimestamp == nil {
		t.Errorf("streams %+v, %v", streams, err)
	}
	got, err := c.GetLogEvents(ctx, &sdk.GetLogEventsInput{LogGroupName: group, LogStreamName: aws.String("2026/11/23/[$LATEST]b")})
	if err != nil || len(got.Events) != 1 || *got.Events[0].Message != "hello" || got.NextForwardToken == nil {
		t.Errorf("events %+v, %v", got, err)
	}
	found, err := c.FilterLogEvents(ctx, &sdk.FilterLogEventsInput{LogGroupIdentifier: groups.LogGroups[0].LogGroupArn, FilterPattern: aws.String("RequestId")})
	if err != nil || len(found.Events) != 1 || *found.Events[0].LogStreamName != "2026/11/23/[$LATEST]a" {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := c.DeleteLogGroup(ctx, &sdk.DeleteLogGroupInput{LogGroupName: group}); err != nil {
		t.Error(err)
	}
	var gone *types.ResourceNotFoundException
	if _, err := c.FilterLogEvents(ctx, &sdk.FilterLogEventsInput{LogGroupName: group}); !errors.As(err, &gone) {
		t.Errorf("after deletion: %v", err)
	}
}

func TestFiltersOfWords(t *testing.T) {
	s, srv := newBed(t)
	for _, text := range []string{"ERROR no disk", "ERROR timed out", "all is well", `a "quoted" word`} {
		s.Write(name, "s", text)
	}
	for pattern, want := range map[string]string{
		"":                     `ERROR no disk|ERROR timed out|all is well|a "quoted" word`,
		"ERROR":                "ERROR no disk|ERROR timed out",
		"ERROR disk":           "ERROR no disk",
		"error":                "",
		`"timed out"`:          "ERROR timed out",
		"?disk ?well":          "ERROR no disk|all is well",
		"ERROR -disk":          "ERROR timed out",
		`ERROR -"timed out"`:   "ERROR no disk",
		"?timed ?nothing disk": "",
	} {
		if got := filter(t, srv, sdk.FilterLogEventsInput{FilterPattern: &pattern}); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

func TestPagesContinueWhereTheLastEnded(t *testing.T) {
	s, srv := newBed(t)
	for i := range 5 {
		s.Write(name, "s", fmt.Sprint(i))
	}
	var pages []string
	var token *string
	for range 4 {
		out := call[sdk.FilterLogEventsOutput](t, srv, &sdk.FilterLogEventsInput{LogGroupName: aws.String(name), Limit: aws.Int32(2), NextToken: token})
		page := ""
		for _, e := range out.Events {
			page += *e.Message
		}
		pages = append(pages, page)
		if token = out.NextToken; token == nil {
			break
		}
	}
	if got := strings.Join(pages, " "); got != "01 23 4" {
		t.Errorf("filtered pages %q", got)
	}
	get := func(head bool, token *string) (string, *sdk.GetLogEventsOutput) {
		out := call[sdk.GetLogEventsOutput](t, srv, &sdk.GetLogEventsInput{
			LogGroupName: aws.String(name), LogStreamName: aws.String("s"), Limit: aws.Int32(3), StartFromHead: &head, NextToken: token,
		})
		page := ""
		for _, e := range out.Events {
			page += *e.Message
		}
		return page, out
	}
	last, out := get(false, nil)
	earlier, _ := get(false, out.NextBackwardToken)
	first, out := get(true, nil)
	rest, out := get(true, out.NextForwardToken)
	none, end := get(true, out.NextForwardToken)
	if last != "234" || earlier != "01" || first != "012" || rest != "34" || none != "" || *end.NextForwardToken != *out.NextForwardToken {
		t.Errorf("pages %q %q, %q %q %q", last, earlier, first, rest, none)
	}
	s.Write(name, "s", "5")
	if more, _ := get(true, end.NextForwardToken); more != "5" {
		t.Errorf("a later line: %q", more)
	}
}

func TestLinesAreReadInTheOrderOfTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, srv := newBed(t)
		call[sdk.CreateLogGroupOutput](t, srv, &sdk.CreateLogGroupInput{LogGroupName: aws.String(name)})
		now := time.Now()
		put := func(stream string, at ...time.Duration) *sdk.PutLogEventsOutput {
			call[sdk.CreateLogStreamOutput](t, srv, &sdk.CreateLogStreamInput{LogGroupName: aws.String(name), LogStreamName: &stream})
			in := &sdk.PutLogEventsInput{LogGroupName: aws.String(name), LogStreamName: &stream}
			for _, d := range at {
				in.LogEvents = append(in.LogEvents, types.InputLogEvent{Message: aws.String(stream + d.String()), Timestamp: aws.Int64(now.Add(d).UnixMilli())})
			}
			return call[sdk.PutLogEventsOutput](t, srv, in)
		}
		put("a", 0, 2*time.Second)
		out := put("b", -15*24*time.Hour, time.Second, 3*time.Hour)
		if *out.RejectedLogEventsInfo.TooOldLogEventEndIndex != 1 || *out.RejectedLogEventsInfo.TooNewLogEventStartIndex != 2 {
			t.Errorf("rejected %+v", out.RejectedLogEventsInfo)
		}
		if got := filter(t, srv, sdk.FilterLogEventsInput{}); got != "a0s|b1s|a2s" {
			t.Errorf("lines %s", got)
		}
		start := now.Add(time.Second).UnixMilli()
		if got := filter(t, srv, sdk.FilterLogEventsInput{StartTime: &start, LogStreamNames: []string{"a"}}); got != "a2s" {
			t.Errorf("lines of a from 1 s on: %s", got)
		}
	})
}

func TestAGroupForgetsItsOldestLines(t *testing.T) {
	s, srv := newBed(t)
	text := strings.Repeat("x", 1<<10)
	for i := range 60_000 {
		s.Write(name, fmt.Sprint("s", i/50), text)
	}
	group := call[sdk.DescribeLogGroupsOutput](t, srv, &sdk.DescribeLogGroupsInput{}).LogGroups[0]
	streams := call[sdk.DescribeLogStreamsOutput](t, srv, &sdk.DescribeLogStreamsInput{LogGroupName: aws.String(name)}).LogStreams
	if *group.StoredBytes > 16<<20 || *group.StoredBytes < 15<<20 || len(streams) != 1000 {
		t.Errorf("%d bytes in %d streams", *group.StoredBytes, len(streams))
	}
	if got := call[sdk.GetLogEventsOutput](t, srv, &sdk.GetLogEventsInput{LogGroupName: aws.String(name), LogStreamName: aws.String("s1199")}); len(got.Events) != 50 {
		t.Errorf("%d of the newest lines", len(got.Events))
	}
}

func TestRequestsThatAWSRefuses(t *testing.T) {
	s, srv := newBed(t)
	s.Write(name, "s", "x")
	try := func(in any) error {
		var err error
		switch in := in.(type) {
		case *sdk.CreateLogGroupInput:
			_, err = wire.Call[sdk.CreateLogGroupOutput](t.Context(), srv, in)
		case *sdk.CreateLogStreamInput:
			_, err = wire.Call[sdk.CreateLogStreamOutput](t.Context(), srv, in)
		case *sdk.PutLogEventsInput:
			_, err = wire.Call[sdk.PutLogEventsOutput](t.Context(), srv, in)
		case *sdk.PutRetentionPolicyInput:
			_, err = wire.Call[sdk.PutRetentionPolicyOutput](t.Context(), srv, in)
		case *sdk.AssociateKmsKeyInput:
			_, err = wire.Call[sdk.AssociateKmsKeyOutput](t.Context(), srv, in)
		case *sdk.FilterLogEventsInput:
			_, err = wire.Call[sdk.FilterLogEventsOutput](t.Context(), srv, in)
		case *sdk.GetLogEventsInput:
			_, err = wire.Call[sdk.GetLogEventsOutput](t.Context(), srv, in)
		}
		return err
	}
	g := aws.String(name)
	at := func(ms ...int64) (events []types.InputLogEvent) {
		for _, m := range ms {
			events = append(events, types.InputLogEvent{Message: aws.String("m"), Timestamp: &m})
		}
		return events
	}
	for _, tt := range []struct {
		in   any
		want string
	}{
		{&sdk.CreateLogGroupInput{LogGroupName: g}, "ResourceAlreadyExistsException: The specified log group already exists"},
		{&sdk.CreateLogGroupInput{LogGroupName: aws.String("a b")}, "InvalidParameterException"},
		{&sdk.CreateLogStreamInput{LogGroupName: g, LogStreamName: aws.String("s")}, "The specified log stream already exists"},
		{&sdk.CreateLogStreamInput{LogGroupName: g, LogStreamName: aws.String("a:b")}, "'logStreamName'"},
		{&sdk.PutLogEventsInput{LogGroupName: g, LogStreamName: aws.String("t"), LogEvents: at(1)}, "ResourceNotFoundException: The specified log stream does not exist."},
		{&sdk.PutLogEventsInput{LogGroupName: g, LogStreamName: aws.String("s"), LogEvents: at(2, 1)}, "chronological order"},
		{&sdk.PutLogEventsInput{LogGroupName: g, LogStreamName: aws.String("s")}, "length between 1 and 10000"},
		{&sdk.PutRetentionPolicyInput{LogGroupName: g, RetentionInDays: aws.Int32(2)}, "'retentionInDays'"},
		{&sdk.AssociateKmsKeyInput{KmsKeyId: g}, "Exactly one of logGroupName and resourceIdentifier"},
		{&sdk.AssociateKmsKeyInput{KmsKeyId: g, LogGroupName: aws.String("none")}, "ResourceNotFoundException"},
		{&sdk.FilterLogEventsInput{LogGroupName: g, FilterPattern: aws.String("{ $.a = 1 }")}, "The sandbox reads filters of words"},
		{&sdk.FilterLogEventsInput{LogGroupName: g, NextToken: aws.String("x")}, "The specified nextToken is invalid."},
		{&sdk.FilterLogEventsInput{LogGroupName: g, Limit: aws.Int32(0)}, "'limit'"},
		{&sdk.FilterLogEventsInput{}, "'logGroupName'"},
		{&sdk.GetLogEventsInput{LogGroupName: g, LogStreamName: aws.String("t")}, "The specified log stream does not exist."},
	} {
		if err := try(tt.in); err == nil || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%T: %v, want %s", tt.in, err, tt.want)
		}
	}
}
