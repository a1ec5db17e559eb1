package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
	"github.com/cutover-ecs/cutover/pkg/watch"
)

func TestReplayGivesDeadLettersBack(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	out, _ := r.hands(0, "replay", "--yes")
	tells(t, out, "No dead letters.")
	queues := sqs.NewFromConfig(r.aws)
	url := func(of string) *string {
		q, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(website + "-" + of + "-dlq")})
		if err != nil {
			t.Fatal(err)
		}
		return q.QueueUrl
	}
	put := func(of, body string) {
		if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url(of), MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{
			"ERROR_CODE": {DataType: aws.String("String"), StringValue: aws.String("SDK_CLIENT_ERROR")}}}); err != nil {
			t.Fatal(err)
		}
	}
	event, err := os.ReadFile(filepath.Join("..", "..", "events", "schedule.json"))
	if err != nil {
		t.Fatal(err)
	}
	put("events", string(event))
	put("release", `{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":`+string(look5)+`,"responsePayload":{"errorMessage":"it broke"}}`)
	put("verify", `{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"DeploymentId":"d-GONE","LifecycleEventHookExecutionId":"x"},"responsePayload":{"errorMessage":"out of memory"}}`)
	put("release", `not an event`)

	out, told := r.hands(1, "replay", "--yes")
	tells(t, out, "sample-website-events-dlq: Scheduled Event of 2026-11-23T05:05:00Z (SDK_CLIENT_ERROR)\n  given back: Nothing can be released yet: ",
		"sample-website-release-dlq: Scheduled Event (RetriesExhausted: it broke)\n  given back: ",
		"sample-website-verify-dlq: verification of deployment d-GONE (RetriesExhausted: out of memory)\n  stays: it is over")
	tells(t, told, "1 event in sample-website-release-dlq could not be given back")
	for of, want := range map[string]string{"events": "0", "release": "1", "verify": "1"} {
		got, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url(of), AttributeNames: []types.QueueAttributeName{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		visible, hidden := got.Attributes["ApproximateNumberOfMessages"], got.Attributes["ApproximateNumberOfMessagesNotVisible"]
		if all := visible + "+" + hidden; all != want+"+0" && all != "0+"+want { // what was looked at is hidden for a while
			t.Errorf("%s holds %s letters, not %s", of, all, want)
		}
	}
}

// someServices is a configuration of two services, of which the sandbox has one.
func someServices(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {"cutover": {"services": [{"name": "sample-website"}, {"name": "shop"}]}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReplayGivesTheLettersOfThePlatformsWatchBackAndLeavesThoseOfOtherServices(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	queues := sqs.NewFromConfig(r.aws)
	url, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("cutover-watch-dlq")})
	r.need(err)
	letter := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", "events", name+".json"))
		r.need(err)
		return string(text)
	}
	record := `{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":` + watch.Template(3) + `,"responsePayload":{"errorMessage":"throttled"}}`
	for _, body := range []string{
		letter("ecs-task-crashed"), strings.Replace(record, "<aws.events.event.json>", letter("ecs-task-unhealthy"), 1), letter("ecs-task-other-service"),
	} {
		_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: &body})
		r.need(err)
	}
	out, _ := r.hands(0, "replay", "--yes", "--of", "watch", "--config", someServices(t))
	if n := strings.Count(out, "given back to cutover-watch."); n != 2 || strings.Count(out, "\n") != 4 {
		t.Errorf("%d letters were given back:\n%s", n, out)
	}
	tells(t, out, "cutover-watch-dlq: ECS Task State Change of ", "(RetriesExhausted: throttled)")
	r.logged("cutover-watch", `"message":"watched"`)
	left, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []types.QueueAttributeName{"All"}})
	r.need(err)
	if n := left.Attributes["ApproximateNumberOfMessages"] + left.Attributes["ApproximateNumberOfMessagesNotVisible"]; n != "01" && n != "10" {
		t.Errorf("%s letters are left", n)
	}
	tells(t, r.shown(0, "logs", website, "--of", "watch"), "watch    Ignored: the service has no replacement task set of a deployment")
}

func TestReplayTellsADestinationWhatItCouldNotBeTold(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, newOthers(t, nil).talkative(t)) // the topic is not there yet
	digest := r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	queues := sqs.NewFromConfig(r.aws)
	url, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("cutover-notify-dlq")})
	r.need(err)
	r.told(0, func(e wire.Entry) bool {
		in, ok := e.Input.(*sqs.SendMessageInput)
		return ok && *in.QueueUrl == *url.QueueUrl && strings.Contains(*in.MessageBody, `"stage":"live"`)
	})
	everyone := r.topic("everyone")
	told := filepath.Join("testdata", "told.json")
	out, errs, _ := r.run("cutover", "replay", website, "--config", told, "--yes", "--of", "notify")
	tells(t, out+errs, "cutover-notify-dlq: Cutover Production Traffic Moved of ", "given back to cutover-notify.")
	everyone.hears(digest, config.StageLive)
	lines, _, _ := r.run("cutover", "logs", website, "--config", told, "--of", "notify")
	tells(t, lines, "notify   live: sample-website:v1 is live: all of production goes to it.", "notify   everyone is told: live")
}

func TestALetterOfAnyKindIsTold(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: "q: an event of no known kind", `[1]`: "q: an event of no known kind", `{`: "q: an event of no known kind",
		`{"requestPayload": {"service": "x"}}`: "q: an event of no known kind",
		`{"detail-type": "ECR Image Action"}`:  "q: ECR Image Action",
	} {
		r := readLetter(types.Message{Body: &body})
		r.Queue = "q"
		if got := r.String(); got != want {
			t.Errorf("%s: %q", body, got)
		}
		if json.Valid([]byte(body)) != (r.Event != nil) {
			t.Errorf("%s: %s", body, r.Event)
		}
	}
}

func TestDeployDespiteAlarms(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	alarms := cloudwatch.NewFromConfig(r.aws)
	// A state that is only set would last until the alarm is evaluated again; this one has a reason to fire.
	_, err := alarms.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &r.names.Alarms[0], Namespace: aws.String("Test"), MetricName: aws.String("Silence"), Statistic: cwtypes.StatisticSum,
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(1),
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), TreatMissingData: aws.String("breaching")})
	if err != nil {
		t.Fatal(err)
	}
	r.rings(r.names.Alarms[0], cwtypes.StateValueAlarm)
	r.hands(0, "suspend")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	out, _ := r.hands(0, "resume", "--yes")
	tells(t, out, "Refused: the alarm "+r.names.Alarms[0]+" is firing")
	_, told := r.hands(3, "deploy", "--yes")
	tells(t, told, "did not release anything (Refuse)")
	_, told = r.hands(2, "deploy", "--despite-alarms")
	tells(t, told, "No alarm is asked")
	a := r.answers(0, "deploy", "--despite-alarms", "--why", "it is the other site's")
	r.decided(a, release.Deploy, "v2")
	tells(t, a.Outcome.Event, "deploy by ", "it is the other site's despite alarms")
	r.goesLive("v2")
}

func TestEveryVerbTeachesByExample(t *testing.T) {
	for _, verb := range []string{"stop", "rollback", "approve", "finish", "retry", "suspend", "resume", "pin", "unpin", "deploy", "replay"} {
		var out strings.Builder
		if code := run(t.Context(), []string{"help", verb}, &out, io.Discard); code != 0 {
			t.Errorf("cutover help %s ended with %d", verb, code)
		}
		tells(t, out.String(), "cutover "+verb+" sample-website", "--yes", "--json", "--why", "docs/operator.md")
	}
}
