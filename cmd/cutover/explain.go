package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

type explainCommand struct {
	glance
	What string `arg:"" optional:"" name:"deployment|image" help:"A deployment's id, or an image's tag or digest. Default: the newest deployment."`
}

// Help teaches by example.
func (explainCommand) Help() string {
	return `Tells of an image why it was or was not deployed: whether the policy takes its tag, whether the registry has it, what an operator ordered, what the release loop said of it, and what became of its deployments. Tells of a deployment why it was started, what was judged, and how it ended.

    cutover explain sample-website v3
    cutover explain sample-website d-E27942TKT
    cutover explain sample-website --json

What the functions said is read from their logs, which are kept as long as the configuration says. Needs logs:FilterLogEvents and ecr:DescribeImages beside what cutover status needs (docs/operator.md).`
}

// explanation is why something was or was not deployed. Its JSON form is a promise.
type explanation struct {
	Service string `json:"service"`
	// Image asked about; absent when a deployment was.
	Image *imageStory `json:"image,omitempty"`
	// Deployments that were asked about, newest first.
	Deployments []deploymentStory `json:"deployments"`
}

// deploymentStory is one deployment from its reason to its end.
type deploymentStory struct {
	live.Past
	Events []live.EventStatus `json:"lifecycleEvents"`
	// Started is what the release loop said when it started the deployment; absent when somebody else did.
	Started *release.Outcome `json:"started,omitempty"`
	// Verdict on green, without what was right.
	Verdict *verify.Verdict `json:"verdict,omitempty"`
}

// Run explains.
func (c explainCommand) Run(s *stage) error {
	o, err := open(s, c.Config, c.Service)
	if err != nil {
		return err
	}
	newest, err := o.history()
	if err != nil {
		return err
	}
	e := explanation{Service: o.service.Name, Deployments: []deploymentStory{}}
	var chosen []types.DeploymentInfo
	switch {
	case c.What == "" && len(newest) == 0:
		return fmt.Errorf("%s has had no deployment; name an image to hear why", c.Service)
	case c.What == "":
		chosen = newest[:1]
	case strings.HasPrefix(c.What, "d-") && !strings.Contains(c.What, ":"):
		d, err := live.ReadDeployment(s.ctx, o.deploys, c.What, o.names.Cluster, o.names.Service)
		if err != nil {
			return err
		}
		chosen = []types.DeploymentInfo{d.DeploymentInfo}
	default:
		story, of, err := o.imageStory(c.What, newest)
		if err != nil {
			return err
		}
		e.Image, chosen = &story, of
	}
	for _, d := range chosen {
		story, err := o.deploymentStory(d)
		if err != nil {
			return err
		}
		e.Deployments = append(e.Deployments, story)
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(e)
	}
	e.print(s.out)
	return nil
}

// deploymentStory reads what a deployment's own log lines and lifecycle events tell.
func (o *opened) deploymentStory(info types.DeploymentInfo) (deploymentStory, error) {
	id := aws.ToString(info.DeploymentId)
	verdicts := o.verdictsOf([]types.DeploymentInfo{info}, id)
	story := deploymentStory{Past: o.past(info, verdicts), Events: []live.EventStatus{}}
	if v, judged := verdicts[id]; judged {
		story.Verdict = &v
	}
	d, err := live.ReadDeployment(o.ctx, o.deploys, id, o.names.Cluster, o.names.Service)
	if err != nil && !errors.Is(err, live.ErrNoDeployment) {
		return story, err
	}
	story.Events = live.Events(d)
	said, err := o.tellings(o.names.ReleaseFunction, story.Created.Add(-time.Minute), all(id))
	if err != nil {
		fmt.Fprintf(o.errout, "why it was started is not told: %v\n", err)
	}
	for _, t := range said {
		if t.Outcome != nil && t.Outcome.Decision == release.Deploy && t.Outcome.Deployment == id {
			story.Started = t.Outcome
		}
	}
	return story, nil
}

func (e explanation) print(out io.Writer) {
	if e.Image != nil {
		e.Image.print(out)
	}
	for i, d := range e.Deployments {
		if i > 0 || e.Image != nil {
			fmt.Fprintln(out)
		}
		d.print(out)
	}
}

func (d deploymentStory) print(out io.Writer) {
	fmt.Fprintf(out, "deployment %s  %s  by %s, %s, %s\n", d.Deployment, d.Status, d.Creator, d.Created.Local().Format(time.DateTime), took(d.Past))
	fmt.Fprintf(out, "  brought  %s\n", d.Brought)
	if d.Started != nil {
		fmt.Fprintf(out, "  because  %s (woken by %s)\n", d.Started.Reason, d.Started.Event)
	}
	for _, e := range d.Events {
		if e.Status != string(types.LifecycleEventStatusSucceeded) && e.Status != string(types.LifecycleEventStatusPending) {
			fmt.Fprintf(out, "  event    %s %s\n", e.Name, e.Status)
		}
	}
	if v := d.Verdict; v != nil {
		fmt.Fprintf(out, "  judged   %s after %.1f s: %s\n", v.Outcome, v.Seconds, v.Reason)
		for _, check := range v.Checks {
			if check.Holds() {
				continue
			}
			fmt.Fprintf(out, "           %s: status %d, %.0f ms\n", check.Name, check.Status, check.LatencyMS)
			for _, p := range check.Problems {
				fmt.Fprintf(out, "             %s\n", p)
			}
		}
	} else if d.Why != "" {
		fmt.Fprintf(out, "  ended    %s\n", d.Why)
	}
	if d.Rollback != "" {
		fmt.Fprintf(out, "  then     rolled back by %s\n", d.Rollback)
	}
}
