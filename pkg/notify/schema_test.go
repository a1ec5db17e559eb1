package notify

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/config"
)

var update = flag.Bool("update", false, "write event.schema.json anew")

// published is an event as EventBridge hands it to whoever has a rule for it.
type published struct {
	Version    string    `json:"version"`
	ID         string    `json:"id"`
	DetailType string    `json:"detail-type"`
	Source     string    `json:"source"`
	Account    string    `json:"account"`
	Time       time.Time `json:"time"`
	Region     string    `json:"region"`
	Resources  []string  `json:"resources"`
	Detail     Step      `json:"detail"`
}

func TestThePublishedSchemaIsThatOfTheTypes(t *testing.T) {
	r := &jsonschema.Reflector{Anonymous: true, DoNotReference: true, AllowAdditionalProperties: true}
	if err := r.AddGoComments("github.com/cutover-ecs/cutover/pkg/notify", "."); err != nil {
		t.Fatal(err)
	}
	schema := r.Reflect(published{})
	schema.Title = "An event of Cutover's: one step of the story of a push"
	kind, _ := schema.Properties.Get("detail-type")
	for _, d := range DetailTypes() {
		kind.Enum = append(kind.Enum, d)
	}
	source, _ := schema.Properties.Get("source")
	source.Const = Source
	detail, _ := schema.Properties.Get("detail")
	stage, _ := detail.Properties.Get("stage")
	for _, s := range config.Stages() {
		stage.Enum = append(stage.Enum, s)
	}
	want, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("event.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("event.schema.json")
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("event.schema.json is not what the types say (%v); run `go test ./pkg/notify -update` and commit it", err)
	}
}

// valid fails the test unless an event with that detail is as the schema says.
func valid(t *testing.T, detailType, detail string) {
	t.Helper()
	schema, err := validator.NewCompiler().Compile("event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": "1", "detail-type": detailType, "source": Source, "account": "111122223333", "time": "2026-11-24T10:00:00Z",
		"region": "us-east-1", "resources": []string{}, "detail": json.RawMessage(detail),
	})
	if err != nil {
		t.Fatal(err)
	}
	document, err := validator.UnmarshalJSON(bytes.NewReader(event))
	if err == nil {
		err = schema.Validate(document)
	}
	if err != nil {
		t.Errorf("%s: %v", detail, err)
	}
}

func TestEveryStageHasItsDetailTypeAndItsWords(t *testing.T) {
	var seen []string
	for _, stage := range config.Stages() {
		d, words := detailTypes[stage], titles[stage]
		if d == "" || words == "" || slices.Contains(seen, d) {
			t.Errorf("%s is an event %q and told as %q", stage, d, words)
		}
		seen = append(seen, d)
	}
}

func TestTheEventOfThePageIsAsTheSchemaSays(t *testing.T) {
	block, err := transcript.Find("../../docs/notify.md", "{")
	if err != nil {
		t.Fatal(err)
	}
	var s Step
	strict := json.NewDecoder(strings.NewReader(block.Text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&s); err != nil {
		t.Fatal(err)
	}
	valid(t, detailTypes[s.Stage], block.Text)
	if tag, _, _ := strings.Cut(s.Image, "@"); s.Title != s.Service+": "+fmt.Sprintf(titles[s.Stage], tag) {
		t.Errorf("%s is told as %q", s.Stage, s.Title)
	}
}
