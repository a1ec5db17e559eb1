package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/notify"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// talkative is the assembly of testdata/told.json, whose platform tells what becomes of pushes.
func talkative(o *sandbox.Options) { o.Assembly = os.DirFS("testdata/told") }

// mailbox is a queue of what was told, and all that was taken out of it.
type mailbox struct {
	*room
	url   *string
	read  func(body []byte) (notify.Step, error)
	heard []notify.Step
}

func (r *room) mailbox(name string, read func([]byte) (notify.Step, error)) *mailbox {
	r.t.Helper()
	queue, err := sqs.NewFromConfig(r.aws).CreateQueue(r.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["events.amazonaws.com","sns.amazonaws.com"]},"Action":"sqs:SendMessage","Resource":"*"}]}`,
	}})
	r.need(err)
	return &mailbox{room: r, url: queue.QueueUrl, read: read}
}

func (m *mailbox) arn() *string {
	_, name, _ := strings.Cut(*m.url, sandbox.Account+"/")
	return aws.String("arn:aws:sqs:" + sandbox.Region + ":" + sandbox.Account + ":" + name)
}

// bus is a mailbox with all events of Cutover's, each of which must be as the published schema says.
func (r *room) bus() *mailbox {
	r.t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "pkg", "notify", "event.schema.json"))
	r.need(err)
	m := r.mailbox("everything", func(body []byte) (s notify.Step, err error) {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err == nil {
			err = schema.Validate(document)
		}
		if err != nil {
			return s, err
		}
		var event struct {
			Detail notify.Step `json:"detail"`
		}
		err = json.Unmarshal(body, &event)
		return event.Detail, err
	})
	events := eventbridge.NewFromConfig(r.aws)
	_, err = events.PutRule(r.t.Context(), &eventbridge.PutRuleInput{Name: aws.String("everything"), EventPattern: aws.String(`{"source":["cutover"]}`)})
	r.need(err)
	_, err = events.PutTargets(r.t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("everything"), Targets: []ebtypes.Target{{Id: aws.String("q"), Arn: m.arn()}}})
	r.need(err)
	return m
}

// topic is a mailbox of what a topic's machines get.
func (r *room) topic(name string) *mailbox {
	r.t.Helper()
	m := r.mailbox(name, func(body []byte) (s notify.Step, err error) {
		var n struct{ Message, Subject string }
		if err := json.Unmarshal(body, &n); err != nil {
			return s, err
		}
		return s, json.Unmarshal([]byte(n.Message), &s)
	})
	topics := sns.NewFromConfig(r.aws)
	topic, err := topics.CreateTopic(r.t.Context(), &sns.CreateTopicInput{Name: &name})
	r.need(err)
	_, err = topics.Subscribe(r.t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: m.arn()})
	r.need(err)
	return m
}

// hears waits until all of these steps of a story were told, the image's digest being the story's name, and answers them
// in the order of the stages.
func (m *mailbox) hears(digest string, stages ...config.Stage) (steps []notify.Step) {
	m.t.Helper()
	queues, end := sqs.NewFromConfig(m.aws), time.Now().Add(m.patience)
	for {
		steps = nil
		for _, stage := range stages {
			i := slices.IndexFunc(m.heard, func(s notify.Step) bool { return s.Stage == stage && strings.HasSuffix(s.Story, digest) })
			if i >= 0 {
				steps = append(steps, m.heard[i])
			}
		}
		if len(steps) == len(stages) {
			return steps
		}
		if time.Now().After(end) {
			text, _ := json.MarshalIndent(m.heard, "", " ")
			m.t.Fatalf("of %v of %s only %d steps were told:\n%s\n%s", stages, digest, len(steps), text, m.log)
		}
		out, err := queues.ReceiveMessage(m.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: m.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		m.need(err)
		for _, letter := range out.Messages {
			s, err := m.read([]byte(*letter.Body))
			if err != nil {
				m.t.Fatalf("%v:\n%s", err, *letter.Body)
			}
			m.heard = append(m.heard, s)
			_, err = queues.DeleteMessage(m.t.Context(), &sqs.DeleteMessageInput{QueueUrl: m.url, ReceiptHandle: letter.ReceiptHandle})
			m.need(err)
		}
	}
}

// pushedBefore lets the release function hear of a push that came late.
func (r *room) pushedBefore(tag, digest string) {
	r.t.Helper()
	event, err := json.Marshal(map[string]any{
		"source": "aws.ecr", "detail-type": "ECR Image Action", "account": sandbox.Account, "region": sandbox.Region, "time": time.Now().UTC(),
		"detail": map[string]string{"action-type": "PUSH", "result": "SUCCESS", "repository-name": r.names.Repository, "image-tag": tag, "image-digest": digest},
	})
	r.need(err)
	_, err = lambda.NewFromConfig(r.aws).Invoke(r.t.Context(), &lambda.InvokeInput{
		FunctionName: &r.names.ReleaseFunction, InvocationType: types.InvocationTypeEvent, Payload: event,
	})
	r.need(err)
}

func TestTheStoryOfEachPushIsToldFromItsArrivalToItsEnd(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, talkative)
	places := []*mailbox{r.bus(), r.topic("everyone")}
	site := func(env ...string) string {
		return r.push(env[0], r.site(runtime.GOARCH, append(env[1:], "SITE_VERSION="+env[0])...), r.password())
	}

	good := site("v1")
	places[0].hears(good, config.StageWaitBegan)
	r.skip("termination-wait")
	r.until("v1 is live", liveIs("v1"))
	broken := site("v2", "SITE_FAULT=broken")
	for _, m := range places {
		steps := m.hears(good, config.StageStarted, config.StageTesting, config.StageTestsPassed, config.StageLive, config.StageWaitBegan, config.StageFinished)
		for i, s := range steps[1:] {
			if s.At.Before(steps[i].At) && s.Stage != config.StageTestsPassed {
				t.Errorf("%s is told to have been before %s", s.Stage, steps[i].Stage)
			}
		}
		if s := steps[3]; s.Text != "sample-website:v1 is live: all of production goes to it." || s.Title != "sample-website: sample-website:v1 is live" {
			t.Errorf("%+v", s)
		}
		if s := steps[4]; s.BlueEnds == nil || time.Until(*s.BlueEnds) > time.Hour {
			t.Errorf("blue ends at %v", s.BlueEnds)
		}
		steps = m.hears(broken, config.StageStarted, config.StageTestsFailed, config.StageRolledBack)
		if s := steps[1]; len(s.Checks) != 1 || !strings.Contains(s.Text, `- GET /: the body does not contain "Sample Website"`) {
			t.Errorf("the tests that failed are told as %+v", s)
		}
		if s := steps[2]; !strings.Contains(s.Text, "sample-website:v2 is rolled back, and what served before serves: AfterAllowTestTraffic failed") {
			t.Errorf("%+v", s)
		}
	}
	r.pushedBefore("v1", good)
	for _, m := range places {
		if s := m.hears(good, config.StageSuperseded)[0]; !strings.Contains(s.Text, "sample-website:v1 is superseded by sample-website:v2") {
			t.Errorf("%+v", s)
		}
	}
	r.noDeadLetters()
}
