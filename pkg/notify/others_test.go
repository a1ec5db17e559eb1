package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/cutover-ecs/cutover/pkg/call/secretsmanager"
	"github.com/cutover-ecs/cutover/pkg/call/ssm"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// other is somebody else's server and its secret.
type other struct {
	*world
	server *httptest.Server
	secret string
	mu     sync.Mutex
	calls  []call
}

// call is one that the server got.
type call struct {
	method, path string
	header       http.Header
	body         string
}

func (o *other) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: o.secret}, o.fails["GetSecretValue"]
}

// newOther is a server that answers so, counting from one.
func newOther(t *testing.T, secret string, answer func(n int, w http.ResponseWriter, c call)) *other {
	t.Helper()
	o := &other{world: newWorld(t), secret: secret}
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c := call{r.Method, r.URL.String(), r.Header, string(body)}
		o.mu.Lock()
		o.calls = append(o.calls, c)
		n := len(o.calls)
		o.mu.Unlock()
		answer(n, w, c)
	}))
	t.Cleanup(o.server.Close)
	return o
}

// count of the calls that came.
func (o *other) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.calls)
}

// hand hands a step to a destination.
func (o *other) hand(d config.Destination, s Step) error {
	client := NewHTTP()
	defer client.CloseIdleConnections()
	n := New("cutover", nil, Clients{Secrets: func() Secrets { return o }, HTTP: func() *http.Client { return client }}, slog.New(slog.NewJSONHandler(&o.records, nil)))
	n.pause = time.Millisecond
	return n.Handle(o.t.Context(), json.RawMessage(toDestination(o.t, d, s)))
}

func aStep(stage config.Stage, at time.Time) Step {
	return Step{Stage: stage, Service: "sample-website", Cluster: "cutover", Deployment: "d-1", Image: pushedImage, At: at}
}

func (o *other) webhook() config.Destination {
	return config.Destination{Name: "hook", Webhook: &config.Webhook{URL: o.server.URL + "/hook", Secret: "arn:hook"}}
}

func TestAWebhookIsSignedSoThatItsReceiverCanTell(t *testing.T) {
	const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	o := newOther(t, key, func(int, http.ResponseWriter, call) {})
	if err := o.hand(o.webhook(), aStep(config.StageLive, began)); err != nil || len(o.calls) != 1 {
		t.Fatalf("%v, %d calls", err, len(o.calls))
	}
	c := o.calls[0]
	var s Step
	if err := json.Unmarshal([]byte(c.body), &s); err != nil || s.Stage != config.StageLive || c.header.Get("Webhook-Id") != s.ID || c.method != "POST" || c.path != "/hook" {
		t.Errorf("%v, %+v", err, c)
	}
	want, err := sign(key, s.ID, c.header.Get("Webhook-Timestamp"), []byte(c.body))
	if err != nil || c.header.Get("Webhook-Signature") != "v1,"+want {
		t.Errorf("signed %s and not %s", c.header.Get("Webhook-Signature"), want)
	}
}

// The example is that of the specification's reference libraries
// (https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries).
func TestASignatureIsThatOfStandardWebhooks(t *testing.T) {
	got, err := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if err != nil || got != "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := sign("whsec_*", "", "", nil); err == nil {
		t.Error("what is no base64 signs")
	}
	if got, err := sign("text", "a", "1", []byte("b")); err != nil || len(got) != base64.StdEncoding.EncodedLen(32) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAnOtherSideThatFailsIsTriedAgainWhereThatHelpsAndNeverLongerThanThereIsTime(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(n int, w http.ResponseWriter)
		calls  int
		err    string
	}{
		"throttled once": {func(n int, w http.ResponseWriter) {
			if n == 1 {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(429)
			}
		}, 2, ""},
		"down for good":     {func(_ int, w http.ResponseWriter) { w.WriteHeader(503) }, 3, "it answered 503"},
		"no such address":   {func(_ int, w http.ResponseWriter) { w.WriteHeader(404); fmt.Fprint(w, "s3cr3t-key is unknown") }, 1, `it answered 404: "[masked] is unknown"`},
		"leads elsewhere":   {func(_ int, w http.ResponseWriter) { w.Header().Set("Location", "/else"); w.WriteHeader(302) }, 1, "it answered 302"},
		"answers nonsense":  {func(_ int, w http.ResponseWriter) { fmt.Fprint(w, "\x00\xff{") }, 1, ""},
		"answers endlessly": {func(_ int, w http.ResponseWriter) { _, _ = w.Write(make([]byte, 2*mostAnswer)) }, 1, "longer than"},
		"hangs up":          {func(int, http.ResponseWriter) { panic(http.ErrAbortHandler) }, 3, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOther(t, "s3cr3t-key", func(n int, w http.ResponseWriter, _ call) { test.answer(n, w) })
			err := o.hand(o.webhook(), aStep(config.StageLive, began))
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) || o.count() != test.calls {
				t.Errorf("after %d calls: %v", o.count(), err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t-key") || strings.Contains(o.records.String(), "s3cr3t-key") {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

func TestWhoeverAsksToWaitLongerThanThereIsTimeIsToldLater(t *testing.T) {
	o := newOther(t, "key", func(_ int, w http.ResponseWriter, _ call) { w.Header().Set("Retry-After", "3600"); w.WriteHeader(429) })
	ctx, cancel := context.WithCancel(t.Context())
	o.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
		cancel() // the time is up while it is waited
	})
	err := webhook{config.Webhook{URL: o.server.URL, Secret: "arn"}, reach{NewHTTP(), func() Secrets { return o }, nil, time.Millisecond}}.tell(ctx, aStep(config.StageLive, began))
	if err == nil || !strings.Contains(err.Error(), "the time is up") && !strings.Contains(err.Error(), "context canceled") {
		t.Error(err)
	}
}

// store is a Parameter Store of one secure string.
type store struct {
	value string
	fails error
}

func (s store) GetParameter(_ context.Context, in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	if s.fails != nil {
		return nil, s.fails
	}
	out := &ssm.GetParameterOutput{}
	if in.WithDecryption {
		out.Parameter.Value = s.value
	}
	return out, nil
}

func TestATokenMayStandInTheParameterStore(t *testing.T) {
	const arn = "arn:aws:ssm:us-east-1:111122223333:parameter/team/hook"
	o := newOther(t, "the wrong key", func(_ int, w http.ResponseWriter, c call) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, "what is the-parameters-key?")
	})
	tell := func(s store) error {
		r := reach{NewHTTP(), func() Secrets { return o }, func() Parameters { return s }, time.Millisecond}
		return webhook{config.Webhook{URL: o.server.URL, Secret: arn}, r}.tell(t.Context(), aStep(config.StageLive, began))
	}
	err := tell(store{value: "the-parameters-key"})
	if err == nil || strings.Contains(err.Error(), "the-parameters-key") || len(o.calls) != 1 {
		t.Fatalf("%v, %d calls", err, len(o.calls))
	}
	sent := o.calls[0].header
	want, _ := sign("the-parameters-key", sent.Get("Webhook-Id"), sent.Get("Webhook-Timestamp"), []byte(o.calls[0].body))
	if sent.Get("Webhook-Signature") != "v1,"+want {
		t.Error("it is not signed by the parameter's key")
	}
	if err := tell(store{}); err == nil || !strings.Contains(err.Error(), "the parameter "+arn+" has no text") {
		t.Error(err)
	}
	if err := tell(store{fails: &ssmtypes.ParameterNotFound{}}); err == nil || !strings.Contains(err.Error(), "read the parameter "+arn+": ParameterNotFound") {
		t.Error(err)
	}
}

// workspace is what Slack's Web API keeps of one channel
// (https://docs.slack.dev/reference/methods/chat.postMessage, chat.update, chat.delete, conversations.history,
// conversations.replies).
type workspace struct {
	t        *testing.T
	messages []message
	deleted  []string
	// late are messages that somebody else posts just before ours.
	late []message
	// beside is what somebody else does once just after one of our calls of that method.
	beside map[string]func()
}

// write is an update of a message.
func (s *workspace) write(in message) {
	for i := range s.messages {
		if s.messages[i].TS == in.TS {
			s.messages[i].Text, s.messages[i].Metadata = in.Text, in.Metadata
		}
	}
}

func (s *workspace) answer(_ int, w http.ResponseWriter, c call) {
	method := c.path[strings.LastIndex(c.path, "/")+1:]
	var in message
	if c.header.Get("Authorization") != "Bearer xoxb-0123456789" {
		fmt.Fprint(w, `{"ok":false,"error":"invalid_auth"}`)
		return
	}
	if c.method == http.MethodPost {
		if err := json.Unmarshal([]byte(c.body), &in); err != nil || in.Channel != "C0123456789" {
			s.t.Errorf("%s: %v", c.body, err)
		}
	}
	name, _, _ := strings.Cut(method, "?")
	defer func() {
		if other, ok := s.beside[name]; ok {
			delete(s.beside, name)
			other()
		}
	}()
	switch name {
	case "conversations.history":
		if !strings.Contains(c.path, "include_all_metadata=true") || !strings.Contains(c.path, "channel=C0123456789") {
			s.t.Error(c.path)
		}
		var newestFirst []message
		for i := len(s.messages) - 1; i >= 0; i-- {
			if s.messages[i].ThreadTS == "" {
				newestFirst = append(newestFirst, s.messages[i])
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "messages": newestFirst, "has_more": false})
	case "conversations.replies":
		_, query, _ := strings.Cut(c.path, "?")
		asked, _ := url.ParseQuery(query)
		var oldestFirst []message
		for _, m := range s.messages {
			if root := asked.Get("ts"); root != "" && (m.TS == root || m.ThreadTS == root) {
				oldestFirst = append(oldestFirst, m)
			}
		}
		if asked.Get("include_all_metadata") != "true" || asked.Get("channel") != "C0123456789" || len(oldestFirst) == 0 {
			s.t.Error(c.path)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "messages": oldestFirst, "has_more": false})
	case "chat.postMessage":
		if in.ThreadTS == "" {
			s.messages = append(s.messages, s.late...)
		}
		in.TS = fmt.Sprintf("1700000000.%06d", len(s.messages))
		s.messages = append(s.messages, in)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "channel": in.Channel, "ts": in.TS})
	case "chat.update":
		s.write(in)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "ts": in.TS})
	case "chat.delete":
		s.deleted = append(s.deleted, in.TS)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "ts": in.TS})
	default:
		s.t.Errorf("Slack has no %s for us", name)
	}
}

func (o *other) slack() config.Destination {
	return config.Destination{Name: "team", Slack: &config.Slack{Channel: "C0123456789", Token: "arn:slack", API: o.server.URL + "/api"}}
}

func TestOfStepsThatAreToldSlackAtTheSameTimeTheNewestStands(t *testing.T) {
	failed, back := aStep(config.StageTestsFailed, began.Add(time.Minute)), aStep(config.StageRolledBack, began.Add(2*time.Minute))
	for name, c := range map[string]struct {
		ours, others Step
		after        string // the method of ours
	}{
		"a newer one is written before our look":                  {failed, back, "chat.postMessage"},
		"a newer one is written between our look and our update":  {failed, back, "conversations.replies"},
		"an older one is written over ours":                       {back, failed, "chat.update"},
		"an older one is written between our look and our update": {back, failed, "conversations.replies"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &workspace{t: t}
			o := newOther(t, "xoxb-0123456789", s.answer)
			if err := o.hand(o.slack(), aStep(config.StageTesting, began)); err != nil {
				t.Fatal(err)
			}
			c.others.Story = s.messages[0].Metadata.EventPayload.Story
			c.others.complete()
			s.beside = map[string]func(){c.after: func() {
				s.messages = append(s.messages, message{TS: "1700000000.999999", ThreadTS: s.messages[0].TS,
					Metadata: &metadata{stepType, payload{c.others.Story, c.others.At, c.others.Stage, c.others.Title}}})
				s.write(headline("C0123456789", s.messages[0].TS, c.others))
			}}
			if err := o.hand(o.slack(), c.ours); err != nil {
				t.Fatal(err)
			}
			if got := s.messages[0]; got.Metadata.EventPayload.Stage != back.Stage || got.Text != "sample-website: sample-website:v2 is rolled back" || len(s.beside) > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestAStoryIsOneMessageInSlackThatSaysHowItStandsWithTheStepsInItsThread(t *testing.T) {
	s := &workspace{t: t}
	o := newOther(t, "xoxb-0123456789", s.answer)
	for i, stage := range []config.Stage{config.StageStarted, config.StageLive, config.StageTesting} { // the last comes late
		at := began.Add(time.Duration([]int{0, 5, 2}[i]) * time.Minute)
		if err := o.hand(o.slack(), aStep(stage, at)); err != nil {
			t.Fatal(err)
		}
	}
	root := s.messages[0]
	if root.Text != "sample-website: sample-website:v2 is live" || root.Metadata == nil || !root.Metadata.EventPayload.At.Equal(began.Add(5*time.Minute)) {
		t.Errorf("%+v", root)
	}
	if len(s.messages) != 4 {
		t.Fatalf("%+v", s.messages)
	}
	for i, want := range []string{"is being deployed", "all of production goes to it", "is being tested"} {
		if m := s.messages[i+1]; m.ThreadTS != root.TS || !strings.Contains(m.Text, want) {
			t.Errorf("%+v", m)
		}
	}
}

func TestOfStepsInOneMillisecondTheLaterStageIsWhatTheMessageSays(t *testing.T) {
	for _, order := range [][]config.Stage{{config.StageTestsFailed, config.StageRolledBack}, {config.StageRolledBack, config.StageTestsFailed}} {
		s := &workspace{t: t}
		o := newOther(t, "xoxb-0123456789", s.answer)
		for _, stage := range order {
			at := began // CodeDeploy's times have milliseconds, the function's clock is finer
			if stage == config.StageTestsFailed {
				at = at.Add(300 * time.Microsecond)
			}
			if err := o.hand(o.slack(), aStep(stage, at)); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.messages[0].Text; !strings.HasSuffix(got, "is rolled back") {
			t.Errorf("told in the order %v it says %q", order, got)
		}
	}
}

func TestOfTwoMessagesOfAStoryTheOlderOneStays(t *testing.T) {
	step := aStep(config.StageTesting, began)
	step.complete()
	first := headline("C0123456789", "1600000000.000000", step)
	s := &workspace{t: t, late: []message{first}}
	o := newOther(t, "xoxb-0123456789", s.answer)
	if err := o.hand(o.slack(), aStep(config.StageTestsPassed, began.Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	if len(s.deleted) != 1 || s.deleted[0] == first.TS || s.messages[len(s.messages)-1].ThreadTS != first.TS {
		t.Errorf("deleted %v of %+v", s.deleted, s.messages)
	}
	if !strings.Contains(s.messages[0].Text, "passed its tests") {
		t.Errorf("the message says %q", s.messages[0].Text)
	}
}

func TestWhatSlackRefusesIsAnErrorThatTellsNoToken(t *testing.T) {
	o := newOther(t, "xoxb-wrong-token", (&workspace{t: t}).answer)
	if err := o.hand(o.slack(), aStep(config.StageLive, began)); err == nil || !strings.Contains(err.Error(), `refused by Slack: "invalid_auth"`) || strings.Contains(err.Error(), "wrong") {
		t.Error(err)
	}
	o = newOther(t, "xoxb-0123456789", func(_ int, w http.ResponseWriter, _ call) { fmt.Fprint(w, "<html>") })
	if err := o.hand(o.slack(), aStep(config.StageLive, began)); err == nil || !strings.Contains(err.Error(), "not Slack's") {
		t.Error(err)
	}
	o.fails["GetSecretValue"] = io.ErrUnexpectedEOF
	if err := o.hand(o.slack(), aStep(config.StageLive, began)); err == nil || !strings.Contains(err.Error(), "read the secret arn:slack") {
		t.Error(err)
	}
}
