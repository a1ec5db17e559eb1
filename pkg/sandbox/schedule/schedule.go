// Package schedule reads the schedule expressions of EventBridge: rate(…), cron(…) and, for EventBridge Scheduler,
// at(…). https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package schedule

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/adhocore/gronx"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
)

// Expression tells when a schedule is due. Use Parse.
type Expression struct {
	rate time.Duration
	cron string
	at   time.Time
}

// ErrNotValid is wrapped by every error of Parse.
var ErrNotValid = errors.New("schedule expression is not valid")

var (
	expression = regexp.MustCompile(`^(rate|cron|at)\((.*)\)$`)
	rate       = regexp.MustCompile(`^([1-9][0-9]*) (minute|minutes|hour|hours|day|days)$`)
	cronField  = regexp.MustCompile(`^[0-9A-Za-z*?,/#\-]+$`)
)

// Parse reads an expression; cron's fields and at's time are read in the location of the time given to Next and
// of in.
func Parse(text string, in *time.Location) (Expression, error) {
	m := expression.FindStringSubmatch(text)
	if m == nil {
		return Expression{}, fmt.Errorf("%w: %q", ErrNotValid, text)
	}
	var e Expression
	var err error
	switch m[1] {
	case "rate":
		e.rate, err = parseRate(m[2])
	case "cron":
		e.cron, err = parseCron(m[2])
	case "at":
		e.at, err = time.ParseInLocation("2006-01-02T15:04:05", m[2], in)
	}
	if err != nil {
		return Expression{}, fmt.Errorf("%w: %q: %v", ErrNotValid, text, err)
	}
	return e, nil
}

// parseRate reads "1 minute" or "5 minutes": AWS insists on the plural from 2 on.
func parseRate(text string) (time.Duration, error) {
	m := rate.FindStringSubmatch(text)
	if m == nil {
		return 0, errors.New("a rate is a positive number and a unit of minutes, hours or days")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > 100_000 {
		return 0, errors.New("the number is too large")
	}
	if plural := strings.HasSuffix(m[2], "s"); plural != (n > 1) {
		return 0, errors.New("the unit is singular for 1, and plural otherwise")
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	return time.Duration(n) * unit[strings.TrimSuffix(m[2], "s")], nil
}

// parseCron turns the six fields minutes, hours, day of month, month, day of week and year into gronx's seven.
func parseCron(text string) (string, error) {
	fields := strings.Fields(text)
	if len(fields) != 6 {
		return "", errors.New("cron takes six fields: minutes hours day-of-month month day-of-week year")
	}
	for _, f := range fields {
		if !cronField.MatchString(f) {
			return "", fmt.Errorf("%q is not a field of cron", f)
		}
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return "", errors.New("one of day-of-month and day-of-week has to be ?")
	}
	if strings.EqualFold(fields[2], "LW") {
		return "", errors.New("the sandbox does not read LW")
	}
	days, err := weekdays(fields[4])
	if err != nil {
		return "", err
	}
	fields[4] = days
	cron := strings.ReplaceAll("0 "+strings.Join(fields, " "), "?", "*")
	if !gronx.IsValid(cron) {
		return "", errors.New("a field is out of range")
	}
	return cron, nil
}

var number = regexp.MustCompile(`[0-9]+`)

// weekdays turns 1-7, Sunday to Saturday, into 0-6. What stands behind # counts weeks and what stands behind /
// counts days: these stay.
func weekdays(field string) (string, error) {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		end := strings.IndexAny(part, "#/")
		if end < 0 {
			end = len(part)
		}
		var failed error
		days := number.ReplaceAllStringFunc(part[:end], func(n string) string {
			v, err := strconv.Atoi(n)
			if err != nil || v < 1 || v > 7 {
				failed = fmt.Errorf("day of week %s is not within 1-7", n)
			}
			return strconv.Itoa(v - 1)
		})
		if failed != nil {
			return "", failed
		}
		parts[i] = days + part[end:]
	}
	return strings.Join(parts, ","), nil
}

// Rate is the interval of a rate(…), 0 for the others.
func (e Expression) Rate() time.Duration { return e.rate }

// Once says whether the expression is an at(…).
func (e Expression) Once() bool { return !e.at.IsZero() }

// Next is the first time after the one given at which the schedule is due; false when there is none.
func (e Expression) Next(after time.Time) (time.Time, bool) {
	switch {
	case e.rate > 0:
		return after.Add(e.rate), true
	case e.Once():
		return e.at, e.at.After(after)
	}
	next, err := gronx.NextTickAfter(e.cron, after, false)
	return next, err == nil
}

// WaitName is the name of every schedule's waits on the clock.
const WaitName = "schedule"

// Run calls fire each time the schedule is due, with that time, until ctx ends or the schedule has no more times. The
// times pass on the clock, which is faster than the time of day; real time between two calls is a second at least,
// unless the wait is skipped.
func (e Expression) Run(ctx context.Context, c *clock.Clock, start time.Time, fire func(due time.Time)) {
	for at := start; ; {
		next, ok := e.Next(at)
		if !ok {
			return
		}
		if c.WaitReal(ctx, WaitName, max(c.Scale(next.Sub(at)), time.Second)) != nil {
			return
		}
		fire(next)
		at = next
	}
}
