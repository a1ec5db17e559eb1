package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/release"
)

type deployCommand struct {
	hand
	DespiteAlarms bool `help:"Ask no alarm, and let CodeDeploy ask none. Uses your own credentials, not the function's."`
}

// Help teaches by example.
func (deployCommand) Help() string {
	return `Makes the release loop look now instead of at the next event or schedule. It decides as ever, and tells why.

    cutover deploy sample-website

With --despite-alarms the same loop runs here, with your credentials, and starts what a firing alarm holds back. CodeDeploy then watches no alarm for that deployment; everything else, the verification too, is as ever.

    cutover deploy sample-website --despite-alarms --why "the alarm is about something else"

--despite-alarms needs lambda:GetFunctionConfiguration and all that the release function may do (docs/operator.md), among it codedeploy:CreateDeployment, ecs:RegisterTaskDefinition, ecs:TagResource and iam:PassRole on the task's roles.`
}

// Run lets the loop look.
func (c deployCommand) Run(s *stage) error {
	o, err := c.begin(s, "deploy")
	if err != nil {
		return err
	}
	plan := []string{"If a newer image or a new base is allowed, it is verified, and production moves if it passes"}
	if c.DespiteAlarms {
		plan = append(plan, "No alarm is asked, before or during the deployment: one that fires does not stop it")
	}
	if err := o.confirm(plan...); err != nil {
		return err
	}
	if c.DespiteAlarms {
		return o.deployHere()
	}
	a, err := o.invoke("")
	if err != nil {
		return err
	}
	return o.conclude(a)
}

// deployHere runs the loop in this process. The function may do the same at the same time: CodeDeploy's lock lets one
// through.
func (o *operator) deployHere() error {
	loop, done, err := o.loop()
	if err != nil {
		return err
	}
	defer done()
	event, err := json.Marshal(invocation{Service: o.service.Name, Told: o.told() + " despite alarms"})
	if err != nil {
		return err
	}
	ctx, cancel := o.whole()
	defer cancel()
	outcome, err := loop.DespiteAlarms().Handle(ctx, event)
	if err != nil {
		return err
	}
	return o.conclude(answer{Service: o.service.Name, Command: o.verb, By: o.by, Done: []string{}, Outcome: &outcome})
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
