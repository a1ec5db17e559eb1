package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

type watchCommand struct {
	glance
	follow
	Image   string `placeholder:"TAG" help:"Follow this image's deployment, also one that is still to come. Default: the one under way, or the next."`
	Until   string `enum:"tests-passed,live,finished" default:"finished" help:"End when ${enum}: the suite holds on green, production is on it, or blue is gone too."`
	Web     bool   `help:"Serve a page instead that shows the service until interrupted, and changes nothing; its address is printed."`
	Address string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where --web serves, on this machine only. Default: a free port."`
}

// follow is how a deployment is followed.
type follow struct {
	Timeout time.Duration `default:"2h" help:"Give up following after this time."`
	Every   time.Duration `default:"2s" help:"How often AWS is asked while following."`
	Plain   bool          `help:"Write lines on a terminal too, as elsewhere."`
}

// Help teaches by example.
func (watchCommand) Help() string {
	return `Follows one deployment to the point that was asked for, and tells by its exit code what became of it. On a terminal it draws where the deployment is; elsewhere it writes one line a change, and with --json one document a change, as cutover status --watch does.

    docker push $REPOSITORY:v3 && cutover watch sample-website --image v3 --until live
    cutover watch sample-website
    cutover watch sample-website --web

Exit codes: 0 it got there; 1 the deployment ended otherwise; 3 there will be none, for a reason that is told (the tag is not taken, the image is held or was superseded); 4 the time is up; 130 interrupted.

Needs what cutover explain needs (docs/operator.md).`
}

// Run follows.
func (c watchCommand) Run(s *stage) error {
	if c.Web {
		return c.showPage(s)
	}
	o, err := open(s, c.Config, c.Service)
	if err != nil {
		return err
	}
	p, err := o.pursue(c.Image, c.Until)
	if err != nil {
		return err
	}
	return c.along(s, p, c.JSON)
}

// along follows a deployment to its arrival.
func (c follow) along(s *stage, p *pursuit, json bool) error {
	show, done := c.shown(s, p, json)
	defer done()
	deadline := time.After(c.Timeout)
	tick := time.NewTicker(max(c.Every, 100*time.Millisecond))
	defer tick.Stop()
	for {
		now, err := p.status()
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil {
			return err
		}
		end, err := p.look(now)
		if err != nil {
			return err
		}
		if err := show(now); err != nil {
			return err
		}
		if end != nil {
			done()
			return end.tell(s.out, json)
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-deadline:
			return coded{4, fmt.Errorf("the time is up after %s: %s", c.Timeout, p.standing())}
		case <-tick.C:
		}
	}
}

// shown is how a status is shown to whoever looks; done leaves the last picture as it is.
func (c follow) shown(s *stage, p *pursuit, asJSON bool) (show func(live.Status) error, done func()) {
	var before live.Status
	switch canvas, ok := newCanvas(s.out); {
	case asJSON:
		return func(now live.Status) error {
			changed := len(live.Changes(before, now)) > 0
			before = now
			if !changed {
				return nil
			}
			return json.NewEncoder(s.out).Encode(now)
		}, func() {}
	case ok && !c.Plain:
		return func(now live.Status) error { return canvas.draw(picture(now, p, time.Now(), canvas.style())) }, canvas.leave
	}
	waits := ""
	return func(now live.Status) error {
		lines := live.Changes(before, now)
		if p.id == "" && p.why != "" && !again(waits, p.why) {
			waits = p.why
			lines = append(lines, p.standing())
		}
		for _, line := range lines {
			if _, err := fmt.Fprintf(s.out, "%s  %s\n", now.At.Local().Format(time.TimeOnly), line); err != nil {
				return err
			}
		}
		before = now
		return nil
	}, func() {}
}

// arrival is the end of a pursuit.
type arrival struct {
	text string
	code int
}

// tell says how it ended; a code other than 0 is an error. Who reads JSON has read the last status.
func (a arrival) tell(out io.Writer, json bool) error {
	if a.code != 0 {
		return coded{a.code, errors.New(a.text)}
	}
	if json {
		return nil
	}
	_, err := fmt.Fprintln(out, strings.ToUpper(a.text[:1])+a.text[1:]+".")
	return err
}
