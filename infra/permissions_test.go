//go:build !race

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// exercised is the maximal configuration as far as a sandbox has it and one story can tell, with what the
// demonstration does without: autoscaling, a topic that is told, and reports.
var exercised = strings.NewReplacer(
	`"desiredCount": 2`, `"scaling": {"min": 1, "max": 4, "cpu": 60}`,
	`{"name": "scratch", "path": "/scratch"}`, `{"name": "scratch", "path": "/scratch"}, {"name": "files", "path": "/files", "fileSystem": "fs-0a1b2c3d", "accessPoint": "fsap-0a1b2c3d"}`,
	`"keepLogs": true`, `"keepLogs": true, "reports": {}, "notify": {"destinations": [{"name": "everyone", "topic": "arn:aws:sns:eu-central-2:111122223333:everyone"}]}`,
).Replace(demonstrable)

// unusedOfMaximal are grants beyond the smallest configuration's that this story does not use, each with why it is granted
// all the same. The key is the role's beginning and the action's.
var unusedOfMaximal = map[string]string{
	"Functions xray:Put":                    "Lambda sends the segments of what it samples by itself, and the sandbox has no X-Ray",
	"FunctionsReport lambda:InvokeFunction": "what the report function answers is handed on, and in this story no hook dies",
	"NotifyRole sqs:SendMessage":            "for what the notify function fails on for good, which is another story's",
	"TaskTaskRole ssmmessages:":             "for people who open a shell in a task, which the sandbox has not",
}

func TestEveryPermissionThatTheMaximalConfigurationAddsIsUsed(t *testing.T) {
	s := enter(t, exercised, func(o *sandbox.Options) {
		o.Secrets = map[string]string{
			"arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf": "token", "arn:aws:ssm:us-east-1:111122223333:parameter/key": "key",
		}
		for _, placeholder := range o.Images {
			o.Images["public.ecr.aws/proxies/proxy:1"] = placeholder
		}
	})
	cfg, err := live.FromEnvironment(s.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sns.NewFromConfig(cfg).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("everyone")}); err != nil {
		t.Fatal(err)
	}
	s.push("v1")
	s.until("v1 is live", settled("v1"))
	s.push("v2", "SITE_FAULT=broken")
	s.until("v2 is refused", func(now live.Status) bool {
		return now.Deployment != nil && now.Deployment.RollsBack != "" && settled("v1")(now) && now.Held == nil
	})
	refused := s.count()
	s.push("v3", "SITE_FAULT=crash") // the watch function gives it up
	s.until("v3 is given up", func(now live.Status) bool { return s.count() > refused+1 && settled("v1")(now) })
	s.uses(unusedOfMaximal)

	for _, d := range s.Decisions() {
		if !d.Allowed {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
}

// uses waits until the permissions that a configuration adds to the smallest's have been used, but for those excused. An
// excuse that is not needed is an error.
func (s *stage) uses(excuses map[string]string) {
	s.t.Helper()
	least := granted(synth(s.t, shipped))
	limit := time.After(time.Minute)
	seen := 0
	for {
		_, next, changed := s.TrailSince(seen)
		seen = next
		idle, excused := s.idle(least, excuses)
		if len(idle) == 0 {
			for key := range excuses {
				if !excused[key] {
					s.t.Errorf("%q is excused and was used or is not granted any more", key)
				}
			}
			return
		}
		select {
		case <-changed:
		case <-limit:
			s.t.Errorf("granted, and nothing used it:\n%s", strings.Join(idle, "\n"))
			return
		}
	}
}

// idle are the grants beyond the least that nothing has used yet and nothing excuses, and the excuses that were taken.
func (s *stage) idle(least grants, excuses map[string]string) (idle []string, excused map[string]bool) {
	excused = map[string]bool{}
	for _, g := range s.Unused() {
		role := g.Role[strings.LastIndexByte(g.Role, '/')+1:]
		role = strings.TrimPrefix(strings.TrimPrefix(role, s.names.Stack+"-"), "cutover-")
		if least.has(role, g.Action) {
			continue
		}
		why := ""
		for key, reason := range excuses {
			of, action, _ := strings.Cut(key, " ")
			if strings.HasPrefix(role, of) && strings.HasPrefix(g.Action, action) {
				why, excused[key] = reason, true
			}
		}
		if why == "" {
			idle = append(idle, role+" "+g.Action+" on "+g.Resource)
		}
	}
	return idle, excused
}

// grants are actions by the logical id of the role that may take them.
type grants map[string][]string

func granted(all stacks) grants {
	out := grants{}
	for _, s := range all {
		for _, id := range s.ids("AWS::IAM::Role") {
			policies, _ := s.Resources[id].Properties["Policies"].([]any)
			for _, p := range policies {
				for _, statement := range p.(map[string]any)["PolicyDocument"].(map[string]any)["Statement"].([]any) {
					switch actions := statement.(map[string]any)["Action"].(type) {
					case string:
						out[id] = append(out[id], actions)
					case []any:
						for _, a := range actions {
							out[id] = append(out[id], a.(string))
						}
					}
				}
			}
		}
	}
	return out
}

// has tells whether a role by its name in IAM, which begins with its logical id, may take an action.
func (g grants) has(role, action string) bool {
	for id, actions := range g {
		if !strings.HasPrefix(role, id[:min(len(id), 24)]) {
			continue
		}
		for _, a := range actions {
			if a == action {
				return true
			}
		}
	}
	return false
}
