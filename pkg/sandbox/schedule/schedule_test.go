package schedule_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/schedule"
)

func TestTheNextTimeIsAsAWSReadsTheExpression(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	after := time.Date(2026, 11, 23, 4, 36, 30, 0, time.UTC) // a Monday
	tests := map[string]string{
		"rate(1 minute)":           "2026-11-23T04:37:30Z",
		"rate(5 minutes)":          "2026-11-23T04:41:30Z",
		"rate(2 days)":             "2026-11-25T04:36:30Z",
		"cron(0 10 * * ? *)":       "2026-11-23T10:00:00Z",
		"cron(0/15 * * * ? *)":     "2026-11-23T04:45:00Z",
		"cron(0 18 ? * MON-FRI *)": "2026-11-23T18:00:00Z",
		"cron(0 18 ? * 1 *)":       "2026-11-29T18:00:00Z", // 1 is Sunday
		"cron(0 18 ? * 7 *)":       "2026-11-28T18:00:00Z",
		"cron(0 9 ? * 2#1 *)":      "2026-12-07T09:00:00Z", // the first Monday
		"cron(0 9 ? * 6L *)":       "2026-11-27T09:00:00Z", // the last Friday
		"cron(0 9 L * ? *)":        "2026-11-30T09:00:00Z",
		"cron(0 0 1 1 ? 2028)":     "2028-01-01T00:00:00Z",
		"at(2026-12-01T12:00:00)":  "2026-12-01T12:00:00Z",
	}
	for text, want := range tests {
		e, err := schedule.Parse(text, time.UTC)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if next, ok := e.Next(after); !ok || next.Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %t; want %s", text, next.Format(time.RFC3339), ok, want)
		}
	}
	e, err := schedule.Parse("cron(0 10 * * ? *)", berlin)
	if err != nil {
		t.Fatal(err)
	}
	if next, _ := e.Next(after.In(berlin)); next.UTC().Hour() != 9 {
		t.Errorf("10 o'clock in Berlin is %s", next.UTC())
	}
	past, err := schedule.Parse("at(2020-01-01T00:00:00)", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if next, ok := past.Next(after); ok {
		t.Errorf("a time in the past is due at %s", next)
	}
}

func TestExpressionsThatAWSRefuses(t *testing.T) {
	for _, text := range []string{
		"", "5 minutes", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(5 seconds)", "rate(5)", "cron(0 10 * * ?)",
		"cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(61 10 * * ? *)", "cron(0 10 ? * 0 *)", "cron(0 10 ? * 8 *)", "cron(0 10 LW * ? *)",
		"at(2026-12-01)", "at(2026-12-01T12:00:00Z)", "every(5 minutes)", "cron(a b c d ? e)",
	} {
		if _, err := schedule.Parse(text, time.UTC); !errors.Is(err, schedule.ErrNotValid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAFastClockNeverFiresMoreThanOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := schedule.Parse("rate(1 minute)", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer cancel()
		start, n := time.Now(), 0
		e.Run(ctx, clock.New(1000), start, func(due time.Time) {
			n++
			if want := start.Add(time.Duration(n) * time.Minute); !due.Equal(want) {
				t.Errorf("call %d is due at %s, want %s", n, due, want)
			}
		})
		if n != 10 {
			t.Errorf("%d calls in 10 seconds, want 10", n)
		}
	})
}
