package events

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/schedule"
)

var ruleName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`) })

const (
	maxRules   = 300  // a bus; AWS's default quota
	maxPattern = 4096 // characters
)

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

func missing(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// bus refuses every bus but the default one.
func (s *Service) bus(name *string) error {
	switch n := aws.ToString(name); n {
	case "", "default", fmt.Sprintf("arn:aws:events:%s:%s:event-bus/default", s.opts.Region, s.opts.Account):
		return nil
	default:
		return missing("Event bus %s does not exist.", n)
	}
}

// find is a rule by its name; the caller holds mu.
func (s *Service) find(bus, name *string) (*rule, error) {
	if err := s.bus(bus); err != nil {
		return nil, err
	}
	r := s.rules[aws.ToString(name)]
	if r == nil {
		return nil, missing("Rule %s does not exist on EventBus default.", aws.ToString(name))
	}
	return r, nil
}

func (s *Service) putRule(_ context.Context, in *eventbridge.PutRuleInput) (*eventbridge.PutRuleOutput, error) {
	if err := s.bus(in.EventBusName); err != nil {
		return nil, err
	}
	name := aws.ToString(in.Name)
	if !ruleName().MatchString(name) {
		return nil, invalid(`1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, name)
	}
	text, when := aws.ToString(in.EventPattern), aws.ToString(in.ScheduleExpression)
	if text == "" && when == "" {
		return nil, invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	r := &rule{Rule: types.Rule{
		Arn:  aws.String(fmt.Sprintf("arn:aws:events:%s:%s:rule/%s", s.opts.Region, s.opts.Account, name)),
		Name: in.Name, EventBusName: aws.String("default"), Description: in.Description, EventPattern: in.EventPattern,
		ScheduleExpression: in.ScheduleExpression, RoleArn: in.RoleArn, State: in.State,
	}}
	if r.State == "" {
		r.State = types.RuleStateEnabled
	}
	if text != "" {
		if len(text) > maxPattern {
			return nil, invalid("Event pattern is not valid. Reason: it is longer than %d characters", maxPattern)
		}
		var err error
		if r.pattern, err = ParsePattern(text); err != nil {
			return nil, invalidPattern(err)
		}
	}
	if when != "" {
		if _, err := parseSchedule(when); err != nil {
			return nil, invalid("Parameter ScheduleExpression is not valid.")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.rules[name]; old != nil {
		r.targets = old.targets
		old.halt()
	} else if len(s.rules) >= maxRules {
		return nil, &types.LimitExceededException{Message: aws.String("The requested resource exceeds the maximum number allowed.")}
	}
	s.rules[name] = r
	s.tick(r)
	return &eventbridge.PutRuleOutput{RuleArn: r.Arn}, nil
}

func invalidPattern(err error) error {
	return &types.InvalidEventPatternException{Message: aws.String("Event pattern is not valid. Reason: " + err.Error())}
}

// parseSchedule reads a rule's schedule, in UTC.
func parseSchedule(text string) (schedule.Expression, error) {
	e, err := schedule.Parse(text, time.UTC)
	if err == nil && e.Once() {
		err = fmt.Errorf("%w: %q", schedule.ErrNotValid, text)
	}
	return e, err
}

// tick starts the rule's schedule, if it has one and is enabled; the caller holds mu.
func (s *Service) tick(r *rule) {
	if aws.ToString(r.ScheduleExpression) == "" || r.State == types.RuleStateDisabled || r.stop != nil {
		return
	}
	e, err := parseSchedule(*r.ScheduleExpression)
	if err != nil {
		return // putRule has read it
	}
	ctx, cancel := context.WithCancel(s.work.Context())
	r.stop = cancel
	s.work.Go(func() { e.Run(ctx, s.opts.Clock, s.opts.Clock.Now().UTC(), func(time.Time) { s.fire(r) }) })
}

// fire sends a schedule's event to the rule's own targets; no other rule sees it.
func (s *Service) fire(r *rule) {
	e := s.newEvent("aws.events", "Scheduled Event", []string{*r.Arn}, []byte("{}"), s.opts.Clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.stop != nil {
		s.deliverEvent(r, e)
	}
}

// halt ends the rule's schedule; the caller holds mu.
func (r *rule) halt() {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

func (s *Service) describeRule(_ context.Context, in *eventbridge.DescribeRuleInput) (*eventbridge.DescribeRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	return &eventbridge.DescribeRuleOutput{
		Arn: r.Arn, Name: r.Name, EventBusName: r.EventBusName, Description: r.Description, EventPattern: r.EventPattern,
		ScheduleExpression: r.ScheduleExpression, RoleArn: r.RoleArn, State: r.State, CreatedBy: aws.String(s.opts.Account),
	}, nil
}

func (s *Service) listRules(_ context.Context, in *eventbridge.ListRulesInput) (*eventbridge.ListRulesOutput, error) {
	if err := s.bus(in.EventBusName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &eventbridge.ListRulesOutput{Rules: []types.Rule{}}
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		if strings.HasPrefix(name, aws.ToString(in.NamePrefix)) {
			out.Rules = append(out.Rules, s.rules[name].Rule)
		}
	}
	return out, nil
}

func (s *Service) deleteRule(_ context.Context, in *eventbridge.DeleteRuleInput) (*eventbridge.DeleteRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.bus(in.EventBusName); err != nil {
		return nil, err
	}
	// A rule that is not there is deleted already, as on AWS.
	if r := s.rules[aws.ToString(in.Name)]; r != nil {
		if len(r.targets) > 0 {
			return nil, invalid("Rule can't be deleted since it has targets.")
		}
		r.halt()
		delete(s.rules, *r.Name)
	}
	return &eventbridge.DeleteRuleOutput{}, nil
}

func (s *Service) enableRule(_ context.Context, in *eventbridge.EnableRuleInput) (*eventbridge.EnableRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	r.State = types.RuleStateEnabled
	s.tick(r)
	return &eventbridge.EnableRuleOutput{}, nil
}

func (s *Service) disableRule(_ context.Context, in *eventbridge.DisableRuleInput) (*eventbridge.DisableRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	r.State = types.RuleStateDisabled
	r.halt()
	return &eventbridge.DisableRuleOutput{}, nil
}
