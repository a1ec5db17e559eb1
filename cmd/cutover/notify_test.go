package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
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
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// others are the servers that the assembly of testdata/told.json tells besides AWS: a webhook's and Slack's. What they
// answer instead, where a test wants that, is nonsense.
type others struct {
	*httptest.Server
	mu       sync.Mutex
	hooked   []notify.Step
	posted   []string // by the incoming webhook
	messages []map[string]any
	nonsense http.HandlerFunc
	signal.Signal
}

func newOthers(t *testing.T, nonsense http.HandlerFunc) *others {
	t.Helper()
	o := &others{nonsense: nonsense}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

// tellingTo is an assembly of testdata, with a server's address in place of the one that stands in it.
func tellingTo(t *testing.T, assembly, url string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	all, err := filepath.Glob("testdata/" + assembly + "/*.json")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, name := range all {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: bytes.ReplaceAll(text, []byte("http://127.0.0.1:9/"), []byte(url+"/"))}
	}
	return files
}

// talkative is the assembly, with the servers' address in place of the one that stands in it.
func (o *others) talkative(t *testing.T) func(*sandbox.Options) {
	t.Helper()
	files := tellingTo(t, "told", o.URL)
	return func(opts *sandbox.Options) {
		opts.Assembly = files
		opts.Secrets = map[string]string{
			"arn:aws:ssm:eu-central-2:111122223333:parameter/team/hook": "the hook's key", "arn:aws:secretsmanager:eu-central-2:111122223333:secret:slack-AbCdEf": "xoxb-of-the-team",
			"arn:aws:ssm:eu-central-2:111122223333:parameter/team/incoming": o.URL + incomingPath,
		}
	}
}

// incomingPath is that of Slack's incoming webhook, which nobody else may know.
const incomingPath = "/services/T00000000/B00000000/XXXXhunter2XXXX"

// ServeHTTP answers as a webhook's receiver does, and as the methods of Slack's Web API that are called.
func (o *others) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o.nonsense != nil {
		o.nonsense(w, r)
		return
	}
	defer o.Raise()
	o.mu.Lock()
	defer o.mu.Unlock()
	var in map[string]any
	body, _ := io.ReadAll(r.Body)
	switch method := strings.TrimPrefix(r.URL.Path, "/api/"); {
	case method == "/hook":
		var s notify.Step
		if json.Unmarshal(body, &s) == nil && strings.HasPrefix(r.Header.Get("Webhook-Signature"), "v1,") {
			o.hooked = append(o.hooked, s)
		}
	case r.URL.Path == incomingPath:
		if json.Unmarshal(body, &in) == nil {
			o.posted = append(o.posted, fmt.Sprint(in["text"]))
		}
		_, _ = io.WriteString(w, "ok")
	case r.Header.Get("Authorization") != "Bearer xoxb-of-the-team":
		_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_auth"}`)
	case method == "conversations.history":
		found := []map[string]any{}
		for _, m := range slices.Backward(o.messages) {
			if m["thread_ts"] == nil {
				found = append(found, m)
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "messages": found})
	case method == "conversations.replies":
		root := r.URL.Query().Get("ts")
		found := slices.DeleteFunc(slices.Clone(o.messages), func(m map[string]any) bool { return m["ts"] != root && m["thread_ts"] != root })
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "messages": found})
	case json.Unmarshal(body, &in) != nil:
		_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_json"}`)
	case method == "chat.postMessage":
		in["ts"] = fmt.Sprintf("1700000000.%06d", len(o.messages))
		o.messages = append(o.messages, in)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "ts": in["ts"]})
	default: // chat.update, chat.delete
		for _, m := range o.messages {
			if m["ts"] == in["ts"] && method == "chat.update" {
				m["text"], m["metadata"] = in["text"], in["metadata"]
			} else if m["ts"] == in["ts"] {
				m["thread_ts"] = "deleted"
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "ts": in["ts"]})
	}
}

// hears waits until the webhook was told these stages of a story, and Slack has one message of it that says this, with
// the words in its thread.
func (o *others) hears(r *room, digest, says string, stages []config.Stage, words ...string) {
	r.t.Helper()
	limit := time.After(r.patience)
	for {
		changed := o.Changed()
		missing := o.missing(digest, says, stages, words)
		if missing == "" {
			return
		}
		select {
		case <-changed:
		case <-limit:
			r.t.Fatalf("%s\n%s", missing, r.log)
		}
	}
}

// posts waits until the incoming webhook has got messages with these words, and answers all that it got.
func (o *others) posts(r *room, words ...string) (all []string) {
	r.t.Helper()
	limit := time.After(r.patience)
	for _, w := range words {
		for {
			var got bool
			changed := o.Changed()
			o.mu.Lock()
			got, all = slices.ContainsFunc(o.posted, func(text string) bool { return strings.Contains(text, w) }), slices.Clone(o.posted)
			o.mu.Unlock()
			if got {
				break
			}
			select {
			case <-changed:
			case <-limit:
				r.t.Fatalf("the incoming webhook was not told %q: %q\n%s", w, all, r.log)
			}
		}
	}
	return all
}

func (o *others) missing(digest, says string, stages []config.Stage, words []string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, stage := range stages {
		if !slices.ContainsFunc(o.hooked, func(s notify.Step) bool { return s.Stage == stage && strings.HasSuffix(s.Story, digest) }) {
			return fmt.Sprintf("the webhook was not told %s of %s", stage, digest)
		}
	}
	var roots []map[string]any
	for _, m := range o.messages {
		if text, _ := json.Marshal(m["metadata"]); m["thread_ts"] == nil && strings.Contains(string(text), digest) {
			roots = append(roots, m)
		}
	}
	if len(roots) != 1 || roots[0]["text"] != says {
		return fmt.Sprintf("Slack has of %s %v and not %q", digest, roots, says)
	}
	for _, word := range words {
		if !slices.ContainsFunc(o.messages, func(m map[string]any) bool {
			return m["thread_ts"] == roots[0]["ts"] && strings.Contains(fmt.Sprint(m["text"]), word)
		}) {
			return fmt.Sprintf("no message in the thread says %q", word)
		}
	}
	return ""
}

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
	o := newOthers(t, nil)
	r := enter(t, 60, o.talkative(t))
	places := []*mailbox{r.bus(), r.topic("everyone")}
	site := func(env ...string) string {
		return r.push(env[0], r.site(runtime.GOARCH, append(env[1:], "SITE_VERSION="+env[0])...), r.password())
	}

	good := site("v1")
	places[0].hears(good, config.StageWaitBegan)
	r.goesLive("v1")
	broken := site("v2", "SITE_FAULT=broken")
	for _, m := range places {
		steps := m.hears(good, config.StageStarted, config.StageTesting, config.StageTestsPassed, config.StageLive, config.StageWaitBegan, config.StageFinished)
		var story strings.Builder
		for _, s := range steps {
			story.WriteString(s.Text + "\n")
		}
		quoted(t, "../../docs/notify.md", "sample-website:v1 is being deployed", story.String())
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
	o.hears(r, good, "sample-website: sample-website:v1 is finished", []config.Stage{config.StageStarted, config.StageTestsPassed, config.StageLive, config.StageFinished},
		"is being deployed", "passed its tests", "all of production goes to it", "what served before is gone")
	o.hears(r, broken, "sample-website: sample-website:v2 is rolled back", []config.Stage{config.StageTestsFailed, config.StageRolledBack},
		`the body does not contain "Sample Website"`, "what served before serves")
	o.posts(r, "v1 is live*", "v2 failed its tests*", "v2 is rolled back*")
	r.pushedBefore("v1", good)
	for _, m := range places {
		if s := m.hears(good, config.StageSuperseded)[0]; !strings.Contains(s.Text, "sample-website:v1 is superseded by sample-website:v2") {
			t.Errorf("%+v", s)
		}
	}
	for _, text := range o.posts(r, "v1 is superseded by") {
		for _, other := range []string{"is being", "passed", "kept for a while", "finished"} {
			if title, _, _ := strings.Cut(text, "\n"); strings.Contains(title, other) {
				t.Errorf("the incoming webhook got %q", text)
			}
		}
	}
	if strings.Contains(strings.Join(r.log.list(), "\n"), "hunter2") {
		t.Error("the incoming webhook's address is in a log")
	}
	r.noDeadLetters()
	r.usesAllBeyond("told")
}

// Nobody can be told: there is no topic, the webhook throttles for an hour and Slack never answers, or nonsense.
func TestDestinationsThatAreAllBrokenChangeNothingForADeploymentAndEndAsDeadLetters(t *testing.T) {
	t.Parallel()
	o := newOthers(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/hook":
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		case strings.Contains(r.URL.Path, "history"):
			_, _ = io.WriteString(w, "<html>busy</html>")
		}
	})
	r := enter(t, 60, o.talkative(t))
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	now := r.goesLive("v1")
	if now.Deployment.Status != "Succeeded" {
		t.Errorf("the deployment: %+v", now.Deployment)
	}
	queues := sqs.NewFromConfig(r.aws)
	url, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("cutover-notify-dlq")})
	r.need(err)
	want := []string{"tell everyone that", "tell team that"} // the webhook's is waited for longer than a test
	for end := time.Now().Add(r.patience); len(want) > 0; {
		if time.Now().After(end) {
			t.Fatalf("no dead letter says %v\n%s", want, r.log)
		}
		out, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		r.need(err)
		for _, m := range out.Messages {
			want = slices.DeleteFunc(want, func(words string) bool { return strings.Contains(*m.Body, words) })
			if strings.Contains(*m.Body, "xoxb-of-the-team") {
				t.Error("a token is in a dead letter")
			}
		}
	}
	r.noDeadLetters()
	if strings.Contains(strings.Join(r.log.list(), "\n"), "xoxb-of-the-team") {
		t.Error("a token is in a log")
	}
}
