package events

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// Limits of PutEvents. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const (
	maxEntries = 10
	maxSize    = 1 << 20 // bytes of all entries
)

func (s *Service) putEvents(_ context.Context, in *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
	if n := len(in.Entries); n < 1 || n > maxEntries {
		return nil, invalid("1 validation error detected: Value '[%d entries]' at 'entries' failed to satisfy constraint: Member must have length between 1 and %d", n, maxEntries)
	}
	size := 0
	for _, e := range in.Entries {
		size += len(aws.ToString(e.Source)) + len(aws.ToString(e.DetailType)) + len(aws.ToString(e.Detail))
		for _, r := range e.Resources {
			size += len(r)
		}
	}
	if size > maxSize {
		return nil, invalid("Total size of the entries in the request is over the limit.")
	}
	out := &eventbridge.PutEventsOutput{Entries: []types.PutEventsResultEntry{}}
	for _, e := range in.Entries {
		code, message := s.checkEntry(e)
		if code != "" {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: aws.String(code), ErrorMessage: aws.String(message)})
			continue
		}
		at := s.opts.Clock.Now()
		if e.Time != nil {
			at = *e.Time
		}
		event := s.newEvent(*e.Source, *e.DetailType, e.Resources, []byte(*e.Detail), at)
		s.raise(event)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String(event.ID)})
	}
	return out, nil
}

// checkEntry says with which code and message AWS refuses an entry.
func (s *Service) checkEntry(e types.PutEventsRequestEntry) (code, message string) {
	for _, member := range []struct {
		name  string
		value *string
	}{{"Source", e.Source}, {"DetailType", e.DetailType}, {"Detail", e.Detail}} {
		if aws.ToString(member.value) == "" {
			return "InvalidArgument", fmt.Sprintf("Parameter %[1]s is not valid. Reason: %[1]s is a required argument.", member.name)
		}
	}
	var detail map[string]any
	if json.Unmarshal([]byte(*e.Detail), &detail) != nil {
		return "MalformedDetail", "Detail is malformed."
	}
	if strings.HasPrefix(*e.Source, "aws.") {
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	}
	if s.bus(e.EventBusName) != nil {
		return "InternalFailure", fmt.Sprintf("Event bus %s does not exist.", *e.EventBusName)
	}
	return "", ""
}

func (s *Service) testEventPattern(_ context.Context, in *eventbridge.TestEventPatternInput) (*eventbridge.TestEventPatternOutput, error) {
	p, err := ParsePattern(aws.ToString(in.EventPattern))
	if err != nil {
		return nil, invalidPattern(err)
	}
	tree, err := decodeEvent([]byte(aws.ToString(in.Event)))
	if err != nil {
		return nil, invalid("Parameter Event is not valid. Reason: Event is not valid JSON.")
	}
	for _, name := range []string{"id", "account", "source", "time", "region", "resources", "detail-type"} {
		if _, there := tree[name]; !there {
			return nil, invalid("Parameter Event is not valid. Reason: Event must contain the field %s.", name)
		}
	}
	return &eventbridge.TestEventPatternOutput{Result: p.root.match(tree)}, nil
}
