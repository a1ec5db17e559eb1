package fault

import (
	"errors"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
)

// Event befalls events of the default bus before any rule sees them.
type Event struct {
	Source     string        `arg:"" optional:"" help:"The event's source; * matches."`
	DetailType string        `arg:"" optional:"" help:"Its detail-type; * matches."`
	Lose       bool          `help:"Do not deliver it."`
	Copies     int           `help:"Deliver it so many times more."`
	Delay      time.Duration `help:"Deliver it so much later, on the sandbox's clock."`
	Shuffle    time.Duration `help:"Deliver each later by a time of its own up to this, on the sandbox's clock, and so out of order."`
	Skip       int           `help:"Let the first ones pass."`
	Times      int           `help:"How often; 0 is always."`
	Chance     float64       `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Kind implements Fault.
func (Event) Kind() string { return "event" }

func (f Event) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f Event) check() error {
	if !f.Lose && f.Copies < 1 && f.Delay <= 0 && f.Shuffle <= 0 {
		return errors.New("lose, copies, delay or shuffle is needed")
	}
	if f.Copies > 100 {
		return errors.New("at most 100 copies")
	}
	return checkPattern(f.Source, f.DetailType)
}

// Event says when an event is delivered; it has the form of events' Options.Disturb.
func (p *Plan) Event(e events.Event) []time.Duration {
	copies, late := 1, time.Duration(0)
	tell := func(format string, args ...any) { p.tell("events", e.DetailType, e.Source, format, args...) }
	for _, f := range strike(p, func(f Event) bool { return like(f.Source, e.Source) && like(f.DetailType, e.DetailType) }) {
		if f.Lose {
			tell("event lost")
			return nil
		}
		if f.Copies > 0 {
			tell("event delivered %d times", f.Copies+1)
			copies += f.Copies
		}
		wait := f.Delay
		if f.Shuffle > 0 {
			wait += time.Duration(p.draw(f) * float64(f.Shuffle))
		}
		if wait > 0 {
			tell("event %s late", wait.Round(time.Millisecond))
			late += wait
		}
	}
	times := make([]time.Duration, copies)
	for i := range times {
		times[i] = late
	}
	return times
}
