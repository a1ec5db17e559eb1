package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/page"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

// onlooker reads for the page what the commands read: the status, the history, and what the functions said.
type onlooker struct {
	opened
	// rest is how long history and logs are left alone while the status does not change: AWS answers few calls for logs.
	rest time.Duration

	before live.Status
	kept   page.Seen // history and logs as they were read last
	read   time.Time
}

// look is the page's Source.Read.
func (l *onlooker) look(ctx context.Context) (page.Seen, error) {
	o := l.opened
	o.stage = &stage{ctx: ctx, out: io.Discard, errout: io.Discard, at: l.at}
	now, err := o.status()
	if err != nil {
		return page.Seen{}, err
	}
	if len(live.Changes(l.before, now)) > 0 || time.Since(l.read) >= l.rest {
		kept, err := o.around(now)
		if err != nil {
			return page.Seen{}, err
		}
		l.kept, l.read, l.before = kept, time.Now(), now
	}
	seen := l.kept
	seen.Status = now
	return seen, nil
}

// around is what else there is to know of a service that stands so.
func (o *opened) around(now live.Status) (page.Seen, error) {
	seen := page.Seen{Past: []live.Past{}}
	all, err := o.history()
	if err != nil {
		return seen, err
	}
	verdicts := o.verdictsOf(all)
	for _, d := range all {
		seen.Past = append(seen.Past, o.past(d, verdicts))
	}
	shown := now.Deployment
	if shown == nil {
		seen.Said = o.said()
		return seen, nil
	}
	if shown.RollsBack != "" {
		d, err := live.ReadDeployment(o.ctx, o.deploys, shown.RollsBack, o.names.Cluster, o.names.Service)
		if err != nil {
			return seen, err
		}
		undone := live.StatusOf(d)
		seen.Undone, shown = &undone, &undone
	}
	seen.Progress, seen.Verdict = o.judged(*shown)
	seen.Said = o.said()
	return seen, nil
}

// judged is how far the judging of a deployment is, and the verdict once there is one. A log that cannot be read tells
// nothing, as with the other commands.
func (o *opened) judged(d live.DeploymentStatus) (progress []verify.Progress, verdict *verify.Verdict) {
	heard, err := o.tellings(o.names.VerifyFunction, d.Created.Add(-time.Minute), all(d.ID))
	if err != nil {
		return nil, nil
	}
	for _, t := range heard {
		switch {
		case t.Verdict != nil && t.Verdict.Deployment == d.ID && t.Verdict.Outcome != verify.Skipped:
			verdict = t.Verdict
		case t.Progress != nil && t.Progress.Deployment == d.ID:
			if t.Progress.Made == 1 { // a hook that is called again begins anew
				progress = nil
			}
			progress = append(progress, *t.Progress)
		}
	}
	return progress, verdict
}

// saidReach is how old what the release loop said may be.
const saidReach = time.Hour

// said is what the release loop said last.
func (o *opened) said() *page.Said {
	heard, err := o.tellings(o.names.ReleaseFunction, time.Now().Add(-saidReach), all("decision"))
	if err != nil {
		return nil
	}
	for _, t := range slices.Backward(heard) {
		if t.Outcome != nil && t.Outcome.Decision != release.Ignored {
			explains := t.Outcome.Decision == release.Hold || t.Outcome.Decision == release.Refuse || t.Outcome.Decision == release.Wait
			return &page.Said{At: t.At, Decision: string(t.Outcome.Decision), Reason: t.Outcome.Reason, Released: !explains}
		}
	}
	return nil
}

// source is what a page shows of the service, and no more: every is how often AWS is asked while one is open.
func (o opened) source(every time.Duration) page.Source {
	l := &onlooker{opened: o, rest: max(10*time.Second, every)}
	return page.Source{Read: l.look, Every: max(every, time.Second)}
}

// showPage serves the page of one service until the context ends.
func (c watchCommand) showPage(s *stage) error {
	if c.JSON || c.Image != "" || c.Plain {
		return unusable{errors.New("--web shows the service until it is interrupted, and goes with neither --image, --json nor --plain")}
	}
	o, err := open(s, c.Config, c.Service)
	if err != nil {
		return err
	}
	if _, err := o.status(); err != nil {
		return err
	}
	p, err := page.Serve(s.ctx, c.Address, map[string]page.Source{c.Service: o.source(c.Every)})
	if err != nil {
		return err
	}
	if err := printPage(s, p, "It shows "+c.Service+" and changes nothing. Interrupt to end it."); err != nil {
		return errors.Join(err, p.Close())
	}
	<-s.ctx.Done()
	return p.Close()
}
