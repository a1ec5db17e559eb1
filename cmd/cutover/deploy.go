package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

type deployCommand struct {
	hand
	follow
	Image         string `arg:"" optional:"" help:"Release this image of the service's repository: its tag, its digest, or <repository>:<tag>. Default: what the policy chooses."`
	DespiteAlarms bool   `help:"Ask no alarm, and let CodeDeploy ask none. Uses your own credentials, not the function's."`
	Until         string `enum:",tests-passed,live,finished" default:"" placeholder:"POINT" help:"Stay until the suite holds on green (tests-passed), production is on it (live), or blue is gone too (finished)."`
}

// Help teaches by example.
func (deployCommand) Help() string {
	return `Makes the release loop look now instead of at the next event or schedule. It decides as ever, and tells why.

    cutover deploy sample-website

With an image that image is released now, by the same loop, and whatever its age or tag. What would happen is told before you are asked: what production runs, what holds the image back, how traffic moves. Gates, freezes and alarms are heeded. What was tried before and did not stay is tried once more.

    cutover deploy sample-website v7 --why "v8 loses carts"
    cutover deploy sample-website sha256:0f3c… --yes --until live

Where the policy would choose another image, the tag cutover:deploy of the ECS service says that this one takes its place. As soon as the policy chooses anything else, a newer push as a rule, that is released as ever: cutover pin holds it back too. cutover rollback goes back, cutover unpin ends it.

With --despite-alarms the same loop runs here, with your credentials, and starts what a firing alarm holds back. CodeDeploy then watches no alarm for that deployment; everything else, the verification too, is as ever.

    cutover deploy sample-website --despite-alarms --why "the alarm is about something else"

Exit codes: 0 it is released or under way, with --until as far as that; 1 the deployment ended otherwise, or something went wrong; 2 the command line could not be understood, or nobody could be asked; 3 nothing is released, for a reason that is told; 4 the time is up; 130 interrupted.

An image needs what cutover plan needs, and ecs:TagResource and ecs:UntagResource. --despite-alarms needs lambda:GetFunctionConfiguration and all that the release function may do (docs/operator.md), among it codedeploy:CreateDeployment, ecs:RegisterTaskDefinition, ecs:TagResource and iam:PassRole on the task's roles.`
}

// Run lets the loop look, for an image if one is named.
func (c deployCommand) Run(s *stage) error {
	o, err := c.begin(s, "deploy")
	if err != nil {
		return err
	}
	want, plan := wanted{}, []string{"If a newer image or a new base is allowed, it is verified, and production moves if it passes"}
	if c.Image != "" {
		if want, plan, err = o.want(c.Image, c.DespiteAlarms); err != nil {
			return err
		}
	}
	if c.DespiteAlarms {
		plan = append(plan, "No alarm is asked, before or during the deployment: one that fires does not stop it")
	}
	ended, err := o.endedSoFar(c.Until)
	if err != nil {
		return err
	}
	if err := o.confirm(plan...); err != nil {
		return err
	}
	if err := want.give(o); err != nil {
		return err
	}
	look := o.invoke
	if c.DespiteAlarms {
		look = o.lookHere
	}
	a, err := look(want.again)
	if err != nil {
		return want.explained(err)
	}
	if c.Until != "" && a.Outcome == nil { // it looks again by itself
		err = o.show(a)
	} else {
		err = o.conclude(a)
	}
	if err != nil || c.Until == "" {
		return err
	}
	return o.followOn(c, want.image, a, ended)
}

// lookHere runs the loop in this process. The function may do the same at the same time: CodeDeploy's lock lets one
// through.
func (o *operator) lookHere(again live.Hash) (answer, error) {
	loop, done, err := o.loop()
	if err != nil {
		return answer{}, err
	}
	defer done()
	event, err := json.Marshal(invocation{Service: o.service.Name, Retry: again, Told: o.told() + " despite alarms"})
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := o.whole()
	defer cancel()
	outcome, err := loop.DespiteAlarms().Handle(ctx, event)
	if err != nil {
		return answer{}, err
	}
	return answer{Service: o.service.Name, Command: o.verb, By: o.by, Done: append([]string{}, o.done...), Outcome: &outcome}, nil
}

// loop is the release loop in this process, with the description that the function has, and done to end it.
func (o *opened) loop() (loop *release.Loop, done func(), err error) {
	f, err := lambda.NewFromConfig(o.aws).GetFunctionConfiguration(o.ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &o.names.ReleaseFunction})
	if err != nil {
		return nil, nil, fmt.Errorf("read what %s is told of the service: %w", o.names.ReleaseFunction, err)
	}
	deployed, err := cutover.FromEnvironment(func(name string) string {
		if f.Environment == nil {
			return ""
		}
		return f.Environment.Variables[name]
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read what %s is told of the service: %w", o.names.ReleaseFunction, err)
	}
	cfg := o.aws
	client := &http.Client{Timeout: 20 * time.Second}
	cfg.HTTPClient = client
	return release.New(deployed, release.Clients(cfg), slog.New(slog.DiscardHandler)), client.CloseIdleConnections, nil
}
