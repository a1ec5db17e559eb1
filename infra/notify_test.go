//go:build !race

package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
)

// told is a platform with one destination, which wants to hear of the ends alone.
const told = `{"platform": {"notify": {"destinations": [{"name": "ops", "topic": "arn:aws:sns:us-east-1:111122223333:ops", "stages": ["live", "rolledBack"]}]}},
	"services": [{"name": "sample-website"}]}`

func TestTheNotifyFunctionMayDoExactlyThis(t *testing.T) {
	s := synth(t, told)["cutover"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "cutover-notify")
	_, queue := s.with(t, "AWS::SQS::Queue", "QueueName", "cutover-notify-dlq")
	if queue.Properties["SqsManagedSseEnabled"] != true {
		t.Error("its dead letters are not encrypted")
	}
	got := allowed(t, s, function.Properties["Role"])
	got = slices.DeleteFunc(got, func(line string) bool { return len(line) > 4 && line[:4] == "sqs:" })
	want := []string{
		"codedeploy:GetApplicationRevision on " + application,
		"codedeploy:GetDeployment on " + groupARN,
		"codedeploy:GetDeploymentTarget on " + groupARN,
		"ecs:DescribeTaskDefinition on *",
		`events:PutEvents on arn:aws:events:us-east-1:111122223333:event-bus/default if {"StringEquals":{"events:source":["cutover","cutover.notify"]}}`,
		"logs:CreateLogStream on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/cutover-notify:*",
		"logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/cutover-notify:*",
		"sns:Publish on arn:aws:sns:us-east-1:111122223333:ops",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADestinationIsHandedTheStepsThatItWantsAndNoOthers(t *testing.T) {
	s := synth(t, told)["cutover"]
	_, rule := s.with(t, "AWS::Events::Rule", "Name", "cutover-tell-ops")
	pattern, err := events.ParsePattern(text(account(rule.Properties["EventPattern"])))
	if err != nil {
		t.Fatal(err)
	}
	for event, want := range map[string]bool{
		`{"source": "cutover", "detail-type": "Cutover Production Traffic Moved", "detail": {"cluster": "cutover"}}`:   true,
		`{"source": "cutover", "detail-type": "Cutover Deployment Rolled Back", "detail": {"cluster": "cutover"}}`:     true,
		`{"source": "cutover", "detail-type": "Cutover Deployment Started", "detail": {"cluster": "cutover"}}`:         false,
		`{"source": "cutover", "detail-type": "Cutover Production Traffic Moved", "detail": {"cluster": "another"}}`:   false,
		`{"source": "somebody", "detail-type": "Cutover Production Traffic Moved", "detail": {"cluster": "cutover"}}`:  false,
		`{"source": "cutover.notify", "detail-type": "Cutover Deployment Followed", "detail": {"cluster": "cutover"}}`: false,
	} {
		if got, err := pattern.Match([]byte(event)); err != nil || got != want {
			t.Errorf("%s: %v, %v", event, got, err)
		}
	}
}

func TestEveryFunctionHandsOnItsAnswersWherePeopleAreToldAndNoneElsewhere(t *testing.T) {
	for document, want := range map[string]int{told: 4, shipped: 0} { // release, verify, report, watch
		handed := 0
		for _, s := range synth(t, document) {
			for _, id := range s.ids("AWS::Lambda::EventInvokeConfig") {
				to, _ := s.Resources[id].Properties["DestinationConfig"].(map[string]any)
				if to["OnSuccess"] != nil {
					handed++
					if got := account(at(t, to, "OnSuccess", "Destination")); got != "arn:aws:lambda:us-east-1:111122223333:function:cutover-notify" {
						t.Errorf("%s hands its answers to %v", id, got)
					}
				}
			}
		}
		if handed != want {
			t.Errorf("%d functions hand on their answers, not %d", handed, want)
		}
	}
}
