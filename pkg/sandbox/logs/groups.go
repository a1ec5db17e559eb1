package logs

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

func (s *Service) createLogGroup(ctx context.Context, in *sdk.CreateLogGroupInput) (*sdk.CreateLogGroupOutput, error) {
	name := aws.ToString(in.LogGroupName)
	if !groupName().MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	if err := s.mayUse(ctx, in.KmsKeyId, name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[name] != nil {
		return nil, &types.ResourceAlreadyExistsException{Message: aws.String("The specified log group already exists")}
	}
	g := newGroup(name)
	g.key = in.KmsKeyId
	if in.LogGroupClass != "" {
		g.class = in.LogGroupClass
	}
	s.groups[name] = g
	return &sdk.CreateLogGroupOutput{}, nil
}

func (s *Service) deleteLogGroup(_ context.Context, in *sdk.DeleteLogGroupInput) (*sdk.DeleteLogGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, nil)
	if err != nil {
		return nil, err
	}
	delete(s.groups, g.name)
	return &sdk.DeleteLogGroupOutput{}, nil
}

func (s *Service) describeLogGroups(_ context.Context, in *sdk.DescribeLogGroupsInput) (*sdk.DescribeLogGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &sdk.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}}
	for _, name := range sorted(s.groups, in.LogGroupNamePrefix) {
		if !strings.Contains(strings.ToLower(name), strings.ToLower(aws.ToString(in.LogGroupNamePattern))) {
			continue
		}
		g := s.groups[name]
		arn := s.arn(g)
		out.LogGroups = append(out.LogGroups, types.LogGroup{
			LogGroupName: aws.String(name), Arn: aws.String(arn + ":*"), LogGroupArn: aws.String(arn), LogGroupClass: g.class, KmsKeyId: g.key,
			CreationTime: aws.Int64(g.created.UnixMilli()), RetentionInDays: g.retention, MetricFilterCount: aws.Int32(0),
			StoredBytes: aws.Int64(int64(g.bytes)),
		})
	}
	return out, nil
}

func (s *Service) arn(g *group) string {
	return fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", s.opts.Region, s.opts.Account, g.name)
}

// retentions are the days that a group may keep its lines.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (s *Service) putRetentionPolicy(_ context.Context, in *sdk.PutRetentionPolicyInput) (*sdk.PutRetentionPolicyOutput, error) {
	if days := aws.ToInt32(in.RetentionInDays); !slices.Contains(retentions, days) {
		return nil, invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", days, retentions)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, nil)
	if err != nil {
		return nil, err
	}
	g.retention = in.RetentionInDays
	return &sdk.PutRetentionPolicyOutput{}, nil
}

func (s *Service) deleteRetentionPolicy(_ context.Context, in *sdk.DeleteRetentionPolicyInput) (*sdk.DeleteRetentionPolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, nil)
	if err != nil {
		return nil, err
	}
	g.retention = nil
	return &sdk.DeleteRetentionPolicyOutput{}, nil
}

func (s *Service) associateKmsKey(ctx context.Context, in *sdk.AssociateKmsKeyInput) (*sdk.AssociateKmsKeyOutput, error) {
	if name := aws.ToString(in.LogGroupName); s.there(name) {
		if err := s.mayUse(ctx, in.KmsKeyId, name); err != nil {
			return nil, err
		}
	}
	return &sdk.AssociateKmsKeyOutput{}, s.keyed(in.LogGroupName, in.ResourceIdentifier, in.KmsKeyId)
}

func (s *Service) disassociateKmsKey(_ context.Context, in *sdk.DisassociateKmsKeyInput) (*sdk.DisassociateKmsKeyOutput, error) {
	return &sdk.DisassociateKmsKeyOutput{}, s.keyed(in.LogGroupName, in.ResourceIdentifier, nil)
}

// keyed notes which key a group's lines are under from now on.
func (s *Service) keyed(name, identifier, key *string) error {
	if (name == nil) == (identifier == nil) {
		return invalid("Exactly one of logGroupName and resourceIdentifier must be specified")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(name, identifier)
	if err == nil {
		g.key = key
	}
	return err
}

func (s *Service) createLogStream(_ context.Context, in *sdk.CreateLogStreamInput) (*sdk.CreateLogStreamOutput, error) {
	name := aws.ToString(in.LogStreamName)
	if !streamName().MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, nil)
	if err != nil {
		return nil, err
	}
	if g.streams[name] != nil {
		return nil, &types.ResourceAlreadyExistsException{Message: aws.String("The specified log stream already exists")}
	}
	g.addStream(name)
	return &sdk.CreateLogStreamOutput{}, nil
}

func (s *Service) deleteLogStream(_ context.Context, in *sdk.DeleteLogStreamInput) (*sdk.DeleteLogStreamOutput, error) {
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
	g.forget(name)
	delete(g.streams, name)
	return &sdk.DeleteLogStreamOutput{}, nil
}

func (s *Service) describeLogStreams(_ context.Context, in *sdk.DescribeLogStreamsInput) (*sdk.DescribeLogStreamsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}}
	for _, name := range sorted(g.streams, in.LogStreamNamePrefix) {
		st := g.streams[name]
		one := types.LogStream{
			LogStreamName: aws.String(name), CreationTime: aws.Int64(st.created),
			Arn: aws.String(s.arn(g) + ":log-stream:" + name),
		}
		if st.first != 0 {
			one.FirstEventTimestamp, one.LastEventTimestamp, one.LastIngestionTime = aws.Int64(st.first), aws.Int64(st.last), aws.Int64(st.ingested)
		}
		out.LogStreams = append(out.LogStreams, one)
	}
	if in.OrderBy == types.OrderByLastEventTime {
		sort.SliceStable(out.LogStreams, func(i, j int) bool {
			return aws.ToInt64(out.LogStreams[i].LastEventTimestamp) < aws.ToInt64(out.LogStreams[j].LastEventTimestamp)
		})
	}
	if aws.ToBool(in.Descending) {
		slices.Reverse(out.LogStreams)
	}
	if limit := int(aws.ToInt32(in.Limit)); limit > 0 && limit < len(out.LogStreams) {
		out.LogStreams = out.LogStreams[:limit]
	}
	return out, nil
}
