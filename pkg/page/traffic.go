package page

import (
	"maps"
	"slices"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Sample is a listener's traffic at a moment, by version.
type Sample struct {
	At time.Time `json:"at"`
	// Production and Test are requests since the sample before, or percents where nobody counts requests.
	Production []Share `json:"production"`
	Test       []Share `json:"test"`
}

// Share is one version's.
type Share struct {
	Version string `json:"version"`
	All     int64  `json:"all"`
	Failed  int64  `json:"failed,omitempty"`
}

// mostSamples is how many are kept: ten minutes of one a second.
const mostSamples = 600

// meter makes samples. Counts belong to target groups, which versions come and go from: a group's are those of the
// version that was in it last.
type meter struct {
	before Answered
	first  bool // before is what was counted once
	holds  map[string]string
}

// learn who is in which target group.
func (m *meter) learn(s State) {
	if m.holds == nil {
		m.holds = map[string]string{"": "no target"}
	}
	for _, t := range slices.Backward(s.TaskSets) { // PRIMARY, the first, wins
		if t.TargetGroup != "" {
			m.holds[t.TargetGroup] = s.Versions[t.ID]
		}
	}
}

// count makes a sample of what was answered since the one before; ok when there was one.
func (m *meter) count(at time.Time, now Answered) (s Sample, ok bool) {
	s = Sample{At: at, Production: m.shares(m.before.Production, now.Production), Test: m.shares(m.before.Test, now.Test)}
	ok, m.first, m.before = m.first, true, now
	return s, ok
}

func (m *meter) shares(before, now map[string]Count) []Share {
	all := []Share{}
	for _, group := range slices.Sorted(maps.Keys(now)) {
		n := Share{Version: m.holds[group], All: now[group].All - before[group].All, Failed: now[group].Failed - before[group].Failed}
		if n.All > 0 {
			all = append(all, n)
		}
	}
	return all
}

// weights make a sample of what the listeners are told.
func weights(s State) Sample {
	sample := Sample{At: s.At, Production: []Share{}, Test: []Share{}}
	for _, t := range s.TaskSets {
		sample.Production = shared(sample.Production, s.Versions[t.ID], t.Production, t)
		sample.Test = shared(sample.Test, s.Versions[t.ID], t.Test, t)
	}
	return sample
}

func shared(all []Share, version string, weight int32, t live.TaskSetStatus) []Share {
	// Two task sets in one target group share its weight, which is told once.
	if weight == 0 || t.Status == live.StatusDraining {
		return all
	}
	return append(all, Share{Version: version, All: int64(weight)})
}
