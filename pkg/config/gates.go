package config

import (
	"fmt"
	"strings"
	"time"
)

// Gates are what else must agree before anything is released. While one is closed a release is held; what is newest
// when it opens is released then. What an operator goes back to passes all of them.
type Gates struct {
	// Freeze are the times in which nothing is released by itself. `cutover thaw` releases all the same.
	Freeze []Freeze `json:"freeze,omitempty"`
	// Scan is what ECR's scan of an image must say; {} asks for a complete scan with nothing worse than medium.
	Scan *ScanGate `json:"scan,omitempty"`
	// Function is the ARN of a Lambda function of your own that is asked before each release and says no by its answer,
	// by failing, or by not answering within ten seconds. docs/gates.md has its request and answer.
	Function string `json:"function,omitempty"`
}

// Freeze is a time in which nothing is released: every week on Days from From to To, or once from one date to another.
type Freeze struct {
	// Name is what people read: "year's end".
	Name string `json:"name"`
	// TimeZone of the times, such as "Europe/Berlin". Default "UTC".
	TimeZone string `json:"timeZone,omitempty"`
	// Days of the week on which it begins: "mon" to "sun". Default: every day.
	Days []string `json:"days,omitempty"`
	// From is a time of day, "18:00", or a date with time, "2026-12-23T18:00". Default "00:00".
	From string `json:"from,omitempty"`
	// To is when it ends, in the form of From. A time of day that is not after From is the next day's. Default "24:00".
	To string `json:"to,omitempty"`
}

// The forms of Freeze.From and Freeze.To.
const (
	timeOfDay = "15:04"
	dateTime  = "2006-01-02T15:04"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Any reports whether there is a gate.
func (g Gates) Any() bool { return g.Function != "" || g.Scan != nil || len(g.Freeze) > 0 }

func (g *Gates) fill() {
	g.Scan.fill()
	for i := range g.Freeze {
		f := &g.Freeze[i]
		f.TimeZone, f.From, f.To = or(f.TimeZone, "UTC"), or(f.From, "00:00"), or(f.To, "24:00")
	}
}

var functionARN = lazily(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]+)?$`)

func (g Gates) check(path string, f *Findings) {
	g.Scan.check(path+".scan", f)
	matches(f, path+".function", g.Function, functionARN, "the ARN of a Lambda function")
	if n := len(g.Freeze); n > 20 {
		f.add(path+".freeze", "are %d; at most 20, because they travel in the functions' environment", n)
	}
	for i, freeze := range g.Freeze {
		freeze.check(fmt.Sprintf("%s.freeze[%d]", path, i), f)
	}
}

func (w Freeze) check(path string, f *Findings) {
	if w.Name == "" {
		f.add(path+".name", `is missing; it is what people read, such as "year's end"`)
	}
	if _, err := time.LoadLocation(w.TimeZone); err != nil {
		f.add(path+".timeZone", `%q is not a time zone such as "Europe/Berlin"`, w.TimeZone)
	}
	for i, day := range w.Days {
		oneOf(f, fmt.Sprintf("%s.days[%d]", path, i), day, weekdays...)
	}
	from, once := clockOf(or(w.From, "00:00"))
	to, onceTo := clockOf(or(w.To, "24:00"))
	switch {
	case from.IsZero():
		f.add(path+".from", `%q is neither a time of day such as "18:00" nor a date such as "2026-12-23T18:00"`, w.From)
	case to.IsZero():
		f.add(path+".to", `%q is neither a time of day such as "08:00" nor a date such as "2027-01-02T08:00"`, w.To)
	case once != onceTo:
		f.add(path+".to", "%q and %q are of different forms: write two times of day, or two dates", or(w.From, "00:00"), or(w.To, "24:00"))
	case once && !to.After(from):
		f.add(path+".to", "%q is not after %q", w.To, w.From)
	case once && len(w.Days) > 0:
		f.add(path+".days", "go with times of day; between two dates every day is frozen")
	}
}

// clockOf reads a time of day, as one on the first day of time, or a date with time; zero when it is neither. once says
// that it is a date.
func clockOf(text string) (t time.Time, once bool) {
	if text == "24:00" {
		return time.Date(1, 1, 2, 0, 0, 0, 1, time.UTC), false
	}
	if t, err := time.Parse(timeOfDay, text); err == nil {
		return t.AddDate(1, 0, 0).Add(1), false // not the zero time
	}
	t, err := time.Parse(dateTime, text)
	return t, err == nil
}

// Frozen tells by which freeze nothing is released at that time, and when the last of those that follow on each other
// ends; false when none is.
func (g Gates) Frozen(at time.Time) (freeze Freeze, until time.Time, frozen bool) {
	until = at
	for range 100 { // one may begin before another ends; without end it is frozen for as long as this looks
		again := false
		for _, w := range g.Freeze {
			if end, within := w.around(until); within {
				if !frozen {
					freeze = w
				}
				frozen, again, until = true, true, end
			}
		}
		if !again {
			break
		}
	}
	return freeze, until, frozen
}

// around is the end of the freeze that a time falls into; false when it falls into none.
func (w Freeze) around(at time.Time) (end time.Time, within bool) {
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		return time.Time{}, false // Parse has looked
	}
	from, once := clockOf(w.From)
	to, _ := clockOf(w.To)
	in := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, zone)
	}
	if once {
		begin, end := in(from), in(to)
		return end, !at.Before(begin) && at.Before(end)
	}
	local := at.In(zone)
	for _, back := range []int{0, 1} { // it may have begun yesterday
		day := local.AddDate(0, 0, -back)
		if !w.on(day.Weekday()) {
			continue
		}
		// Built from the date, so that a day on which the clocks change is as long as it is.
		begin := time.Date(day.Year(), day.Month(), day.Day(), from.Hour(), from.Minute(), 0, 0, zone)
		next := 0
		if w.To == "24:00" || !after(to, from) {
			next = 1
		}
		end := time.Date(day.Year(), day.Month(), day.Day()+next, to.Hour(), to.Minute(), 0, 0, zone)
		if !at.Before(begin) && at.Before(end) {
			return end, true
		}
	}
	return time.Time{}, false
}

func after(a, b time.Time) bool {
	return a.Hour()*60+a.Minute() > b.Hour()*60+b.Minute()
}

func (w Freeze) on(day time.Weekday) bool {
	if len(w.Days) == 0 {
		return true
	}
	for _, d := range w.Days {
		if strings.EqualFold(d, weekdays[day]) {
			return true
		}
	}
	return false
}

// String is the freeze for people.
func (w Freeze) String() string { return w.Name }
