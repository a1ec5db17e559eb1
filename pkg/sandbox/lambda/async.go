package lambda

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/uuid"
)

const (
	maxQueued     = 10_000 // events that wait for one function
	defaultRetry  = 2
	defaultMaxAge = 6 * time.Hour
	retryWait     = "lambda-retry" // the waits' name on the clock
	ageWait       = "lambda-event-age"
	// shortestAge is how long an event lasts at least, however fast the clock runs: the functions that it waits for are real.
	shortestAge = time.Minute
)

// Why an event left the queue, in the words of a destination's record.
const (
	succeeded = "Success"
	exhausted = "RetriesExhausted"
	tooOld    = "EventAgeExceeded"
)

// event is an asynchronous invocation in the queue.
type event struct {
	id      string
	payload []byte
	queued  time.Time
	runs    int
	answer  *answer // of the last attempt, when there was one
	errored string  // why the last attempt could not run
}

// enqueue accepts an event; the caller holds mu.
func (s *Service) enqueue(f *function, payload []byte) error {
	if f.queued >= maxQueued {
		return &types.TooManyRequestsException{
			Message: aws.String("Rate Exceeded."), Reason: types.ThrottleReasonFunctionInvocationRateLimitExceeded, Type: aws.String("User"),
		}
	}
	e := &event{id: uuid.NewString(), payload: payload, queued: time.Now()}
	if !s.work.Go(func() {
		condition := s.process(s.work.Context(), f, e)
		s.mu.Lock()
		f.queued--
		config, dead := f.async, f.config.DeadLetterConfig
		s.mu.Unlock()
		if condition != "" {
			s.report(s.work.Context(), f, e, condition, config, dead)
		}
	}) {
		return closed()
	}
	f.queued++
	return nil
}

// process runs an event until it succeeds, its attempts are used up (one minute, then two minutes apart) or it is
// too old. The condition is empty when the service was closed before.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func (s *Service) process(ctx context.Context, f *function, e *event) (condition string) {
	for {
		retries, age := s.limits(f)
		release, ok := s.place(ctx, f, e, age)
		if ctx.Err() != nil {
			return ""
		}
		if !ok {
			return tooOld
		}
		e.runs++
		a := s.execute(f, s.newInvocation(f, e.id, e.payload))
		release()
		e.answer = &a
		if ctx.Err() != nil {
			return ""
		}
		if !a.failed {
			return succeeded
		}
		if e.runs > retries {
			return exhausted
		}
		wait := time.Duration(e.runs) * time.Minute
		if s.left(e, age) < s.opts.Clock.Scale(wait) {
			return tooOld
		}
		if s.opts.Clock.Wait(ctx, retryWait, wait) != nil {
			return ""
		}
	}
}

func (s *Service) limits(f *function) (retries int, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	retries, age = defaultRetry, defaultMaxAge
	if f.async != nil && f.async.MaximumRetryAttempts != nil {
		retries = int(*f.async.MaximumRetryAttempts)
	}
	if f.async != nil && f.async.MaximumEventAgeInSeconds != nil {
		age = time.Duration(*f.async.MaximumEventAgeInSeconds) * time.Second
	}
	return retries, age
}

// left is the real time after which an event is too old.
func (s *Service) left(e *event, age time.Duration) time.Duration {
	return s.opts.Clock.Deadline(age, shortestAge) - time.Since(e.queued)
}

// place waits for a free execution. AWS tries again after 1 s, and less and less often up to every 5 minutes; here
// the event goes on as soon as a place is free, which is the earliest that AWS could do. Being throttled does not
// count as an attempt.
func (s *Service) place(ctx context.Context, f *function, e *event, age time.Duration) (release func(), ok bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	old := make(chan struct{})
	waiting := false
	for {
		changed := s.freed.Changed()
		s.mu.Lock()
		release, err := s.acquire(f)
		s.mu.Unlock()
		if err == nil {
			return release, true
		}
		e.errored = err.Error()
		if !waiting {
			waiting = true
			s.work.Go(func() {
				if s.opts.Clock.WaitReal(ctx, ageWait, s.left(e, age)) == nil {
					close(old)
				}
			})
		}
		select {
		case <-changed:
		case <-old:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}
