package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/release"
)

type planCommand struct {
	glance
	Image string `arg:"" optional:"" help:"Plan for this image, by tag or digest, as if it were pinned. Default: what the policy would choose."`
}

// Help teaches by example.
func (planCommand) Help() string {
	return `Says what the release loop would do now, and why: its decision, what would change in the task definition against what production runs, how traffic would move, and how long that took before. Nothing is changed. The loop's own code decides, here, with your credentials: gates, scans and labels are asked as it asks them. What would hold or refuse the release besides is told as well.

    cutover plan sample-website
    cutover plan sample-website v7
    cutover plan sample-website --json | jq .changes

Needs lambda:GetFunctionConfiguration and all that the release function may read (docs/operator.md). A gate function, a scan or a label that you may not ask is told as such, and taken to let the image through.`
}

// planned is what a release would be. Its JSON form is a promise.
type planned struct {
	Service  string          `json:"service"`
	Decision release.Verdict `json:"decision"`
	Reason   string          `json:"reason"`
	// Also are the reasons that would hold or refuse it once the first one is out of the way.
	Also []string `json:"also"`
	// Unasked are sentences on what the planner may not ask, and the release function will.
	Unasked []string `json:"unasked"`
	Image   string   `json:"image,omitempty"`
	// NotTaken says why the policy does not take the tag that was named: only an order releases it then.
	NotTaken string `json:"notTaken,omitempty"`
	// Changes of the task definition against what production runs.
	Changes []change `json:"changes"`
	// Strategy is the deployment configuration by which traffic moves.
	Strategy string `json:"strategy"`
	// VerifySeconds is the most that the suite may take.
	VerifySeconds float64 `json:"verifySeconds"`
	// TerminationWaitSeconds is how long blue is kept then.
	TerminationWaitSeconds float64 `json:"terminationWaitSeconds"`
	// Before is how long the newest deployments that succeeded took until production had moved, newest first.
	Before []float64 `json:"secondsUntilLiveBefore"`
}

// Run plans.
func (c planCommand) Run(s *stage) error {
	o, err := open(s, c.Config, c.Service)
	if err != nil {
		return err
	}
	orders, notTaken := map[string]string{}, ""
	if c.Image != "" {
		image, err := o.find(c.Image)
		if err != nil {
			return err
		}
		notTaken = o.notTaken(image)
		if orders[live.TagPin], err = (live.Order{Subjects: []string{image.Ordered()}, By: "cutover-plan"}).Value(); err != nil {
			return err
		}
	}
	loop, done, err := o.loop()
	if err != nil {
		return err
	}
	defer done()
	plan, err := loop.Plan(s.ctx, orders, false)
	if err != nil {
		return err
	}
	p, err := o.planned(plan)
	if err != nil {
		return err
	}
	p.NotTaken = notTaken
	if c.JSON {
		return json.NewEncoder(s.out).Encode(p)
	}
	p.print(s.out)
	return nil
}

func (o *opened) planned(plan release.Plan) (planned, error) {
	d := o.service.Deployment
	p := planned{
		Service: o.service.Name, Decision: plan.Decision.Verdict, Reason: plan.Decision.Reason,
		Also: append([]string{}, plan.Also...), Unasked: append([]string{}, plan.Unasked...), Changes: []change{},
		Strategy: d.Config, VerifySeconds: o.service.Verify.Timeout.Std().Seconds(), Before: []float64{},
	}
	if d.TerminationWait != nil {
		p.TerminationWaitSeconds = d.TerminationWait.Std().Seconds()
	}
	var images []string
	for _, i := range plan.Decision.Wish.Images {
		images = append(images, i.String())
	}
	p.Image = strings.Join(images, " ")
	var err error
	if plan.Revision != nil && plan.Primary != nil {
		if p.Changes, err = changes(plan.Primary, plan.Revision); err != nil {
			return p, err
		}
	}
	p.Before, err = o.untilLive()
	return p, err
}

// mostBefore is how many earlier deployments are looked at for how long one takes.
const mostBefore = 5

// untilLive is how long the newest deployments that succeeded took until production had moved, in seconds.
func (o *opened) untilLive() ([]float64, error) {
	newest, err := o.history()
	if err != nil {
		return nil, err
	}
	seconds := []float64{}
	for _, info := range newest {
		if info.Status != types.DeploymentStatusSucceeded || info.Creator == types.DeploymentCreatorCodeDeployRollback || len(seconds) == mostBefore {
			continue
		}
		d, err := live.ReadDeployment(o.ctx, o.deploys, aws.ToString(info.DeploymentId), o.names.Cluster, o.names.Service)
		if err != nil {
			return nil, err
		}
		if moved := d.Ends(live.AllowTraffic); moved != nil {
			seconds = append(seconds, seconds2(moved.Sub(aws.ToTime(d.CreateTime))))
		}
	}
	return seconds, nil
}

// notTaken says why the policy does not take an image's tag; empty when it does.
func (o *opened) notTaken(image live.Image) (why string) {
	for _, i := range o.service.Wanted() {
		if i.Container == o.names.Container && image.Tag != "" {
			_, why = policy.Of(i).Take(image.Tag)
		}
	}
	return why
}

func (p planned) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %s\n", p.Decision, p.Reason)
	for _, reason := range p.Also {
		fmt.Fprintf(out, "  also      %s\n", reason)
	}
	for _, what := range p.Unasked {
		fmt.Fprintf(out, "  unasked   %s\n", what)
	}
	if p.NotTaken != "" {
		fmt.Fprintf(out, "  policy    a push of this tag releases nothing: %s\n", p.NotTaken)
	}
	if p.Image != "" {
		fmt.Fprintf(out, "  image     %s\n", p.Image)
	}
	for i, c := range p.Changes {
		label := ""
		if i == 0 {
			label = "changes"
		}
		fmt.Fprintf(out, "  %-8s  %s\n", label, c)
	}
	fmt.Fprintf(out, "  traffic   moves by %s, after a suite of at most %s; blue is kept for %s then\n",
		p.Strategy, duration(p.VerifySeconds), duration(p.TerminationWaitSeconds))
	if len(p.Before) > 0 {
		took := make([]string, len(p.Before))
		for i, s := range p.Before {
			took[i] = duration(s)
		}
		fmt.Fprintf(out, "  before    production had moved after %s (newest first)\n", strings.Join(took, ", "))
	}
}

func duration(seconds float64) string {
	return (time.Duration(seconds*1000) * time.Millisecond).String()
}
