package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// sink sends a line to where the environment's lines go. The line belongs to the invocation that the environment
// serves at that moment.
func (s *Service) sink(e *environment, f *function) func(line string) {
	function, write := f.name(), s.writer(f.name(), f.role(), f.logGroup(), e.stream)
	return func(line string) {
		id := ""
		if inv := e.current.Load(); inv != nil {
			id = inv.id
			inv.note(line)
		}
		write(line) // first, so that who is told of the line finds it in its log
		s.opts.Log(function, id, line)
	}
}

// report writes the lines that Lambda itself logs around an invocation, in the function's log format.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
type report struct {
	id     string
	memory int // MB
	peak   int // MB
	init   time.Duration
	json   bool
	status string
}

func (r *report) start(emit func(string)) {
	if r.json {
		r.event(emit, "platform.start", map[string]any{"requestId": r.id, "version": "$LATEST"})
		return
	}
	emit(fmt.Sprintf("START RequestId: %s Version: $LATEST", r.id))
}

func (r *report) finish(emit func(string), took, limit time.Duration, failed bool) {
	if r.status == "" {
		r.status = "success"
		if failed {
			r.status = "error"
		}
	}
	ms := float64(took.Microseconds()) / 1000
	initMS := float64(r.init.Microseconds()) / 1000
	if r.json {
		metrics := map[string]any{
			"durationMs": ms, "billedDurationMs": math.Ceil(ms + initMS), "memorySizeMB": r.memory, "maxMemoryUsedMB": r.peak,
		}
		if r.init > 0 {
			metrics["initDurationMs"] = initMS
		}
		r.event(emit, "platform.report", map[string]any{"requestId": r.id, "metrics": metrics, "status": r.status})
		return
	}
	if r.status == "timeout" {
		emit(fmt.Sprintf("%s %s Task timed out after %.2f seconds", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), r.id, limit.Seconds()))
	}
	emit("END RequestId: " + r.id)
	line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		r.id, ms, math.Ceil(ms+initMS), r.memory, r.peak)
	if r.init > 0 {
		line += fmt.Sprintf("Init Duration: %.2f ms\t", initMS)
	}
	if r.status != "success" {
		line += "Status: " + r.status
	}
	emit(line)
}

func (r *report) event(emit func(string), kind string, record map[string]any) {
	line, err := json.Marshal(map[string]any{
		"time": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "type": kind, "record": record,
	})
	if err == nil {
		emit(string(line))
	}
}
