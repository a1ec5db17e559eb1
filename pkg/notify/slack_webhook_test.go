package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// documentedWebhook is what Slack's pages say of its incoming webhooks.
type documentedWebhook struct {
	Request any
	Answers []struct {
		Status      int
		Body        string
		RetryAfter  string
		Told, Again bool
	}
}

const hookPath = "/services/T00000000/B00000000/XXXXhunter2XXXX"

func incomingWebhooks(t *testing.T) (all documentedWebhook, request *validator.Schema) {
	t.Helper()
	text, err := os.ReadFile("testdata/slack-webhook.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("request.json", all.Request); err != nil {
		t.Fatal(err)
	}
	if request, err = c.Compile("request.json"); err != nil {
		t.Fatal(err)
	}
	return all, request
}

func (o *other) incoming() config.Destination {
	o.secret = o.server.URL + hookPath + "\n"
	return config.Destination{Name: "team", Slack: &config.Slack{Webhook: "arn:slack"}}
}

func TestAnIncomingWebhookGetsAMessageForEachStepAndEveryAnswerIsUnderstood(t *testing.T) {
	documented, request := incomingWebhooks(t)
	for _, answer := range documented.Answers {
		t.Run(fmt.Sprint(answer.Status, " ", answer.Body), func(t *testing.T) {
			o := newOther(t, "", func(_ int, w http.ResponseWriter, c call) {
				document, err := validator.UnmarshalJSON(strings.NewReader(c.body))
				if err == nil {
					err = request.Validate(document)
				}
				if err != nil || c.method != http.MethodPost || c.path != hookPath || c.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s %s %s: %v", c.method, c.path, c.body, err)
				}
				if answer.RetryAfter != "" {
					w.Header().Set("Retry-After", answer.RetryAfter)
				}
				w.WriteHeader(answer.Status)
				fmt.Fprint(w, answer.Body)
			})
			step := aStep(config.StageRefused, began)
			step.Reason = "<b> & more"
			err := o.hand(o.incoming(), step)
			calls := 1
			if answer.Again {
				calls = mostCalls
			}
			if (err == nil) != answer.Told || o.count() != calls {
				t.Errorf("%d calls: %v", o.count(), err)
			}
			if err != nil && (!strings.Contains(err.Error(), answer.Body) || !strings.Contains(err.Error(), "tell team that")) {
				t.Errorf("it does not tell why: %v", err)
			}
			var sent struct{ Text string }
			if err := json.Unmarshal([]byte(o.calls[0].body), &sent); err != nil || !strings.HasPrefix(sent.Text, "*sample-website: sample-website:v2 is ") || !strings.Contains(sent.Text, "&lt;b&gt; &amp; more") {
				t.Errorf("%q %v", sent.Text, err)
			}
		})
	}
}

func TestNobodyIsToldTheAddressOfAnIncomingWebhook(t *testing.T) {
	o := newOther(t, "", func(_ int, w http.ResponseWriter, c call) { // an answer that says it all again
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, "no such place: "+c.path+" XXXXhunter2XXXX")
	})
	d := o.incoming()
	told := []error{o.hand(d, aStep(config.StageLive, began))}
	o.server.Close() // what the client says of an address that nobody answers at
	told = append(told, o.hand(d, aStep(config.StageLive, began)))
	for _, wrong := range []string{"xoxb-hunter2", "http://hooks.example/hunter2", "https://%hunter2", ""} {
		o.secret = wrong
		told = append(told, o.hand(d, aStep(config.StageLive, began)))
	}
	for i, err := range told {
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "T00000000/B") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if text := o.records.String(); strings.Contains(text, "hunter2") {
		t.Errorf("the log tells it: %s", text)
	}
	if err := told[2]; !strings.Contains(err.Error(), "the secret arn:slack holds no address that begins with https://") {
		t.Error(err)
	}
}

func TestAnAnswerThatIsNotSlacksIsNoSuccess(t *testing.T) {
	o := newOther(t, "", func(_ int, w http.ResponseWriter, _ call) { fmt.Fprint(w, "<html>Please log in</html>") })
	if err := o.hand(o.incoming(), aStep(config.StageLive, began)); err == nil || !strings.Contains(err.Error(), "the answer is not Slack's") {
		t.Error(err)
	}
}
