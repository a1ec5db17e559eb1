package main

import (
	"strings"
	"sync"

	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

// functionLogs reads the functions' logs as an operator would: what was decided, and what was judged.
type functionLogs struct {
	mu       sync.Mutex
	verdicts map[string]verify.Verdict // by deployment
	outcomes []release.Outcome
}

func newFunctionLogs() *functionLogs {
	return &functionLogs{verdicts: map[string]verify.Verdict{}}
}

// line takes one line of a function's log; what is not one of our documents is passed over.
func (l *functionLogs) line(_, line string) {
	t, ok := readTold(line)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case t.Verdict != nil:
		l.verdicts[t.Verdict.Deployment] = *t.Verdict
	case t.Outcome != nil:
		l.outcomes = append(l.outcomes, *t.Outcome)
	}
}

func (l *functionLogs) verdict(deployment string) (verify.Verdict, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.verdicts[deployment]
	return v, ok
}

// version is the tag that a deployment was started for.
func (l *functionLogs) version(deployment string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.outcomes {
		if o.Deployment == deployment && o.Decision == release.Deploy {
			_, tag, _ := strings.Cut(o.Image, ":")
			tag, _, _ = strings.Cut(tag, "@")
			return tag
		}
	}
	return ""
}
