package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// gitToken is the one in Secrets Manager, gitParameter the one in the Parameter Store, with which failures are told.
const (
	gitToken     = "ghp_0123456789abcdefghij"
	gitParameter = "ghp_9876543210abcdefghij"
)

// gitHost keeps the statuses of commits and deployments as GitHub does, for the assembly of testdata/traced.json.
type gitHost struct {
	*httptest.Server
	mu          sync.Mutex
	statuses    map[string][]map[string]any // by commit, newest first
	deployments []map[string]any
	told        map[string][]map[string]any // by a deployment's id
	by          map[string][]string         // what was written by each token: states of commits
	signal.Signal
}

// newGitHost is a host that answers so instead, where a test wants that.
func newGitHost(t *testing.T, instead http.HandlerFunc) *gitHost {
	t.Helper()
	g := &gitHost{statuses: map[string][]map[string]any{}, told: map[string][]map[string]any{}, by: map[string][]string{}}
	mux := http.NewServeMux()
	repository := "/api/v3/repos/cutover-ecs/cutover"
	mux.HandleFunc("GET "+repository+"/commits/{sha}/statuses", func(w http.ResponseWriter, r *http.Request) {
		g.write(w, http.StatusOK, append([]map[string]any{}, g.statuses[r.PathValue("sha")]...))
	})
	mux.HandleFunc("POST "+repository+"/statuses/{sha}", func(w http.ResponseWriter, r *http.Request) {
		s, of := read(t, r), r.PathValue("sha")
		s["id"] = len(g.statuses[of]) + 1
		g.statuses[of] = append([]map[string]any{s}, g.statuses[of]...)
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		g.by[token] = append(g.by[token], fmt.Sprint(s["state"]))
		g.write(w, http.StatusCreated, s)
	})
	mux.HandleFunc("GET "+repository+"/deployments", func(w http.ResponseWriter, r *http.Request) {
		found := []map[string]any{}
		for _, d := range g.deployments {
			if d["ref"] == r.FormValue("sha") && d["environment"] == r.FormValue("environment") {
				found = append(found, d)
			}
		}
		g.write(w, http.StatusOK, found)
	})
	mux.HandleFunc("POST "+repository+"/deployments", func(w http.ResponseWriter, r *http.Request) {
		d := read(t, r)
		d["id"] = len(g.deployments) + 1
		g.deployments = append(g.deployments, d)
		g.write(w, http.StatusCreated, d)
	})
	mux.HandleFunc("GET "+repository+"/deployments/{id}/statuses", func(w http.ResponseWriter, r *http.Request) {
		g.write(w, http.StatusOK, append([]map[string]any{}, g.told[r.PathValue("id")]...))
	})
	mux.HandleFunc("POST "+repository+"/deployments/{id}/statuses", func(w http.ResponseWriter, r *http.Request) {
		s := read(t, r)
		s["id"] = len(g.told[r.PathValue("id")]) + 1
		g.told[r.PathValue("id")] = append(g.told[r.PathValue("id")], s)
		g.write(w, http.StatusCreated, s)
	})
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if instead != nil {
			instead(w, r)
			return
		}
		if token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); token != gitToken && token != gitParameter {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		defer g.Raise()
		g.mu.Lock()
		defer g.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func read(t *testing.T, r *http.Request) (in map[string]any) {
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	return in
}

func (g *gitHost) write(w http.ResponseWriter, status int, answer any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// traced is the assembly, with the host's address in place of the one that stands in it.
func (g *gitHost) traced(t *testing.T) func(*sandbox.Options) {
	t.Helper()
	files := tellingTo(t, "traced", g.URL)
	return func(opts *sandbox.Options) {
		opts.Assembly = files
		opts.Secrets = map[string]string{
			"arn:aws:secretsmanager:eu-central-2:111122223333:secret:github-AbCdEf": gitToken,
			"arn:aws:ssm:eu-central-2:111122223333:parameter/team/github":           gitParameter,
		}
	}
}

// wrote are the states of commits that were written by a token.
func (g *gitHost) wrote(token string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(g.by[token])))
}

// hears waits until the commit's status, and the newest of its newest deployment's, are these.
func (g *gitHost) hears(r *room, commit, status, deployed string) {
	r.t.Helper()
	limit := time.After(r.patience)
	for {
		changed := g.Changed()
		missing := g.missing(commit, status, deployed)
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

func (g *gitHost) missing(commit, status, deployed string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var is map[string]any
	if told := g.statuses[commit]; len(told) > 0 {
		is = told[0]
	}
	if is["state"] != status || is["context"] != "cutover/"+website {
		return fmt.Sprintf("the status of %s is %v and not %s", commit, is, status)
	}
	newest := ""
	for _, d := range g.deployments {
		id := fmt.Sprint(d["id"])
		if told := g.told[id]; d["ref"] == commit && (len(told) == 0 || told[len(told)-1]["state"] != "inactive") { // two steps at once
			newest = id
		}
	}
	told := g.told[newest]
	if len(told) == 0 || told[len(told)-1]["state"] != deployed {
		return fmt.Sprintf("deployment %q of %s was told %v and not %s", newest, commit, told, deployed)
	}
	if url, _ := told[len(told)-1]["environment_url"].(string); !strings.HasPrefix(url, "https://"+website) {
		return fmt.Sprintf("the environment is at %q", url)
	}
	return ""
}
