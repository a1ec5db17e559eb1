package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cd "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/call/eventbridge"
	"github.com/cutover-ecs/cutover/pkg/call/sns"
	"github.com/cutover-ecs/cutover/pkg/config"
)

const pushedImage = "sample-website:v2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var began = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// world is one deployment at one moment, for what the sandbox cannot be made to do. A test changes what is not so.
type world struct {
	t          *testing.T
	deployment cd.DeploymentInfo
	target     cd.ECSTarget
	tags       map[string]string
	looks      int
	at         func(look int) // is called before each look at the deployment
	fails      map[string]error

	bus       []eventbridge.PutEventsRequestEntry
	published []*sns.PublishInput
	records   bytes.Buffer
}

func newWorld(t *testing.T) *world {
	return &world{t: t, fails: map[string]error{}, tags: map[string]string{"cutover:image": pushedImage}, deployment: cd.DeploymentInfo{
		DeploymentId: aws.String("d-1"), Status: cd.DeploymentStatusInProgress, Creator: cd.DeploymentCreatorUser, CreateTime: &began,
		ApplicationName: aws.String("AppECS-cutover-Sample-Website"),
		Revision:        &cd.RevisionLocation{AppSpecContent: &cd.AppSpecContent{Sha256: aws.String("0")}},
		AutoRollbackConfiguration: &cd.AutoRollbackConfiguration{Enabled: true, Events: []cd.AutoRollbackEvent{
			cd.AutoRollbackEventDeploymentFailure, cd.AutoRollbackEventDeploymentStopOnRequest,
		}},
	}}
}

func (w *world) GetDeployment(context.Context, *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	w.looks++
	if w.at != nil {
		w.at(w.looks)
	}
	d := w.deployment
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: &d}, w.fails["GetDeployment"]
}

func (w *world) GetDeploymentTarget(context.Context, *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	t := w.target
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &cd.DeploymentTarget{EcsTarget: &t}}, nil
}

func (w *world) GetApplicationRevision(context.Context, *codedeploy.GetApplicationRevisionInput) (*codedeploy.GetApplicationRevisionOutput, error) {
	content := `{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:2","LoadBalancerInfo":{"ContainerName":"sample-website","ContainerPort":80}}}}]}`
	return &codedeploy.GetApplicationRevisionOutput{Revision: &cd.RevisionLocation{AppSpecContent: &cd.AppSpecContent{Content: &content}}}, w.fails["GetApplicationRevision"]
}

func (w *world) DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	out := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &ecstypes.TaskDefinition{}}
	for k, v := range w.tags {
		out.Tags = append(out.Tags, ecstypes.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	return out, nil
}

func (w *world) PutEvents(_ context.Context, in *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
	if err := w.fails["PutEvents"]; err != nil {
		return nil, err
	}
	for _, e := range in.Entries {
		if e.Source == Source {
			valid(w.t, e.DetailType, e.Detail)
		}
	}
	w.bus = append(w.bus, in.Entries...)
	return &eventbridge.PutEventsOutput{Entries: []eventbridge.PutEventsResultEntry{{EventId: "1"}}}, nil
}

func (w *world) Publish(_ context.Context, in *sns.PublishInput) (*sns.PublishOutput, error) {
	w.published = append(w.published, in)
	return &sns.PublishOutput{}, w.fails["Publish"]
}

func (w *world) handle(payload string) error {
	return w.handleWithin(w.t.Context(), payload)
}

func (w *world) handleWithin(ctx context.Context, payload string) error {
	n := New("cutover", nil, Clients{Deployments: w, AppSpecs: w, Revisions: w, Bus: w, Topics: func() Topics { return w }},
		slog.New(slog.NewJSONHandler(&w.records, nil)))
	return n.Handle(ctx, json.RawMessage(payload))
}

// told are the steps that were told, in their order.
func (w *world) told() (steps []Step) {
	for _, e := range w.bus {
		var s Step
		if e.Source != Source {
			continue
		}
		if err := json.Unmarshal([]byte(e.Detail), &s); err != nil {
			w.t.Fatal(err)
		}
		steps = append(steps, s)
	}
	return steps
}

// stages of the steps that were told, with a space between.
func (w *world) stages() string {
	var all []string
	for _, s := range w.told() {
		all = append(all, string(s.Stage))
	}
	return strings.Join(all, " ")
}

func recorded(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../events/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// record is what Lambda hands on of another function's invocation.
func record(asked, answer string) string {
	return fmt.Sprintf(`{"version":"1.0","requestContext":{"condition":"Success"},"requestPayload":%s,"responsePayload":%s}`, asked, answer)
}

// ofService is what the rule of a service hands over.
func ofService(event string) string {
	return strings.Replace(ServiceTemplate("sample-website", "cutover"), "<aws.events.event.json>", event, 1)
}

func TestWhatBecameOfAPushIsTold(t *testing.T) {
	push := `{"source":"aws.ecr","detail-type":"ECR Image Action","time":"2026-11-24T10:00:00Z","detail":{"action-type":"PUSH","repository-name":"sample-website","image-tag":"v2","image-digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}`
	end := `{"source":"aws.codedeploy","time":"2026-11-24T10:00:00Z","detail":{"deploymentId":"d-1","state":"FAILURE"}}`
	for name, test := range map[string]struct{ asked, answer, want string }{
		"it is ignored": {push, `{"service":"sample-website","event":"push","decision":"Ignored","reason":"it is a signature"}`,
			"ignored: sample-website:v2 is ignored: it is a signature."},
		"it is superseded": {push, `{"service":"sample-website","event":"push","decision":"Deploy","reason":"x","image":"sample-website:v3@sha256:1","push":"superseded by v3"}`,
			"superseded: sample-website:v2 is superseded: superseded by v3."},
		"it is held": {push, `{"service":"sample-website","event":"push","decision":"Hold","reason":"ann suspended it","image":"` + pushedImage + `"}`,
			"held: sample-website:v2 is held: ann suspended it."},
		"it waits": {push, `{"service":"sample-website","event":"push","decision":"Busy","reason":"another is under way","image":"` + pushedImage + `"}`,
			"waiting: sample-website:v2 waits: another is under way."},
		"it is refused at the end of another": {end, `{"service":"sample-website","event":"end","decision":"Refuse","reason":"an alarm is firing","image":"` + pushedImage + `"}`,
			"refused: sample-website:v2 is refused: an alarm is firing."},
		"its deployment tells":                    {push, `{"service":"sample-website","event":"push","decision":"Deploy","reason":"new","image":"` + pushedImage + `"}`, ""},
		"what has just ended is told by its end":  {end, `{"service":"sample-website","event":"end","decision":"Hold","reason":"d-1 failed","deployment":"d-1","image":"` + pushedImage + `"}`, ""},
		"what was rolled back is told by its end": {end, `{"service":"sample-website","event":"end","decision":"Hold","reason":"d-0 failed","deployment":"d-0","image":"` + pushedImage + `"}`, ""},
		"it waits at the end of another": {end, `{"service":"sample-website","event":"end","decision":"Busy","reason":"another is under way","deployment":"d-2","image":"` + pushedImage + `"}`,
			"waiting: sample-website:v2 waits: another is under way."},
		"it is held at the end of another": {end, `{"service":"sample-website","event":"end","decision":"Hold","reason":"ann suspended it","image":"` + pushedImage + `"}`,
			"held: sample-website:v2 is held: ann suspended it."},
		"nothing happened but time": {`{"source":"aws.scheduler"}`, `{"service":"sample-website","event":"schedule","decision":"Hold","reason":"x","image":"` + pushedImage + `"}`, ""},
		"no answer of ours":         {push, `"well"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.handle(record(test.asked, test.answer)); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, s := range w.told() {
				got += string(s.Stage) + ": " + s.Text
				if s.Story != "sample-website/sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" || !s.At.Equal(began) || s.Cluster != "cutover" {
					t.Errorf("%+v", s)
				}
			}
			if got != test.want {
				t.Errorf("told %q and not %q", got, test.want)
			}
		})
	}
}

func TestAVerdictIsToldWithWhatItGotAndSecretsMasked(t *testing.T) {
	w := newWorld(t)
	err := w.handle(record(`{}`, `{"service":"sample-website","deployment":"d-1","outcome":"Failed","stage":"AfterAllowTestTraffic","reason":"check \"GET /\" failed",
		"checks":[{"name":"GET /health","problems":null},{"name":"GET /","url":"http://green/","status":500,"problems":["status 500, not 200","the body has \"token\": \"abc\""]}],
		"report":"https://console/report","at":"2026-11-24T10:00:00Z"}`))
	if err != nil || w.stages() != "testsFailed" {
		t.Fatalf("%v, %s", err, w.stages())
	}
	s := w.told()[0]
	want := "sample-website:v2 failed its tests: check \"GET /\" failed.\n- GET /: status 500, not 200; the body has \"token\": \"[masked]\"\nReport: https://console/report"
	if s.Text != want || len(s.Checks) != 1 || s.Checks[0].Status != 500 || s.Deployment != "d-1" {
		t.Errorf("%+v", s)
	}
	if strings.Contains(w.records.String(), `abc`) {
		t.Errorf("a secret is in the log: %s", w.records.String())
	}
}

func TestAGreenThatCannotStartIsToldWithItsCauseAndThenRolledBackForIt(t *testing.T) {
	w := newWorld(t)
	if err := w.handle(record(`{}`, `{"decision":"Stopped","reason":"Green cannot start, so deployment d-1 is stopped.","cluster":"cutover","service":"Sample-Website","deployment":"d-1","failedStarts":3,"at":"2026-11-24T10:00:00Z"}`)); err != nil {
		t.Fatal(err)
	}
	w.deployment.Status, w.deployment.CompleteTime = cd.DeploymentStatusStopped, &began
	w.deployment.ErrorInformation = &cd.ErrorInformation{Code: cd.ErrorCodeManualStop, Message: aws.String("stopped")}
	w.tags["cutover:stopped"] = "d-1 because container web it exited with 1"
	if err := w.handle(ofService(strings.ReplaceAll(recorded(t, "codedeploy-stop"), "d-A7YW3F91L", "d-1"))); err != nil {
		t.Fatal(err)
	}
	if w.stages() != "cannotStart rolledBack" || w.told()[1].Reason != "container web it exited with 1" || w.told()[0].Service != "sample-website" {
		t.Errorf("%+v", w.told())
	}
}

func TestTheEndOfADeploymentIsToldAsItWas(t *testing.T) {
	for name, test := range map[string]struct {
		event  string
		change func(*world)
		want   string
	}{
		"it succeeded":     {"codedeploy-success", func(w *world) { w.deployment.Status = cd.DeploymentStatusSucceeded }, "finished"},
		"its tests failed": {"codedeploy-failure", func(w *world) { w.deployment.Status = cd.DeploymentStatusFailed }, "rolledBack"},
		"it failed and nothing undoes it": {"codedeploy-failure", func(w *world) {
			w.deployment.Status, w.deployment.AutoRollbackConfiguration = cd.DeploymentStatusFailed, nil
		}, "failed"},
		"it was stopped as it stands": {"codedeploy-stop", func(w *world) {
			w.deployment.Status, w.deployment.AutoRollbackConfiguration.Events = cd.DeploymentStatusStopped, nil
		}, "failed"},
		"a rollback ended well": {"codedeploy-success", func(w *world) {
			w.deployment.Status, w.deployment.Creator = cd.DeploymentStatusSucceeded, cd.DeploymentCreatorCodeDeployRollback
		}, ""},
		"a rollback failed": {"codedeploy-failure", func(w *world) {
			w.deployment.Status, w.deployment.Creator = cd.DeploymentStatusFailed, cd.DeploymentCreatorCodeDeployRollback
			w.deployment.RollbackInfo = &cd.RollbackInfo{RollbackTriggeringDeploymentId: aws.String("d-0")}
		}, "failed"},
		"CodeDeploy does not know it": {"codedeploy-failure", func(w *world) { w.fails["GetDeployment"] = &cd.DeploymentDoesNotExistException{} }, ""},
		"it waits for an approval":    {"codedeploy-ready", func(*world) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			if err := w.handle(ofService(strings.ReplaceAll(recorded(t, test.event), "d-A7YW3F91L", "d-1"))); err != nil || w.stages() != test.want {
				t.Errorf("%v, told %q and not %q", err, w.stages(), test.want)
			}
		})
	}
}

// event sets a lifecycle event's status, with its times.
func (w *world) event(name string, status cd.LifecycleEventStatus) {
	for i, e := range w.target.LifecycleEvents {
		if *e.LifecycleEventName == name {
			w.target.LifecycleEvents = append(w.target.LifecycleEvents[:i], w.target.LifecycleEvents[i+1:]...)
			break
		}
	}
	at := time.Now()
	w.target.LifecycleEvents = append(w.target.LifecycleEvents, cd.LifecycleEvent{LifecycleEventName: &name, Status: status, StartTime: &at, EndTime: &at})
}

func (w *world) green(percent float64) {
	w.target.TaskSetsInfo = []cd.ECSTaskSet{{TaskSetLabel: cd.TargetLabelBlue, TrafficWeight: 100 - percent}, {TaskSetLabel: cd.TargetLabelGreen, TrafficWeight: percent}}
}

// course lets a canary take its course, a moment a look.
func (w *world) course(look int) {
	switch look {
	case 3:
		w.event("AfterAllowTestTraffic", cd.LifecycleEventStatusInProgress)
	case 5:
		w.event("AfterAllowTestTraffic", cd.LifecycleEventStatusSucceeded)
		w.event("AllowTraffic", cd.LifecycleEventStatusInProgress)
		w.green(10)
	case 7:
		w.green(100)
		w.event("AllowTraffic", cd.LifecycleEventStatusSucceeded)
	case 8:
		w.event("AfterAllowTraffic", cd.LifecycleEventStatusSucceeded)
		w.deployment.InstanceTerminationWaitTimeStarted = true
		w.deployment.BlueGreenDeploymentConfiguration = &cd.BlueGreenDeploymentConfiguration{
			TerminateBlueInstancesOnDeploymentSuccess: &cd.BlueInstanceTerminationOption{TerminationWaitTimeInMinutes: 60}}
	}
}

func TestADeploymentIsFollowedThroughWhatAWSHasNoEventsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.at = w.course
		if err := w.handle(ofService(strings.ReplaceAll(recorded(t, "codedeploy-start"), "d-A7YW3F91L", "d-1"))); err != nil {
			t.Fatal(err)
		}
		if got := w.stages(); got != "started testing shifting live waitBegan" {
			t.Fatal(got)
		}
		steps := w.told()
		if steps[2].Percent != 10 || steps[2].Title != "sample-website: sample-website:v2 gets 10 % of production" {
			t.Errorf("%+v", steps[2])
		}
		if ends := steps[4].BlueEnds; ends == nil || ends.Sub(steps[4].At) != time.Hour {
			t.Errorf("blue ends at %v, and the wait began at %v", ends, steps[4].At)
		}
		for i, s := range steps {
			if s.Story != steps[0].Story || i > 0 && s.ID == steps[0].ID {
				t.Errorf("%+v is no other step of the same story", s)
			}
		}
	})
}

func TestADeploymentThatOutlastsAnInvocationIsFollowedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.event("AfterAllowTestTraffic", cd.LifecycleEventStatusInProgress)
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		start := time.Now()
		if err := w.handleWithin(ctx, ofService(strings.ReplaceAll(recorded(t, "codedeploy-start"), "d-A7YW3F91L", "d-1"))); err != nil {
			t.Fatal(err)
		}
		if left := 15*time.Minute - time.Since(start); left < 20*time.Second || w.looks > 120 {
			t.Errorf("with %s left, after %d looks", left, w.looks)
		}
		last := w.bus[len(w.bus)-1]
		if last.Source != FollowSource || last.DetailType != FollowDetailType {
			t.Fatalf("%+v", last)
		}
		w.bus, w.looks, w.at = nil, 4, w.course
		event := fmt.Sprintf(`{"source":%q,"detail-type":%q,"detail":%s}`, last.Source, last.DetailType, last.Detail)
		if err := w.handle(strings.Replace(FollowTemplate, "<aws.events.event.json>", event, 1)); err != nil || w.stages() != "shifting live waitBegan" {
			t.Errorf("%v, %s", err, w.stages())
		}
	})
}

func TestWhatARepetitionCouldCureIsAnError(t *testing.T) {
	away := errors.New("AWS is away")
	for _, operation := range []string{"GetDeployment", "GetApplicationRevision", "PutEvents"} {
		w := newWorld(t)
		w.deployment.Status = cd.DeploymentStatusSucceeded
		w.fails[operation] = away
		if err := w.handle(ofService(recorded(t, "codedeploy-success"))); !errors.Is(err, away) {
			t.Errorf("without %s: %v", operation, err)
		}
	}
}

func TestUnknownPayloadsAreANoOp(t *testing.T) {
	for _, payload := range []string{`{}`, `[]`, `"x"`, `{"event":{"source":"aws.ecr"}}`, `{"responsePayload":null}`, `{"event":{"source":"cutover.notify","detail":{}}}`,
		`{"service":"x","event":{"source":"aws.codedeploy","detail":{"state":"START"}}}`, `{"destination":{"name":"ops","topic":"t"},"event":{"source":"cutover","detail":{"version":"9"}}}`} {
		w := newWorld(t)
		if err := w.handle(payload); err != nil || len(w.bus)+len(w.published) > 0 {
			t.Errorf("%s: %v, %v", payload, err, w.bus)
		}
	}
}

// toDestination is what the rule of a destination hands over of a step.
func toDestination(t *testing.T, d config.Destination, s Step) string {
	t.Helper()
	s.complete()
	detail, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	template, err := DestinationTemplate(d)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(template, "<aws.events.event.json>", fmt.Sprintf(`{"source":%q,"detail":%s}`, Source, detail), 1)
}

func TestATopicGetsTextForPeopleAndTheStepForMachines(t *testing.T) {
	w := newWorld(t)
	d := config.Destination{Name: "ops", Topic: "arn:aws:sns:us-east-1:111122223333:ops"}
	s := Step{Stage: config.StageRolledBack, Service: "sample-website", Cluster: "cutover", Deployment: "d-1", Image: pushedImage, Reason: "größer\nals", At: began}
	if err := w.handle(toDestination(t, d, s)); err != nil || len(w.published) != 1 {
		t.Fatalf("%v, %v", err, w.published)
	}
	in := w.published[0]
	var forms map[string]string
	if err := json.Unmarshal([]byte(in.Message), &forms); err != nil {
		t.Fatal(err)
	}
	var machine Step
	if err := json.Unmarshal([]byte(forms["sqs"]), &machine); err != nil || machine.Reason != s.Reason || forms["lambda"] != forms["sqs"] {
		t.Errorf("%v, %s", err, forms["sqs"])
	}
	if !strings.Contains(forms["default"], "sample-website:v2 is rolled back") || in.Subject != "sample-website: sample-website:v2 is rolled back" {
		t.Errorf("%q, %q", forms["default"], in.Subject)
	}
	if in.MessageAttributes["stage"] != "rolledBack" {
		t.Errorf("%+v", in.MessageAttributes)
	}
	w.fails["Publish"] = errors.New("throttled")
	if err := w.handle(toDestination(t, d, s)); err == nil || !strings.Contains(err.Error(), "tell ops that sample-website: sample-website:v2 is rolled back: throttled") {
		t.Error(err)
	}
}
