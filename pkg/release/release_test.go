package release

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/metric"
)

const byInvocation = `{"service": "sample-website"}`

// pushOf image n under a tag, as its event tells it, at the time it is pushed.
func pushOf(n int, tag string) string {
	return fmt.Sprintf(`{"source": "aws.ecr", "detail-type": "ECR Image Action", "time": %q, "detail": {"action-type": "PUSH", "result": "SUCCESS",
		"repository-name": "sample-website", "image-digest": %q, "image-tag": %q}}`, image(n).ImagePushedAt.Format(time.RFC3339), digestOf(n), tag)
}

func endOfDeployment(w *world, id string) string {
	return fmt.Sprintf(`{"source": "aws.codedeploy", "detail-type": "CodeDeploy Deployment State-change Notification", "time": %q, "detail": {
		"deploymentId": %q, "state": "FAILURE", "application": "AppECS-cutover-Sample-Website", "deploymentGroup": %q}}`,
		w.At.Format(time.RFC3339), id, groupName)
}

// serverError is AWS's own, of a code that the SDK has no type for.
func serverError() error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusInternalServerError}},
		Err:      &smithy.GenericAPIError{Code: "InternalFailure"},
	}
}

func TestAPushBecomesADeploymentOfTheImageByDigest(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	got, err := w.handle(t, deployedWith(""), pushOf(v2, "latest"))
	want := Outcome{
		Service: "sample-website", Event: "push of sample-website:latest", Decision: Deploy,
		Reason:     "sample-website:latest on base 3 was never tried and nothing stands in its way",
		Deployment: "d-NEW000000", Image: "sample-website:latest@" + digestOf(v2), Wish: wished(v2).Hash(),
		Measured: []metric.Value{{Name: "Released", Value: 1}, {Name: "PushToStart", Value: w.At.Sub(pushed.Add(v2 * time.Minute)).Seconds()}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%v %s", err, diff)
	}
	if len(w.sent) != 2 {
		t.Fatalf("%d writes: %v", len(w.sent), w.calls)
	}
	registered := w.sent[0].(*ecs.RegisterTaskDefinitionInput)
	if *registered.Family != "sample-website" || *registered.ContainerDefinitions[0].Image != wished(v2).Images[0].Reference() {
		t.Errorf("registered %+v", registered)
	}
	created := w.sent[1].(*codedeploy.CreateDeploymentInput)
	if *created.Description != wished(v2).Description(":8") || *created.ApplicationName != "AppECS-cutover-Sample-Website" || *created.DeploymentGroupName != groupName {
		t.Errorf("created %+v", created)
	}
	spec := created.Revision.AppSpecContent
	if *spec.Sha256 != appspec.SHA256([]byte(*spec.Content)) || created.Revision.RevisionType != cdtypes.RevisionLocationTypeAppSpecContent {
		t.Errorf("revision %+v", created.Revision)
	}
	doc, err := appspec.Parse([]byte(*spec.Content))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(appspec.Document{
		TaskDefinition: "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:8",
		ContainerName:  "sample-website", ContainerPort: 80, PlatformVersion: "LATEST",
		Network: &appspec.Network{Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: "DISABLED"},
		Hooks:   map[appspec.Event]string{appspec.AfterAllowTestTraffic: "CodeDeployHook_sample-website"},
	}, doc); diff != "" {
		t.Error(diff)
	}
}

func TestAnAcceptedDeploymentCostsAtMostTwelveCallsInFourRoundsAndReadsComeFirst(t *testing.T) {
	for name, stands := range map[string]func(*world){
		"a first release": func(*world) {},
		"another one, with a spare revision of something else": func(w *world) {
			w.runs(wished(1)).had(deployment(wished(1), succeeded))
			w.Latest = baseRevision()
			w.Latest.Definition.TaskDefinitionArn = aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:9")
		},
		"ending another's wait": func(w *world) {
			w.runs(wished(1)).had(waiting(wished(1)))
			w.moved(6 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(image(v2, "latest"))
				stands(w)
				w.latency = time.Second
				start := time.Now()
				if _, err := w.handle(t, deployedWith(""), byInvocation); err != nil || len(w.sent) == 0 {
					t.Fatal(w.sent, err)
				}
				rounds := int(time.Since(start) / w.latency)
				t.Logf("%d calls in %d rounds: %v", len(w.calls), rounds, w.calls)
				if len(w.calls) > 12 || rounds > 4 {
					t.Error("more than 12 calls in 4 rounds")
				}
				firstWrite := slices.IndexFunc(w.calls, isWrite)
				if slices.ContainsFunc(w.calls[firstWrite:], func(call string) bool { return !isWrite(call) }) {
					t.Error("a read follows a write")
				}
			})
		})
	}
}

func isWrite(call string) bool {
	return !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "List") && !strings.HasPrefix(call, "Get") && !strings.HasPrefix(call, "BatchGet")
}

// moved makes production's move that long ago.
func (w *world) moved(ago time.Duration) {
	w.target = []cdtypes.LifecycleEvent{
		{LifecycleEventName: aws.String("Install"), Status: cdtypes.LifecycleEventStatusSucceeded, EndTime: aws.Time(w.At.Add(-time.Hour))},
		{LifecycleEventName: aws.String("AllowTraffic"), Status: cdtypes.LifecycleEventStatusSucceeded, EndTime: aws.Time(w.At.Add(-ago))},
	}
}

func TestAnEventThatIsIgnoredCallsNothing(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	payload, err := os.ReadFile(events + "/ecr-push-signature.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.handle(t, deployedWith(""), string(payload))
	if got.Decision != Ignored || !strings.Contains(got.Reason, "attached to an image") || err != nil || len(w.calls) != 0 {
		t.Errorf("got %+v, %v, %v", got, err, w.calls)
	}
}

func TestOutcomesAreLoggedRefusalsAsWarnings(t *testing.T) {
	for _, c := range []struct {
		stands func(*world)
		level  string
	}{
		{func(*world) {}, "INFO"},
		{func(w *world) { w.serve(tgGreen) }, "WARN"},
	} {
		w := newWorld(image(v2, "latest"))
		c.stands(w)
		var log bytes.Buffer
		l := w.loop(deployedWith(""))
		l.log = slog.New(slog.NewJSONHandler(&log, nil))
		outcome, err := l.Handle(t.Context(), []byte(byInvocation))
		if err != nil {
			t.Fatal(err)
		}
		var line struct {
			Level             string
			Released, Refused int
			AWS               struct {
				Timestamp         int64
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
			Outcome
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level != c.level {
			t.Fatalf("%v: %s", err, &log)
		}
		name := map[string]string{"INFO": "Released", "WARN": "Refused"}[c.level]
		if m := line.AWS.CloudWatchMetrics[0]; map[string]int{"Released": line.Released, "Refused": line.Refused}[name] != 1 || line.Released+line.Refused != 1 ||
			m.Namespace != "Cutover" || m.Dimensions[0][0] != "service" || m.Metrics[0].Name != name || line.AWS.Timestamp != w.At.UnixMilli() {
			t.Errorf("the metric of %s: %s", outcome.Decision, &log)
		}
		outcome.Measured = nil // told as metrics
		if diff := cmp.Diff(outcome, line.Outcome); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnotherDeploymentsWaitIsEndedOrTheDeploymentStopped(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.runs(wished(1)).had(waiting(wished(1)))
	w.moved(6 * time.Minute)
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if got.Decision != Finish || err != nil || len(w.sent) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if in := w.sent[0].(*codedeploy.ContinueDeploymentInput); in.DeploymentWaitType != cdtypes.DeploymentWaitTypeTerminationWait || *in.DeploymentId != "d-000000001" {
		t.Errorf("sent %+v", in)
	}

	w = newWorld(image(v2, "latest"))
	w.had(deployment(wished(1), inProgress))
	got, err = w.handle(t, deployedWith(`{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`), byInvocation)
	if got.Decision != Stop || err != nil || len(w.sent) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if in := w.sent[0].(*codedeploy.StopDeploymentInput); !*in.AutoRollbackEnabled || *in.DeploymentId != "d-000000001" {
		t.Errorf("sent %+v", in)
	}
}

func TestASpareRevisionOfTheSameWishIsReused(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.fail["CreateDeployment"] = &cdtypes.ThrottlingException{}
	if _, err := w.handle(t, deployedWith(""), byInvocation); err == nil {
		t.Fatal("a throttle is to be retried")
	}
	spare := w.Latest.ARN()
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if got.Decision != Deploy || err != nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	if n := count(w.calls, "RegisterTaskDefinition"); n != 1 || !strings.Contains(*w.sent[1].(*codedeploy.CreateDeploymentInput).Revision.AppSpecContent.Content, spare) {
		t.Errorf("registered %d times", n)
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func TestAWriteWhoseAnswerIsLostIsNotRepeatedBlindly(t *testing.T) {
	for _, lost := range []error{serverError(), context.DeadlineExceeded, errors.New("connection reset by peer")} {
		w := newWorld(image(v2, "latest"))
		w.lost["CreateDeployment"] = lost
		got, err := w.handle(t, deployedWith(""), byInvocation)
		if got.Decision != Busy || got.Deployment != "d-NEW000000" || err != nil || len(w.Deployments) != 1 {
			t.Errorf("%v: got %+v, %v, %d deployments", lost, got, err, len(w.Deployments))
		}

		w = newWorld(image(v2, "latest"))
		w.lost["RegisterTaskDefinition"] = lost
		got, err = w.handle(t, deployedWith(""), byInvocation)
		if got.Decision != Deploy || err != nil || count(w.calls, "RegisterTaskDefinition") != 1 {
			t.Errorf("%v: got %+v, %v, %v", lost, got, err, w.calls)
		}
	}
}

func TestALookWhoseReadsAreOfDifferentMomentsIsTakenOnceMore(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	d := rolledBack(succeeded)
	d.CreateTime, d.CompleteTime = aws.Time(w.At.Add(-time.Minute)), aws.Time(w.At)
	w.had(d)
	before := *w.Service
	before.TaskSets = append(slices.Clone(before.TaskSets), taskSet("ecs-svc/2", live.StatusActive, bootstrapARN, tgGreen))
	w.behind = &before
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if got.Decision != Deploy || err != nil || count(w.calls, "DescribeServices") != 2 {
		t.Errorf("got %+v, %v, %v", got, err, w.calls)
	}
}

func TestAnErrorGoesBackToTheQueueOnlyWhenARetryCouldHelp(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "is not authorized", Fault: smithy.FaultClient}
	throttle := &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded", Fault: smithy.FaultClient}
	for name, c := range map[string]struct {
		call  string
		err   error
		retry bool
	}{
		"a throttled read":               {"DescribeServices", throttle, true},
		"a read that AWS fails":          {"GetDeploymentGroup", serverError(), true},
		"a read that times out":          {"ListDeployments", context.DeadlineExceeded, true},
		"a read that is denied":          {"DescribeImages", denied, false},
		"a second read that is denied":   {"DescribeListeners", denied, false},
		"a write that is denied":         {"RegisterTaskDefinition", denied, false},
		"a quota that is used up":        {"RegisterTaskDefinition", &ecstypes.LimitExceededException{}, false},
		"a deployment that is throttled": {"CreateDeployment", &cdtypes.ThrottlingException{}, true},
		"a deployment that is refused":   {"CreateDeployment", &cdtypes.InvalidRoleException{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(image(v2, "latest"))
			w.fail[c.call] = c.err
			got, err := w.handle(t, deployedWith(""), byInvocation)
			if (err != nil) != c.retry {
				t.Errorf("got %+v, %v", got, err)
			}
			if !c.retry && (got.Decision != Refuse || got.Reason == "") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAGroupThatIsTakenMeanwhileIsBusy(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.fail["CreateDeployment"] = &cdtypes.DeploymentLimitExceededException{
		Message: aws.String("The Deployment Group '" + groupName + "' already has an active Deployment 'd-1NNWZG91L'")}
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if got.Decision != Busy || got.Deployment != "d-1NNWZG91L" || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatCameTooEarlyIsRetried(t *testing.T) {
	justNow := func(w *world, d cdtypes.DeploymentInfo) {
		d.CreateTime, d.CompleteTime = aws.Time(w.At.Add(-10*time.Minute)), aws.Time(w.At.Add(-time.Minute))
		w.had(d)
	}
	leftover := func(w *world) {
		w.Service.TaskSets = append(w.Service.TaskSets, taskSet("ecs-svc/2", live.StatusActive, bootstrapARN, tgGreen))
	}
	for name, c := range map[string]struct {
		stands func(w *world) (event string)
		retry  string // words of the error; empty when the loop goes on
	}{
		"busy with the deployment that the event ended": {func(w *world) string {
			w.had(deployment(wished(1), inProgress))
			return endOfDeployment(w, "d-000000001")
		}, "still shown as active"},
		"busy with another deployment": {func(w *world) string {
			w.had(deployment(wished(1), inProgress))
			return endOfDeployment(w, "d-000000007")
		}, ""},
		"CodeDeploy still holds the group for the deployment that the event ended": {func(w *world) string {
			w.fail["CreateDeployment"] = &cdtypes.DeploymentLimitExceededException{Message: aws.String("'g' already has an active Deployment 'd-000000001'")}
			w.had(deployment(wished(1), succeeded))
			return endOfDeployment(w, "d-000000001")
		}, "still holds the group"},
		"a rollback is due": {func(w *world) string {
			justNow(w, deployment(wished(1), failed))
			return byInvocation
		}, "rollback of deployment d-000000001 is due"},
		"a rollback is not configured": {func(w *world) string {
			justNow(w, deployment(wished(1), failed))
			w.Group.AutoRollbackConfiguration.Enabled = false
			return byInvocation
		}, ""},
		"no rollback at that event": {func(w *world) string {
			justNow(w, deployment(wished(1), stopped))
			w.Group.AutoRollbackConfiguration.Events = w.Group.AutoRollbackConfiguration.Events[:2]
			return byInvocation
		}, ""},
		"a rollback at an alarm is due": {func(w *world) string {
			justNow(w, failedBy(deployment(wished(1), stopped), cdtypes.ErrorCodeAlarmActive))
			return byInvocation
		}, "is due"},
		"a rollback never came": {func(w *world) string {
			w.had(deployment(wished(1), failed))
			return byInvocation
		}, ""},
		"the rolled back replacement is still ACTIVE": {func(w *world) string {
			justNow(w, rolledBack(succeeded))
			leftover(w)
			return byInvocation
		}, "deployment d-000000001 has only just ended"},
		"a replacement stays ACTIVE": {func(w *world) string {
			w.had(rolledBack(succeeded))
			leftover(w)
			return byInvocation
		}, ""},
		"a task set is younger than what is known of deployments": {func(w *world) string {
			leftover(w)
			w.Service.TaskSets[1].CreatedAt = aws.Time(w.At.Add(time.Second))
			return byInvocation
		}, "a task set is younger than the deployments that are shown"},
		"a task set is as young as that no longer": {func(w *world) string {
			leftover(w)
			w.Service.TaskSets[1].CreatedAt = aws.Time(w.At.Add(-settling))
			return byInvocation
		}, ""},
		"the tag still shows the image before": {func(w *world) string {
			w.Images = []ecr.ImageDetail{image(1, "latest")}
			w.At = image(v2).ImagePushedAt.Add(time.Second)
			return pushOf(v2, "latest")
		}, "does not show latest"},
		"the tag is not there yet": {func(w *world) string {
			w.Images = nil
			w.At = image(v2).ImagePushedAt.Add(time.Second)
			return pushOf(v2, "latest")
		}, "does not show latest"},
		"the tag shows a later image": {func(w *world) string {
			w.Images = []ecr.ImageDetail{image(3, "latest")}
			w.At = image(v2).ImagePushedAt.Add(2 * time.Minute)
			return pushOf(v2, "latest")
		}, ""},
		"the push is long past": {func(w *world) string {
			w.Images = []ecr.ImageDetail{image(1, "latest")}
			return pushOf(v2, "latest")
		}, ""},
		"the base was deregistered": {func(w *world) string {
			w.Base.Definition.Status = ecstypes.TaskDefinitionStatusInactive
			return byInvocation
		}, "is not ACTIVE"},
		"a deployment would be finished for a base that was deregistered": {func(w *world) string {
			w.Base.Definition.Status = ecstypes.TaskDefinitionStatusInactive
			w.runs(wished(1)).had(waiting(wished(1)))
			w.moved(time.Hour)
			return byInvocation
		}, "is not ACTIVE"},
		"the base is gone": {func(w *world) string {
			w.Base = nil
			return byInvocation
		}, "is not ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(image(v2, "latest"))
			event := c.stands(w)
			got, err := w.handle(t, deployedWith(""), event)
			if c.retry == "" && err != nil || c.retry != "" && (err == nil || !strings.Contains(err.Error(), c.retry)) {
				t.Errorf("got %+v, %v", got, err)
			}
			_, created := first[*codedeploy.CreateDeploymentInput](w.sent)
			if _, finished := first[*codedeploy.ContinueDeploymentInput](w.sent); c.retry != "" && (created || finished) {
				t.Errorf("sent %+v", w.sent)
			}
		})
	}
}

func TestADeploymentThatIsListedButNotDescribedYetIsNotTakenForNeverMade(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.had(deployment(wished(v2), failed), deployment(wished(1), succeeded))
	w.undescribed = 1
	if got, err := w.handle(t, deployedWith(""), byInvocation); err == nil || len(w.sent) > 0 {
		t.Errorf("got %+v, %v", got, w.sent)
	}
}

func TestADeploymentThatEndedBeforeItWasFinishedIsTooEarly(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.runs(wished(1)).had(waiting(wished(1)))
	w.moved(time.Hour)
	w.fail["ContinueDeployment"] = &cdtypes.DeploymentAlreadyCompletedException{}
	if got, err := w.handle(t, deployedWith(""), byInvocation); err == nil {
		t.Errorf("got %+v", got)
	}
}

func TestFurtherPagesOfAGlobsImagesAreRead(t *testing.T) {
	w := newWorld()
	w.pages = [][]ecr.ImageDetail{{image(1, "v1")}, {image(3, "v3")}, {image(2, "v2")}}
	got, err := w.handle(t, deployedWith(glob), byInvocation)
	if err != nil || got.Image != "sample-website:v3@"+digestOf(3) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCountAndGracePeriodAreAppliedWhenNoDeploymentIsActive(t *testing.T) {
	const three = `{"name": "sample-website", "desiredCount": 3, "loadBalancer": {"healthCheck": {"gracePeriod": "30s"}}}`
	for name, c := range map[string]struct {
		stands  func(*world)
		applied string
	}{
		"they differ": {func(w *world) { w.runs(wished(v2)) }, "desired count from 1 to 3, health check grace period from 0 s to 30 s"},
		"they are so already": {func(w *world) {
			w.runs(wished(v2))
			w.Service.DesiredCount, w.Service.HealthCheckGracePeriodSeconds = 3, aws.Int32(30)
		}, ""},
		"a deployment is active":     {func(w *world) { w.had(deployment(wished(1), inProgress)) }, ""},
		"the service is suspended":   {func(w *world) { tag(w, live.TagSuspend, "") }, ""},
		"the service is not there":   {func(w *world) { w.Service = nil }, ""},
		"something is released, too": {func(*world) {}, "desired count from 1 to 3, health check grace period from 0 s to 30 s"},
		"it is refused": {func(w *world) {
			w.fail["UpdateService"] = &ecstypes.AccessDeniedException{Message: aws.String("not allowed")}
		}, "not applied: AccessDeniedException: not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(image(v2, "latest"))
			c.stands(w)
			got, err := w.handle(t, deployedWith(three), byInvocation)
			if err != nil || !strings.HasSuffix(got.Applied, c.applied) || (c.applied == "") != (got.Applied == "") {
				t.Fatalf("got %+v, %v", got, err)
			}
			if in, ok := first[*ecs.UpdateServiceInput](w.sent); ok && (*in.DesiredCount != 3 || *in.HealthCheckGracePeriodSeconds != 30) {
				t.Errorf("sent %+v", in)
			}
		})
	}
}

func TestECSExecIsSwitchedByTheLoop(t *testing.T) {
	for document, want := range map[string]string{
		`{"name": "sample-website", "task": {"exec": true}}`: "ECS Exec on", `{"name": "sample-website"}`: "ECS Exec off",
	} {
		w := newWorld(image(v2, "latest"))
		w.runs(wished(v2))
		w.Service.EnableExecuteCommand = want == "ECS Exec off"
		got, err := w.handle(t, deployedWith(document), byInvocation)
		in, sent := first[*ecs.UpdateServiceInput](w.sent)
		if err != nil || got.Applied != want || !sent || *in.EnableExecuteCommand != (want == "ECS Exec on") {
			t.Errorf("%s: %+v, %v", want, got, err)
		}
	}
}

func TestCapacityAndTheOperatorsHooksAreInTheAppSpec(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	_, err := w.handle(t, deployedWith(`{"name": "sample-website", "task": {"capacity": [{"provider": "FARGATE_SPOT", "weight": 3}, {"provider": "FARGATE", "weight": 1, "base": 1}]},
		"deployment": {"hooks": {"BeforeInstall": "migrate", "AfterAllowTraffic": "announce"}}}`), byInvocation)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := first[*codedeploy.CreateDeploymentInput](w.sent)
	got, err := appspec.Parse([]byte(aws.ToString(in.Revision.AppSpecContent.Content)))
	if err != nil {
		t.Fatal(err)
	}
	wantHooks := map[appspec.Event]string{"BeforeInstall": "migrate", "AfterAllowTraffic": "announce", "AfterAllowTestTraffic": "CodeDeployHook_sample-website"}
	if diff := cmp.Diff(wantHooks, got.Hooks); diff != "" {
		t.Error(diff)
	}
	wantCapacity := []appspec.CapacityProvider{{CapacityProvider: "FARGATE_SPOT", Weight: 3}, {CapacityProvider: "FARGATE", Weight: 1, Base: 1}}
	if diff := cmp.Diff(wantCapacity, got.CapacityProviders); diff != "" {
		t.Error(diff)
	}
}

func first[T any](all []any) (T, bool) {
	for _, one := range all {
		if t, ok := one.(T); ok {
			return t, true
		}
	}
	var none T
	return none, false
}

func TestAFiringAlarmOfTheGroupIsSeen(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.alarms = []cloudwatch.Alarm{
		{AlarmName: "quiet", StateValue: cwtypes.StateValueOk},
		{AlarmName: "loud", StateValue: cwtypes.StateValueAlarm},
	}
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if err != nil || got.Decision != Refuse || !strings.Contains(got.Reason, "the alarm loud is firing") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOnlyTheNewestDeploymentsAreRemembered(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	var history []cdtypes.DeploymentInfo
	for range newestDeployments {
		history = append(history, deployment(wished(1), succeeded))
	}
	w.runs(wished(1)).had(append(history, deployment(wished(v2), failed))...)
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if err != nil || got.Decision != Deploy {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestThePermissionsAreTheCallsOfTheLoop(t *testing.T) {
	var actions []string
	for _, client := range Permissions(deployedWith("").Service) {
		for i := range client.NumMethod() {
			actions = append(actions, client.Method(i).Name)
		}
	}
	slices.Sort(actions)
	want := []string{
		"BatchGetDeployments", "BatchGetImage", "ContinueDeployment", "CreateDeployment", "DeregisterTaskDefinition", "DescribeAlarms", "DescribeImages", "DescribeListeners",
		"DescribeServices", "DescribeTaskDefinition", "GetDeploymentGroup", "GetDeploymentTarget", "ListDeployments", "ListTaskDefinitions",
		"RegisterTaskDefinition", "StopDeployment", "UpdateService",
	}
	if diff := cmp.Diff(want, actions); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkHandle(b *testing.B) {
	for b.Loop() {
		w := newWorld(image(v2, "latest"))
		if got, err := w.handle(b, deployedWith(""), byInvocation); err != nil || got.Decision != Deploy {
			b.Fatal(got, err)
		}
	}
}
