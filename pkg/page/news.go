package page

import (
	"reflect"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// pulse takes what changes without notice.
func (f *feed) pulse() {
	var answered Answered
	if f.source.Seen != nil {
		answered = f.source.Seen()
	}
	waits := []Wait{}
	if f.source.Waits != nil {
		waits = append(waits, f.source.Waits()...)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source.Seen != nil {
		if s, ok := f.meter.count(time.Now(), answered); ok {
			f.sample(s)
		}
	}
	f.now.waits = waits
	f.wake()
}

// sample keeps one; the caller holds f.mu.
func (f *feed) sample(s Sample) {
	f.samples = append(f.samples, s)
	f.samples = f.samples[max(0, len(f.samples)-mostSamples):]
	f.taken++
}

func (f *feed) take(seen Seen) {
	state := Tell(seen)
	state.Counted = f.source.Seen != nil
	if f.source.Do != nil {
		state.Actions = f.source.Actions
	}
	if f.source.On != nil {
		state.On = append(state.On, f.source.On()...)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.now.state
	f.meter.learn(state)
	if f.source.Seen == nil {
		f.sample(weights(state))
	}
	if f.now.number > 0 {
		for _, text := range live.Changes(before.Status, state.Status) {
			f.lines = append(f.lines, line{At: state.At, Text: text})
			f.told++
		}
		f.lines = f.lines[max(0, len(f.lines)-mostLines):]
	}
	before.At = state.At
	if f.now.number == 0 || !reflect.DeepEqual(before, state) {
		f.now.number++
	}
	f.now.state, f.now.trouble = state, ""
	f.wake()
}

func (f *feed) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.trouble = err.Error()
	f.wake()
}

// wake tells every viewer; the caller holds f.mu.
func (f *feed) wake() {
	if f.news != nil {
		close(f.news)
	}
	f.news = make(chan struct{})
}

// look is what stands and the samples and lines after those that were had already; next is closed at the next news.
func (f *feed) look(hadSamples, hadLines int) (now frame, samples []Sample, taken int, lines []line, told int, next <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.news == nil {
		f.news = make(chan struct{})
	}
	return f.now, newest(f.samples, f.taken-hadSamples), f.taken, newest(f.lines, f.told-hadLines), f.told, f.news
}

// newest are the last n, copied, or all there are.
func newest[T any](all []T, n int) []T {
	return append([]T{}, all[max(0, len(all)-max(n, 0)):]...)
}
