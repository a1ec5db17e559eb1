package release

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// ofPage is the block of the page about gates that begins so.
func ofPage(t *testing.T, first string) string {
	t.Helper()
	block, err := transcript.Find("../../docs/gates.md", first)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(block.Text)
}

// members are the names of a document's members, those of lists and objects within included.
func members(document any, at string, into map[string]bool) {
	switch v := document.(type) {
	case map[string]any:
		for key, value := range v {
			into[at+"."+key] = true
			members(value, at+"."+key, into)
		}
	case []any:
		for _, value := range v {
			members(value, at+"[]", into)
		}
	}
}

func TestAGateFunctionIsAskedAndAnswersAsThePageSays(t *testing.T) {
	var asked map[string]any
	for _, reply := range []string{`{"open": true}`, `{"open": false`} {
		text := ofPage(t, reply)
		w := newWorld(image(v2, "v7"), image(3, "latest")).runs(wished(1)).had(deployment(wished(1), succeeded))
		tag(w, live.TagPin, "v7@"+digestOf(v2)+" by alice")
		w.gate = func(request []byte) *lambda.InvokeOutput {
			if err := json.Unmarshal(request, &asked); err != nil {
				t.Error(err)
			}
			return answers(text)(nil)
		}
		got, err := w.handle(t, deployedWith(gated), byInvocation)
		want, reason := Hold, "the gate function holds sample-website:v7: ticket OPS-7 is not approved"
		if strings.Contains(text, "true") {
			want, reason = Deploy, ""
		}
		if err != nil || got.Decision != want || !strings.Contains(got.Reason, reason) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	var shown map[string]any
	if err := json.Unmarshal([]byte(ofPage(t, "{")), &shown); err != nil {
		t.Fatal(err)
	}
	is, told := map[string]bool{}, map[string]bool{}
	members(asked, "", is)
	members(shown, "", told)
	if got, want := slices.Sorted(maps.Keys(is)), slices.Sorted(maps.Keys(told)); !slices.Equal(got, want) {
		t.Errorf("it is asked with %v, and the page tells %v", got, want)
	}
}
