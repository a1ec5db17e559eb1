package cloudwatch

import (
	"maps"
	"sort"
	"time"
)

const (
	maxSeries  = 1000
	maxBuckets = 3 * 60 * 60 // of one second of the sandbox's time each
)

// point is what is known of the values in one span of time.
type point struct{ count, sum, low, high float64 }

func (p *point) add(o point) {
	if p.count == 0 {
		*p = o
		return
	}
	p.count += o.count
	p.sum += o.sum
	p.low = min(p.low, o.low)
	p.high = max(p.high, o.high)
}

// value of a statistic in AWS's words; false when it is not one of the five.
func (p point) value(stat string) (float64, bool) {
	switch stat {
	case "Sum":
		return p.sum, true
	case "SampleCount":
		return p.count, true
	case "Average":
		return p.sum / p.count, true
	case "Minimum":
		return p.low, true
	case "Maximum":
		return p.high, true
	}
	return 0, false
}

// series is one metric's values, gathered in buckets of equal length, oldest first.
type series struct {
	id      id
	last    time.Time
	buckets []bucket
}

type bucket struct {
	at int64 // start, in buckets since 1970
	point
}

// width of a bucket: a second of the sandbox's time, at least a tenth of a millisecond.
func (s *Service) width() time.Duration {
	return max(s.opts.Clock.Scale(time.Second), 100*time.Microsecond)
}

func (s *Service) add(m named, at time.Time, p point) {
	n := at.UnixNano() / int64(s.width())
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.series[m.at]
	if r == nil {
		if len(s.series) >= maxSeries {
			s.forget()
		}
		m.dims = maps.Clone(m.dims)
		r = &series{id: m.id}
		s.series[m.at] = r
	}
	if at.After(r.last) {
		r.last = at
	}
	i := len(r.buckets)
	if i > 0 && r.buckets[i-1].at >= n { // not newer than the newest
		i = sort.Search(i, func(i int) bool { return r.buckets[i].at >= n })
	}
	if i == len(r.buckets) || r.buckets[i].at != n {
		r.buckets = append(r.buckets, bucket{})
		copy(r.buckets[i+1:], r.buckets[i:])
		r.buckets[i] = bucket{at: n}
	}
	r.buckets[i].add(p)
	if len(r.buckets) > maxBuckets {
		r.buckets = append(r.buckets[:0], r.buckets[len(r.buckets)-maxBuckets*3/4:]...)
	}
}

// forget drops the metric that has been silent longest. The caller holds s.mu.
func (s *Service) forget() {
	oldest := ""
	for key, r := range s.series {
		if oldest == "" || r.last.Before(s.series[oldest].last) {
			oldest = key
		}
	}
	delete(s.series, oldest)
}

// between gathers what a metric has from start up to, not including, end. The caller holds s.mu.
func (s *Service) between(key string, start, end time.Time) point {
	var p point
	r := s.series[key]
	if r == nil {
		return p
	}
	w := int64(s.width())
	from, to := start.UnixNano()/w, end.UnixNano()/w
	for i := sort.Search(len(r.buckets), func(i int) bool { return r.buckets[i].at >= from }); i < len(r.buckets) && r.buckets[i].at < to; i++ {
		p.add(r.buckets[i].point)
	}
	return p
}
