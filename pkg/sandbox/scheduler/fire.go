package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/deliver"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
	"github.com/google/uuid"
)

// retryWait is the name of the waits between attempts.
const retryWait = "schedule-retry"

// start runs an enabled schedule; the caller holds mu.
func (s *Service) start(e *entry) {
	if e.State != types.ScheduleStateEnabled {
		return
	}
	p, err := parse(*e.ScheduleExpression, e.ScheduleExpressionTimezone)
	if err != nil {
		return // check has read it
	}
	ctx, cancel := context.WithCancel(s.work.Context())
	e.stop = cancel
	s.work.Go(func() { s.run(ctx, e, p) })
}

// halt ends the schedule; the caller holds mu. Invocations under way go on.
func (e *entry) halt() {
	if e.stop != nil {
		e.stop()
		e.stop = nil
	}
}

// run fires until the schedule has no more times, then completes it.
func (s *Service) run(ctx context.Context, e *entry, p parsed) {
	now := s.opts.Clock.Now().In(p.zone)
	at := now
	if e.StartDate != nil && e.StartDate.After(now) && !p.Once() {
		if s.opts.Clock.Wait(ctx, "schedule", e.StartDate.Sub(now)) != nil {
			return
		}
		at = e.StartDate.In(p.zone)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	fire := func(due time.Time) {
		if e.EndDate != nil && due.After(*e.EndDate) && !p.Once() {
			end()
			return
		}
		s.fire(e, due)
	}
	if p.Rate() > 0 {
		// A rate begins at once, or at its start date.
		// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
		fire(at)
	}
	p.Run(ctx, s.opts.Clock, at, fire)
	s.complete(e)
}

// complete deletes a schedule that asks for it once it has ended by itself.
func (s *Service) complete(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schedules[*e.Name] == e && e.stop != nil && !s.work.Ended() && e.ActionAfterCompletion == types.ActionAfterCompletionDelete {
		delete(s.schedules, *e.Name)
	}
	e.halt()
}

// fire starts one invocation of the target.
func (s *Service) fire(e *entry, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.srv == nil || s.schedules[*e.Name] != e {
		return
	}
	if s.opts.Clock.Factor() > 1 {
		due = s.opts.Clock.Now() // timestamps stay real, however fast schedules come due
	}
	out := e.GetScheduleOutput
	s.work.Go(func() { s.invoke(&out, due, uuid.NewString()) })
}

func (s *Service) invoke(e *scheduler.GetScheduleOutput, due time.Time, execution string) {
	ctx := wire.WithCaller(s.work.Context(), s.callerOf(*e.Target.RoleArn))
	to := deliver.Targets{Server: s.srv, Endpoint: s.opts.Endpoint, Account: s.opts.Account}
	policy := deliver.NewPolicy(e.Target.RetryPolicy.MaximumRetryAttempts, e.Target.RetryPolicy.MaximumEventAgeInSeconds)
	var input []byte
	failure := policy.Try(ctx, s.opts.Clock, retryWait, func(attempt int) error {
		input = s.input(e, due, execution, attempt)
		return to.Send(ctx, *e.Target.Arn, input)
	})
	if failure == nil {
		return
	}
	log := s.opts.Log.With("schedule", *e.Arn, "target", *e.Target.Arn)
	if e.Target.DeadLetterConfig == nil || aws.ToString(e.Target.DeadLetterConfig.Arn) == "" {
		log.Error("invocation dropped", "code", failure.Code, "error", failure.Message)
		return
	}
	code := failure.AWSCode
	if code == "" {
		code = "AWS.Scheduler.InternalServerError"
	}
	err := to.Queue(ctx, *e.Target.DeadLetterConfig.Arn, input, map[string]string{
		"ERROR_CODE": code, "ERROR_MESSAGE": failure.Message, "EXECUTION_ID": execution, "EXHAUSTED_RETRY_CONDITION": failure.Condition,
		"IS_PAYLOAD_TRUNCATED": "false", "RETRY_ATTEMPTS": strconv.Itoa(failure.Retries), "SCHEDULED_TIME": due.UTC().Format(time.RFC3339),
		"SCHEDULE_ARN": *e.Arn, "TARGET_ARN": *e.Target.Arn,
	})
	if err != nil {
		log.Error("invocation dropped", "queue", *e.Target.DeadLetterConfig.Arn, "error", err)
	}
}

// callerOf is a session of the schedule's role.
func (s *Service) callerOf(role string) wire.Caller {
	name := role[strings.LastIndexByte(role, '/')+1:]
	return wire.Caller{Role: role, ARN: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.opts.Account, name, strings.ReplaceAll(uuid.NewString(), "-", ""))}
}

// input is what the target gets: the schedule's own with its context attributes filled in, or a notification.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func (s *Service) input(e *scheduler.GetScheduleOutput, due time.Time, execution string, attempt int) []byte {
	at := due.UTC().Format(time.RFC3339)
	if e.Target.Input != nil {
		return []byte(strings.NewReplacer(
			"<aws.scheduler.schedule-arn>", *e.Arn, "<aws.scheduler.scheduled-time>", at,
			"<aws.scheduler.execution-id>", execution, "<aws.scheduler.attempt-number>", strconv.Itoa(attempt),
		).Replace(*e.Target.Input))
	}
	text, err := json.Marshal(struct {
		Version    string   `json:"version"`
		ID         string   `json:"id"`
		DetailType string   `json:"detail-type"`
		Source     string   `json:"source"`
		Account    string   `json:"account"`
		Time       string   `json:"time"`
		Region     string   `json:"region"`
		Resources  []string `json:"resources"`
		Detail     string   `json:"detail"`
	}{"0", execution, "Scheduled Event", "aws.scheduler", s.opts.Account, at, s.opts.Region, []string{*e.Arn}, "{}"})
	if err != nil {
		return []byte("{}") // strings only
	}
	return text
}
