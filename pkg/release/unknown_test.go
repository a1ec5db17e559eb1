package release

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// tomorrow is an ECS that knows more than the SDK: its base has members of that kind, and it keeps those of a revision
// unless it forgets them. The wire behind it knows what the SDK knows.
type tomorrow struct {
	behind  http.Handler
	forgets bool
	sent    map[string]any // the last revision that was to be registered
}

const restart = `{"enabled": true, "attempts": 3.50}`

func (e *tomorrow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if operation != "DescribeTaskDefinition" && operation != "RegisterTaskDefinition" {
		e.behind.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	if operation == "RegisterTaskDefinition" {
		var in map[string]any
		_ = json.Unmarshal(body, &in)
		e.sent = in
		body = known(in)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer := httptest.NewRecorder()
	e.behind.ServeHTTP(answer, r)
	var out map[string]any
	_ = json.Unmarshal(answer.Body.Bytes(), &out)
	if d, ok := out["taskDefinition"].(map[string]any); ok && (d["family"] == "sample-website-base" || operation == "RegisterTaskDefinition" && !e.forgets) {
		d["bootOrder"] = "sidecars first"
		d["containerDefinitions"].([]any)[1].(map[string]any)["healing"] = json.RawMessage(restart)
		d["requiresAttributes"] = []any{map[string]any{"name": "com.amazonaws.ecs.capability.healing", "since": "tomorrow"}}
	}
	w.WriteHeader(answer.Code)
	_ = json.NewEncoder(w).Encode(out)
}

// known is a request without what only tomorrow knows.
func known(in map[string]any) []byte {
	less := map[string]any{}
	text, _ := json.Marshal(in)
	_ = json.Unmarshal(text, &less)
	delete(less, "bootOrder")
	delete(less["containerDefinitions"].([]any)[1].(map[string]any), "healing")
	text, _ = json.Marshal(less)
	return text
}

func TestWhatTheSDKDoesNotKnowOfTheBaseIsInTheRevisionToo(t *testing.T) {
	w, ecs := newWorld(image(v2, "latest")), &tomorrow{}
	l := w.wiredBehind(t, func(srv http.Handler) http.Handler { ecs.behind = srv; return ecs })
	got, err := l.Handle(t.Context(), []byte(byInvocation))
	if err != nil || got.Decision != Deploy || got.Deployment == "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	var healing any
	_ = json.Unmarshal([]byte(restart), &healing)
	if diff := cmp.Diff(healing, ecs.sent["containerDefinitions"].([]any)[1].(map[string]any)["healing"]); diff != "" {
		t.Error(diff)
	}
	if ecs.sent["bootOrder"] != "sidecars first" || ecs.sent["requiresAttributes"] != nil {
		t.Errorf("sent %v", ecs.sent)
	}
	if is := ecs.sent["containerDefinitions"].([]any)[0].(map[string]any)["image"]; is != wished(v2).Images[0].Reference() {
		t.Errorf("the image is %v", is)
	}
}

func TestAReleaseThatWouldLoseWhatTheSDKDoesNotKnowIsRefusedWithItsNames(t *testing.T) {
	w, ecs := newWorld(image(v2, "latest")), &tomorrow{forgets: true}
	l := w.wiredBehind(t, func(srv http.Handler) http.Handler { ecs.behind = srv; return ecs })
	for range 2 { // at first by what was answered, then by what is found
		got, err := l.Handle(t.Context(), []byte(byInvocation))
		if err != nil || got.Decision != Refuse || !strings.Contains(got.Reason, "has not kept bootOrder, containerDefinitions[1].healing of base") {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if n := count(w.calls, "RegisterTaskDefinition"); n != 1 || len(w.Deployments) > 0 {
		t.Errorf("%d revisions were registered, %d deployments made", n, len(w.Deployments))
	}
}

func TestTheSDKKnowsAllThatItHasAFieldFor(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.Base = fullBase()
	base, err := live.ReadRevision(t.Context(), w.wired(t).aws.Services, w.Base.ARN())
	if err != nil || len(base.Unknown) > 0 {
		t.Errorf("%v, %v", base.Unknown, err)
	}
}
