package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// pursuit follows one deployment of a service until it is as far as was asked.
type pursuit struct {
	*opened
	text  string     // how the image was named; empty when any deployment will do
	image live.Image // of the text
	until string
	began time.Time

	id     string   // of the deployment; empty until there is one
	not    []string // deployments that are not meant: they had ended before
	newest string   // the deployment that was the service's newest at the last look

	since time.Time // what the release loop said earlier is of no interest
	asked time.Time
	why   string // what keeps the image from being deployed, as far as is known
}

// The points at which a pursuit may end.
const (
	untilTested   = "tests-passed"
	untilLive     = "live"
	untilFinished = "finished"
)

// pursue finds the deployment to follow, if it has begun. An image that can never have one is an error.
func (o *opened) pursue(image, until string) (*pursuit, error) {
	p := &pursuit{opened: o, text: image, until: until, began: time.Now()}
	if image == "" {
		var err error
		p.not, err = o.endedSoFar(until)
		return p, err
	}
	p.image.Repository = o.names.Repository
	p.image.Tag, p.image.Digest = parseImage(image, o.names.Repository)
	if why := o.notTaken(p.image); why != "" {
		return nil, coded{3, fmt.Errorf("%s is never deployed: its tag %s", p.image.Name(), why)}
	}
	return p, p.find()
}

// find looks for the deployment to follow among the service's newest: between two looks it may have begun and been
// overtaken, by its own rollback too.
func (p *pursuit) find() error {
	newest, err := p.history()
	if i := slices.IndexFunc(newest, p.wanted); i >= 0 {
		p.id = aws.ToString(newest[i].DeploymentId)
	}
	return err
}

// wanted reports whether this is the deployment to follow.
func (p *pursuit) wanted(d types.DeploymentInfo) bool {
	if d.Creator == types.DeploymentCreatorCodeDeployRollback || slices.Contains(p.not, aws.ToString(d.DeploymentId)) {
		return false
	}
	return p.text == "" || brings(d, p.image)
}

// endedSoFar are the group's deployments that have ended, when something is to be followed.
func (o *opened) endedSoFar(until string) (ids []string, err error) {
	if until == "" {
		return nil, nil
	}
	newest, err := o.history()
	for _, d := range newest {
		if ended(string(d.Status)) {
			ids = append(ids, aws.ToString(d.DeploymentId))
		}
	}
	return ids, err
}

// followOn follows what the release loop was made to release; before are the deployments that had ended.
func (o *operator) followOn(c deployCommand, image live.Image, a answer, before []string) error {
	p := &pursuit{opened: &o.opened, until: c.Until, began: o.began, since: o.began, not: before, image: image}
	if a.Outcome != nil {
		if a.Outcome.Decision == release.Deploy {
			p.id = a.Outcome.Deployment
		}
		for _, name := range strings.Fields(a.Outcome.Image) {
			if i, ok := live.ParseImage(name); ok && p.image.Digest == "" && i.Repository == o.names.Repository {
				p.image = i
			}
		}
	}
	p.text = p.image.Digest
	return c.along(o.stage, p, o.JSON)
}

// look takes the service as it stands; its arrival is nil while there is something to wait for.
func (p *pursuit) look(now live.Status) (*arrival, error) {
	d := now.Deployment
	if p.id == "" && d != nil && d.ID != p.newest {
		if err := p.find(); err != nil {
			return nil, err
		}
		p.newest = d.ID
	}
	switch {
	case p.id == "":
		return p.waited()
	case d == nil:
		return nil, nil
	case d.ID != p.id: // something came after it: a rollback, or the next deployment
		return p.after()
	}
	return p.reached(*d), nil
}

// reached is the arrival of a deployment that is far enough, or has ended.
func (p *pursuit) reached(d live.DeploymentStatus) *arrival {
	succeeded := func(event string) bool {
		return slices.ContainsFunc(d.Events, func(e live.EventStatus) bool {
			return e.Name == event && e.Status == string(types.LifecycleEventStatusSucceeded)
		})
	}
	switch {
	case d.Status == string(types.DeploymentStatusSucceeded):
		return &arrival{text: fmt.Sprintf("deployment %s is finished", d.ID)}
	case ended(d.Status):
		return &arrival{text: p.failed(d.ID, fmt.Sprintf("deployment %s is %s: %s", d.ID, d.Status, d.Error)), code: 1}
	case p.until == untilLive && succeeded(live.AllowTraffic):
		return &arrival{text: fmt.Sprintf("deployment %s has all production traffic; blue is kept for now", d.ID)}
	case p.until == untilTested && succeeded(live.AfterAllowTestTraffic):
		return &arrival{text: fmt.Sprintf("deployment %s has passed its tests", d.ID)}
	}
	return nil
}

// after looks at a deployment that is not the newest any more.
func (p *pursuit) after() (*arrival, error) {
	d, err := live.ReadDeployment(p.ctx, p.deploys, p.id, p.names.Cluster, p.names.Service)
	if err != nil {
		return nil, err
	}
	return p.reached(live.StatusOf(d)), nil
}

// failed is what CodeDeploy said, and what was judged where that can be read.
func (p *pursuit) failed(id, text string) string {
	verdicts, err := p.verdicts(p.began.Add(-2*time.Hour), id)
	if v, ok := verdicts[id]; err == nil && ok && v.Outcome != "Succeeded" {
		return fmt.Sprintf("%s (%s)", text, v.Reason)
	}
	return text
}

// askEvery is how often the release function's log is read for why there is no deployment yet.
const askEvery = 5 * time.Second

// waited asks why an image has no deployment. What will not change by itself ends the wait.
func (p *pursuit) waited() (*arrival, error) {
	if p.text == "" || time.Since(p.asked) < askEvery {
		return nil, nil
	}
	p.asked = time.Now()
	story, _, err := p.imageStory(p.text, nil)
	if err != nil {
		return nil, err
	}
	if slices.Contains(story.Runs, live.StatusPrimary) {
		return &arrival{text: fmt.Sprintf("%s is live already", p.image.Name())}, nil
	}
	said := slices.DeleteFunc(story.Said, func(s saying) bool { return s.At.Before(p.since) && (s.Until == nil || s.Until.Before(p.since)) })
	if len(said) == 0 {
		p.why = "the release loop has not said anything of it yet"
		if !story.InRegistry {
			p.why = "the registry does not have it yet"
		}
		return nil, nil
	}
	last := said[len(said)-1]
	p.why = fmt.Sprintf("%s: %s", last.Decision, last.Reason)
	if last.Decision == superseded || last.Decision == release.Hold || last.Decision == release.Refuse {
		return &arrival{text: fmt.Sprintf("%s is not deployed: %s", p.image.Name(), last.Reason), code: 3}, nil
	}
	return nil, nil
}

// standing is what is waited for, for whoever gave up.
func (p *pursuit) standing() string {
	switch {
	case p.id != "":
		return fmt.Sprintf("deployment %s is still under way", p.id)
	case p.text != "" && p.why != "":
		return fmt.Sprintf("%s has no deployment (%s)", p.image.Name(), p.why)
	}
	return "no deployment has begun"
}
