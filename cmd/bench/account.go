package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// account is a sandbox of its own process with the shipped stacks, and the clients to look into it.
type account struct {
	host    string
	names   config.Names
	sdk     aws.Config
	readers live.Readers
}

// account starts `cutover sandbox` as anybody would, with waits that many times shorter.
func (y *yard) account(ctx context.Context, clock int) (*account, error) {
	lines, _, err := y.start(nil, "bin/cutover", "sandbox", "--listen", "127.0.0.1:0", "--clock", fmt.Sprint(clock))
	if err != nil {
		return nil, err
	}
	url, err := after(lines, "A local AWS answers at ")
	if err != nil {
		return nil, err
	}
	go func() {
		for lines.Scan() { // what it still says
		}
	}()
	return y.enter(ctx, strings.TrimPrefix(url, "http://"))
}

// enter looks into a sandbox that runs.
func (y *yard) enter(ctx context.Context, host string) (*account, error) {
	c, err := config.Parse([]byte(`{"services": [{"name": "sample-website"}]}`), policy.Range)
	if err != nil {
		return nil, err
	}
	a, err := y.look(host, c.Services[0].Names(c.Platform.Cluster))
	if err != nil {
		return nil, err
	}
	return a, a.until(ctx, settled)
}

// look makes the clients for one service of a sandbox.
func (y *yard) look(host string, names config.Names) (*account, error) {
	a := &account{host: host, names: names}
	var err error
	if a.sdk, err = live.FromEnvironment(sandbox.Getenv(a.host)); err != nil {
		return nil, err
	}
	y.defers(a.sdk.HTTPClient.(*http.Client).CloseIdleConnections)
	a.readers = live.Through(a.sdk)
	return a, nil
}

func lookup(env []string) func(string) string {
	return func(name string) string {
		for _, v := range env {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// until looks at the service until it is as awaited.
func (a *account) until(ctx context.Context, done func(live.Status) bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var last live.Status
	for {
		now, err := live.ReadStatus(ctx, a.readers, a.names)
		if err == nil && done(now) {
			return nil
		}
		if err == nil {
			last = now
		}
		select {
		case <-ctx.Done():
			text, _ := json.Marshal(last)
			return errors.Join(context.Cause(ctx), err, fmt.Errorf("the service stayed so: %s", text))
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// variables of a function, with what Lambda sets and the sandbox's credentials, against the endpoint of a front.
func (a *account) variables(ctx context.Context, function, endpoint string) ([]string, error) {
	out, err := lambda.NewFromConfig(a.sdk).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	if err != nil {
		return nil, err
	}
	env := append(lambdaSets(), pairs(out.Environment.Variables)...)
	env = append(env, sandbox.Environment(a.host)...)
	return append(env, "AWS_ENDPOINT_URL="+endpoint), nil // the last one counts
}

// describe changes what the release function is told of its service, as a deployment of the stack would.
func (a *account) describe(ctx context.Context, change func(*config.Service)) error {
	functions := lambda.NewFromConfig(a.sdk)
	is, err := functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &a.names.ReleaseFunction})
	if err != nil {
		return err
	}
	told := is.Environment.Variables
	deployed, err := config.FromEnvironment(func(name string) string { return told[name] })
	if err != nil {
		return err
	}
	change(&deployed.Service)
	changed, err := deployed.Environment()
	if err != nil {
		return err
	}
	maps.Copy(told, changed)
	_, err = functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &a.names.ReleaseFunction,
		Environment: &lambdatypes.Environment{Variables: told}})
	return err
}

// quiet disables the service's rules and schedule, so that only who races releases.
func (a *account) quiet(ctx context.Context) error {
	if err := a.unscheduled(ctx); err != nil {
		return err
	}
	events := eventbridge.NewFromConfig(a.sdk)
	rules, err := events.ListRules(ctx, &eventbridge.ListRulesInput{})
	if err != nil {
		return err
	}
	for _, r := range rules.Rules {
		if _, err := events.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: r.Name}); err != nil {
			return err
		}
	}
	return nil
}

// unscheduled ends the service's schedule.
func (a *account) unscheduled(ctx context.Context) error {
	_, err := scheduler.NewFromConfig(a.sdk).DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: &a.names.Schedule})
	return err
}

// event is one of the recorded ones.
func event(name string) (string, error) {
	content, err := os.ReadFile("events/" + name + ".json")
	return string(content), err
}

// settled reports that nothing is under way and all tasks serve.
func settled(now live.Status) bool {
	if now.Deployment != nil && now.Deployment.Completed == nil || len(now.TaskSets) != 1 {
		return false
	}
	t := now.TaskSets[0]
	return t.Status == "PRIMARY" && t.Desired > 0 && t.Running == t.Desired && t.Healthy == int(t.Desired) && t.Production == 100
}
