package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// described is GitHub's own description of the operations that are called: what it takes, and an answer of each.
type documented struct {
	Method  string
	Path    string
	Query   []string
	Request any
	Status  int
	Example any
}

func operationsOfGitHub(t *testing.T) map[string]documented {
	t.Helper()
	text, err := os.ReadFile("testdata/github.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Operations map[string]documented }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Operations
}

// gitHub answers as GitHub's description says, and refuses what that does not allow.
type gitHub struct {
	*other
	operations  map[string]documented
	requests    map[string]*validator.Schema
	statuses    []map[string]any
	deployments []map[string]any
	told        map[float64][]map[string]any
	answer      func(n int, w http.ResponseWriter, c call) bool // true when it answered
	labels      map[string]string
	asked       int
	err         error
}

const sha = "3f2c9d1c6a0b8d7e5f4a3b2c1d0e9f8a7b6c5d4e"

func newGitHub(t *testing.T) *gitHub {
	t.Helper()
	g := &gitHub{operations: operationsOfGitHub(t), requests: map[string]*validator.Schema{}, told: map[float64][]map[string]any{},
		labels: map[string]string{oci.Source: "https://github.com/octocat/Hello-World", oci.Revision: sha}}
	for name, o := range g.operations {
		if o.Request == nil {
			continue
		}
		compiler := validator.NewCompiler()
		if err := compiler.AddResource(name, o.Request); err != nil {
			t.Fatal(err)
		}
		schema, err := compiler.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		g.requests[name] = schema
	}
	g.other = newOther(t, "ghp_0123456789abcdef", func(n int, w http.ResponseWriter, c call) {
		if g.answer == nil || !g.answer(n, w, c) {
			g.serve(w, c)
		}
	})
	return g
}

// operation is which one a call is, with what its path names.
func (g *gitHub) operation(c call) (name string, params map[string]string) {
	u, err := url.Parse(c.path)
	if err != nil {
		return "", nil
	}
	is := strings.Split(strings.TrimPrefix(u.Path, "/api/v3"), "/")
	for name, o := range g.operations {
		parts := strings.Split(o.Path, "/")
		if o.Method != c.method || len(parts) != len(is) {
			continue
		}
		params, matches := map[string]string{}, true
		for i, p := range parts {
			if strings.HasPrefix(p, "{") {
				params[strings.Trim(p, "{}")] = is[i]
			} else {
				matches = matches && p == is[i]
			}
		}
		if matches {
			return name, params
		}
	}
	return "", nil
}

func (g *gitHub) serve(w http.ResponseWriter, c call) {
	name, params := g.operation(c)
	o := g.operations[name]
	u, _ := url.Parse(c.path)
	for key := range u.Query() {
		if !slices.Contains(o.Query, strings.ReplaceAll(key, "_", "-")) {
			g.t.Errorf("%s knows no %s", name, key)
		}
	}
	if name == "" || c.header.Get("Authorization") != "Bearer "+g.secret || c.header.Get("Accept") != "application/vnd.github+json" || params["owner"] != "octocat" {
		g.t.Errorf("%+v", c)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var in map[string]any
	if schema := g.requests[name]; schema != nil {
		value, err := validator.UnmarshalJSON(strings.NewReader(c.body))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil || json.Unmarshal([]byte(c.body), &in) != nil {
			g.t.Errorf("%s: %v: %s", name, err, c.body)
		}
		if text, _ := in["description"].(string); utf8.RuneCountInString(text) > 140 || strings.Contains(text, "\n") {
			g.t.Errorf("%s: %q is too long", name, text)
		}
	}
	g.mu.Lock()
	answer := g.keep(name, params, u.Query(), in, o.Example)
	g.mu.Unlock()
	w.WriteHeader(o.Status)
	_ = json.NewEncoder(w).Encode(answer)
}

// keep is the example with what was kept in it.
func (g *gitHub) keep(name string, params map[string]string, query url.Values, in map[string]any, example any) any {
	id, _ := strconv.ParseFloat(params["deployment_id"], 64)
	filled := func(over map[string]any) map[string]any {
		one := map[string]any{}
		for _, m := range []map[string]any{example.(map[string]any), over} {
			for k, v := range m {
				one[k] = v
			}
		}
		return one
	}
	switch name {
	case "createStatus":
		in["sha"], in["id"] = params["sha"], float64(len(g.statuses)+1)
		g.statuses = append([]map[string]any{filled(in)}, g.statuses...)
		return g.statuses[0]
	case "listStatuses":
		return append([]map[string]any{}, g.statuses...)
	case "createDeployment":
		in["id"] = float64(len(g.deployments) + 1)
		g.deployments = append(g.deployments, filled(in))
		return filled(in)
	case "listDeployments":
		found := []map[string]any{}
		for _, d := range g.deployments {
			if d["ref"] == query.Get("sha") && d["environment"] == query.Get("environment") {
				found = append(found, d)
			}
		}
		return found
	case "createDeploymentStatus":
		in["id"] = float64(len(g.told[id]) + 1)
		g.told[id] = append(g.told[id], in)
		return filled(in)
	default:
		return append([]map[string]any{}, g.told[id]...)
	}
}

func (g *gitHub) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	g.asked++
	manifest := fmt.Sprintf(`{"config": {"digest": %q}}`, sumOf(g.configuration()))
	return &ecr.BatchGetImageOutput{Images: []ecr.Image{{ImageManifest: manifest, ImageManifestMediaType: oci.ImageTypes[0]}}}, g.err
}

func (g *gitHub) GetDownloadUrlForLayer(context.Context, *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) {
	layers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(g.configuration())) }))
	g.t.Cleanup(layers.Close)
	return &ecr.GetDownloadUrlForLayerOutput{DownloadUrl: layers.URL}, nil
}

func (g *gitHub) configuration() string {
	labels, err := json.Marshal(g.labels)
	if err != nil {
		g.t.Fatal(err)
	}
	return `{"config": {"Labels": ` + string(labels) + `}}`
}

func sumOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (g *gitHub) destination() config.Destination {
	return config.Destination{Name: "commits", GitHub: &config.GitHub{Token: "arn:github", API: g.server.URL + "/api/v3", Host: "github.com",
		Environment: "production-{service}", EnvironmentURL: "https://{service}.example/"}}
}

// notifier is one process of the function.
func (g *gitHub) notifier() *Notifier {
	client := NewHTTP()
	g.t.Cleanup(client.CloseIdleConnections)
	n := New("cutover", nil, Clients{
		Deployments: g.world, AppSpecs: g.world, Revisions: g.world,
		Secrets: func() Secrets { return g.other }, HTTP: func() *http.Client { return client }, Images: func() oci.Reader { return g },
	}, slog.New(slog.NewJSONHandler(&g.records, nil)))
	n.pause = time.Millisecond
	return n
}

func (g *gitHub) tell(n *Notifier, stages ...config.Stage) {
	g.t.Helper()
	for _, stage := range stages {
		s := aStep(stage, began)
		s.Report = "https://reports.example/1"
		if err := n.Handle(g.t.Context(), json.RawMessage(toDestination(g.t, g.destination(), s))); err != nil {
			g.t.Fatal(stage, err)
		}
	}
}

func TestACommitIsToldItsStoryAsOneStatusAndOneDeployment(t *testing.T) {
	g := newGitHub(t)
	g.tell(g.notifier(), config.StageStarted, config.StageTesting, config.StageTestsPassed, config.StageShifting, config.StageLive, config.StageWaitBegan, config.StageFinished)
	if len(g.deployments) != 1 || g.asked != 1 {
		t.Fatalf("%v, the image was read %d times", g.deployments, g.asked)
	}
	for _, s := range g.statuses[1:] {
		if s["context"] != g.statuses[0]["context"] {
			t.Errorf("%v", s)
		}
	}
	got := []any{g.statuses[0]["context"], g.statuses[0]["state"], g.statuses[0]["sha"], g.statuses[0]["target_url"], g.statuses[0]["description"]}
	if d := cmp.Diff([]any{"cutover/sample-website", "success", sha, "https://reports.example/1", "sample-website:v2 is finished: what served before is gone (d-1)"}, got); d != "" {
		t.Error(d)
	}
	made := g.deployments[0]
	if made["ref"] != sha || made["environment"] != "production-sample-website" || made["auto_merge"] != false || len(made["required_contexts"].([]any)) != 0 {
		t.Errorf("%v", made)
	}
	var states []string
	for _, s := range g.told[1] {
		states = append(states, s["state"].(string))
	}
	last := g.told[1][len(states)-1]
	if last["state"] != "success" || states[0] != "in_progress" || last["environment_url"] != "https://sample-website.example/" || last["log_url"] != "https://reports.example/1" {
		t.Errorf("%v, %v", states, last)
	}
}

func TestAStepThatComesTwiceOrLateWritesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		stages []config.Stage
		again  config.Stage
		state  string
	}{
		"twice":                 {[]config.Stage{config.StageStarted}, config.StageStarted, "pending"},
		"testing after live":    {[]config.Stage{config.StageStarted, config.StageLive}, config.StageTesting, "success"},
		"live after rolledBack": {[]config.Stage{config.StageStarted, config.StageRolledBack}, config.StageLive, "failure"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGitHub(t)
			g.tell(g.notifier(), test.stages...)
			n, told := g.count(), len(g.told[1])
			g.tell(g.notifier(), test.again) // another process, which remembers nothing
			for _, c := range g.calls[n:] {
				if c.method != http.MethodGet {
					t.Errorf("%s %s %s", c.method, c.path, c.body)
				}
			}
			if len(g.told[1]) != told || g.statuses[0]["state"] != test.state {
				t.Errorf("%v, %v", g.statuses, g.told)
			}
		})
	}
}

func TestOfStepsThatGitHubIsToldAtTheSameTimeTheFurthestStands(t *testing.T) {
	push := func(stage config.Stage) Step {
		s := aStep(stage, began)
		s.Deployment = ""
		return s
	}
	for name, test := range map[string]struct {
		one, other Step
		commit     string
		deployment string
	}{
		"started and live":         {aStep(config.StageStarted, began), aStep(config.StageLive, began), "success", "success"},
		"live and started":         {aStep(config.StageLive, began), aStep(config.StageStarted, began), "success", "success"},
		"live and rolled back":     {aStep(config.StageLive, began), aStep(config.StageRolledBack, began), "failure", "failure"},
		"rolled back and live":     {aStep(config.StageRolledBack, began), aStep(config.StageLive, began), "failure", "failure"},
		"a push that waits, live":  {push(config.StageWaiting), aStep(config.StageLive, began), "success", "success"},
		"live, a push that waits":  {aStep(config.StageLive, began), push(config.StageWaiting), "success", "success"},
		"a push that waits, began": {push(config.StageWaiting), aStep(config.StageStarted, began), "pending", "in_progress"},
	} {
		t.Run(name, func(t *testing.T) {
			for at, more := 1, true; more; at++ { // the other is told between each two calls of the one
				g := newGitHub(t)
				tell := func(s Step) {
					if err := g.notifier().Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), s))); err != nil {
						t.Error(err)
					}
				}
				more = false
				g.answer = func(n int, _ http.ResponseWriter, _ call) bool {
					if n == at {
						more = true
						tell(test.other)
					}
					return false
				}
				tell(test.one)
				if !more {
					break
				}
				stands := g.statuses[0]
				if stands["state"] != test.commit || !strings.HasSuffix(stands["description"].(string), " (d-1)") {
					t.Errorf("before call %d: %v", at, stands)
				}
				last := g.told[1][len(g.told[1])-1]
				if last["state"] != test.deployment {
					t.Errorf("before call %d: %v", at, g.told)
				}
			}
		})
	}
}

func TestALateStepOfADeploymentBeforeLeavesTheOneThatCameAfter(t *testing.T) {
	g := newGitHub(t)
	next := aStep(config.StageStarted, began)
	next.Deployment = "d-2"
	g.tell(g.notifier(), config.StageStarted)
	if err := g.notifier().Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), next))); err != nil {
		t.Fatal(err)
	}
	g.tell(g.notifier(), config.StageRolledBack)
	if told := g.told[1]; g.statuses[0]["state"] != "pending" || told[len(told)-1]["state"] != "failure" {
		t.Errorf("%v, %v", g.statuses, g.told)
	}
}

func TestOfTwoDeploymentsMadeAtOnceTheOlderIsToldTheRest(t *testing.T) {
	g := newGitHub(t)
	raced := false
	g.answer = func(_ int, _ http.ResponseWriter, c call) bool {
		if name, _ := g.operation(c); name == "createDeployment" && !raced {
			raced = true
			g.tell(g.notifier(), config.StageTesting) // another step of it is faster
		}
		return false
	}
	g.tell(g.notifier(), config.StageStarted)
	g.tell(g.notifier(), config.StageLive)
	if older, younger := g.told[1], g.told[2]; len(g.deployments) != 2 || len(younger) != 1 || younger[0]["state"] != "inactive" || older[len(older)-1]["state"] != "success" {
		t.Errorf("%v", g.told)
	}
}

func TestAnotherDeploymentOfACommitBeginsAnew(t *testing.T) {
	g := newGitHub(t)
	g.tell(g.notifier(), config.StageStarted, config.StageTestsFailed)
	s := aStep(config.StageStarted, began)
	s.Deployment = "d-2"
	if err := g.notifier().Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), s))); err != nil {
		t.Fatal(err)
	}
	if len(g.deployments) != 2 || g.statuses[0]["state"] != "pending" || len(g.told[2]) != 1 {
		t.Errorf("%v, %v", g.statuses, g.deployments)
	}
}

func TestAPushWithoutADeploymentIsAStatusAlone(t *testing.T) {
	for stage, state := range map[config.Stage]string{config.StageHeld: "pending", config.StageRefused: "error", config.StageSuperseded: "error"} {
		g := newGitHub(t)
		s := aStep(stage, began)
		s.Deployment, s.Reason = "", strings.Repeat("größer ", 40)
		if err := g.notifier().Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), s))); err != nil {
			t.Fatal(err)
		}
		if len(g.deployments) > 0 || len(g.statuses) != 1 || g.statuses[0]["state"] != state || !strings.HasSuffix(g.statuses[0]["description"].(string), "…") {
			t.Errorf("%s: %v, %v", stage, g.statuses, g.deployments)
		}
	}
}

func TestWhatADeploymentCameToIsNotUnsaidByAPushThatHasNone(t *testing.T) {
	for _, stage := range []config.Stage{config.StageHeld, config.StageSuperseded} {
		g := newGitHub(t)
		g.tell(g.notifier(), config.StageStarted, config.StageRolledBack)
		s := aStep(stage, began)
		s.Deployment, s.Reason = "", "it was tried by deployment d-1, which failed"
		if err := g.notifier().Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), s))); err != nil {
			t.Fatal(err)
		}
		if g.statuses[0]["state"] != "failure" {
			t.Errorf("%s: %v", stage, g.statuses)
		}
	}
}

func TestAnImageThatIsNoCommitOfThisHostIsLeftOut(t *testing.T) {
	for name, labels := range map[string]map[string]string{
		"no labels":              {},
		"no commit":              {oci.Source: "https://github.com/octocat/Hello-World"},
		"another host":           {oci.Source: "https://gitlab.com/octocat/Hello-World", oci.Revision: sha},
		"a host that looks like": {oci.Source: "https://github.com.example/octocat/Hello-World", oci.Revision: sha},
		"no repository":          {oci.Source: "https://github.com/octocat", oci.Revision: sha},
		"a way out":              {oci.Source: "https://github.com/octocat/..%2f..", oci.Revision: sha},
		"a way up":               {oci.Source: "https://github.com/../../orgs", oci.Revision: sha},
		"a short commit":         {oci.Source: "https://github.com/octocat/Hello-World", oci.Revision: "3f2c9d1"},
		"a dirty commit":         {oci.Source: "https://github.com/octocat/Hello-World", oci.Revision: sha + "-dirty"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGitHub(t)
			g.labels = labels
			g.tell(g.notifier(), config.StageLive)
			if g.count() > 0 || !bytes.Contains(g.records.Bytes(), []byte(`"ignored","destination":"commits"`)) {
				t.Errorf("%d calls, %s", g.count(), &g.records)
			}
		})
	}
	g := newGitHub(t)
	if g.tell(g.notifier(), config.StageIgnored); g.count()+g.asked > 0 {
		t.Error("what is none of the service's is told")
	}
}

func TestEveryFormOfASourceIsRead(t *testing.T) {
	want := commit{"octocat", "Hello-World", sha}
	for _, source := range []string{
		"https://github.com/octocat/Hello-World", "https://github.com/octocat/Hello-World.git", "https://GitHub.com/octocat/Hello-World/tree/main/app",
		"git@github.com:octocat/Hello-World.git", "ssh://git@github.com/octocat/Hello-World.git", "git://github.com/octocat/Hello-World.git",
	} {
		got, err := commitOf(map[string]string{oci.Source: source, oci.Revision: strings.ToUpper(sha)}, "github.com")
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", source, got, err)
		}
	}
}

func TestAGitHubThatLimitsIsAskedAgainWhereItSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		calls  int // until it gives up; 0: it need not
	}{
		"a limit told as 403": {func(w http.ResponseWriter) {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Unix()-5, 10))
			w.WriteHeader(http.StatusForbidden)
		}, 0},
		"a secondary limit": {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); w.WriteHeader(http.StatusForbidden) }, 0},
		"429":               {func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, 0},
		"502":               {func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, 0},
		"no permission":     {func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }, 2},
		"a wrong token":     {func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }, 2},
		"not found":         {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, 2},
		"nonsense":          {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGitHub(t)
			g.answer = func(n int, w http.ResponseWriter, _ call) bool {
				if n == 1 || test.calls > 0 {
					test.answer(w)
					return true
				}
				return false
			}
			err := g.notifier().Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), aStep(config.StageLive, began))))
			if (err != nil) != (test.calls > 0) || test.calls > 0 && g.count() != test.calls || strings.Contains(fmt.Sprint(err), g.secret) {
				t.Errorf("%v after %d calls", err, g.count())
			}
			if test.calls == 0 && (len(g.statuses) != 1 || len(g.told[1]) != 1) {
				t.Errorf("%v, %v", g.statuses, g.told)
			}
		})
	}
}

func TestAnImageThatCannotBeReadNowIsReadAgain(t *testing.T) {
	g := newGitHub(t)
	g.err = &ecrtypes.ServerException{}
	n := g.notifier()
	if err := n.Handle(t.Context(), json.RawMessage(toDestination(t, g.destination(), aStep(config.StageLive, began)))); err == nil {
		t.Error("it is no error")
	}
	g.err = nil
	if g.tell(n, config.StageLive); len(g.statuses) != 1 {
		t.Errorf("%v", g.statuses)
	}
}
