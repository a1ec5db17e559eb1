package page

import (
	"context"
	"sync"
	"time"
)

// feed reads a source while anybody looks, and keeps what all of them see.
type feed struct {
	source Source

	mu      sync.Mutex
	viewers int
	stop    context.CancelFunc
	work    sync.WaitGroup
	turn    sync.Mutex    // whose reading it is
	news    chan struct{} // closed at the next news
	now     frame
	samples []Sample
	taken   int // samples so far, forgotten ones among them
	lines   []line
	told    int // lines so far
	meter   meter
}

// frame is what stands.
type frame struct {
	number  int // of the state; 0: none was read yet
	state   State
	trouble string
	waits   []Wait
}

// line is a change in words.
type line struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// mostLines are kept for who comes later.
const mostLines = 50

// again is how long a failed read waits for the next.
const again = 3 * time.Second

// join counts a viewer in; leave counts it out. The first lets the reading begin, the last ends it.
func (f *feed) join(ctx context.Context) (leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.viewers++; f.viewers == 1 {
		reading, stop := context.WithCancel(context.WithoutCancel(ctx))
		f.stop = stop
		f.meter.first = false // what was answered while nobody looked is no sample's
		f.work.Go(func() { f.read(reading) })
		f.work.Go(func() { f.beat(reading) })
	}
	return func() {
		f.mu.Lock()
		f.viewers--
		last := f.viewers == 0
		if last {
			f.stop()
		}
		f.mu.Unlock()
	}
}

// read looks at each change.
func (f *feed) read(ctx context.Context) {
	f.turn.Lock() // the one before ends first
	defer f.turn.Unlock()
	for {
		var changed <-chan struct{}
		if f.source.Changed != nil {
			changed = f.source.Changed()
		}
		seen, err := f.source.Read(ctx)
		if ctx.Err() != nil {
			return
		}
		next := f.source.Every
		if err != nil {
			next, changed = max(next, again), nil
			f.fail(err)
		} else {
			f.take(seen)
		}
		var tick <-chan time.Time
		if next > 0 {
			tick = time.After(next)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick:
		}
	}
}

// beat takes what changes without notice each second: what was answered, and the waits.
func (f *feed) beat(ctx context.Context) {
	if f.source.Seen == nil && f.source.Waits == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		f.pulse()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
