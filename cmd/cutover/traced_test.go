package main

import (
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// built is a version of the website as a builder leaves it, with the labels of its source and its commit.
func (r *room) built(version, commit, fault string, env ...string) v1.Image {
	r.t.Helper()
	img, err := siteImage(r.bin, version, commit, fault, env...)
	if err != nil {
		r.t.Fatal(err)
	}
	return img
}

const (
	first  = "1f0c9d1c6a0b8d7e5f4a3b2c1d0e9f8a7b6c5d41"
	second = "2f0c9d1c6a0b8d7e5f4a3b2c1d0e9f8a7b6c5d42"
)

func TestAVersionIsProvedByTheCommitThatItsImageIsLabelledWith(t *testing.T) {
	t.Parallel()
	git := newGitHost(t, nil)
	r := enter(t, 60, git.traced(t))

	r.push("v1", r.built("v1", first, ""), r.password())
	now := r.goesLive("v1")
	r.logged(`"verdict"`, `"want":"`+first+`"`, `"outcome":"Succeeded"`)
	git.hears(r, first, "success", "success")
	revision, err := live.ReadRevision(t.Context(), r.readers.Tasks.(live.RevisionReader), r.names.Family)
	if i, ok := revision.Image(r.names.Container); err != nil || !ok || i.Source != first {
		t.Errorf("the revision tells %+v, %v", i, err)
	}
	byLoop, byHook := 0, 0
	for _, e := range r.Trail() {
		switch {
		case e.Service != "ecr":
		case strings.Contains(e.Caller.ARN, r.names.ReleaseFunction) && e.Action == "GetDownloadUrlForLayer":
			byLoop++
		case strings.Contains(e.Caller.ARN, r.names.VerifyFunction):
			byHook++
		}
	}
	if byLoop != 1 || byHook != 0 {
		t.Errorf("for deployment %s the loop read %d configurations, and the hook asked ECR %d times", now.Deployment.ID, byLoop, byHook)
	}

	// Green answers for another commit than its image's label says.
	r.push("v2", r.built("v2", second, "", "SITE_REVISION="+first), r.password())
	r.until("v2 is refused", rolledBack)
	r.logged(`"verdict"`, "does not show the version under deployment", second, first)
	git.hears(r, second, "failure", "failure")

	// Nobody can say of what an image without the label was built. No deployment of it begins.
	digest := r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.logged(`"decision":"Refuse"`, "v3 has no label "+oci.Revision, digest)
	tells(t, r.shown(0, "plan", website, "v3"), "Refuse: sample-website:v3 has no label "+oci.Revision, "build it with docker build --label")
	if now := r.until("nothing is under way", steady); now.Deployment.RollsBack == "" {
		t.Errorf("a deployment began: %+v", now.Deployment)
	}
	r.usesAllBeyond("traced")

	// Without the permission the release waits, and says for what.
	gone := r.fault(fault.Deny{Principal: "*", Action: "ecr:GetDownloadUrlForLayer"})
	r.push("v4", r.built("v4", second, ""), r.password())
	r.logged(`"decision":"Refuse"`, "read the labels of "+website+":v4", "GetDownloadUrlForLayer")
	gone()
	r.push("v5", r.built("v5", second, ""), r.password())
	r.goesLive("v5")
	git.hears(r, second, "success", "success") // what was pushed again and is live
	by, failures := git.wrote(gitToken), git.wrote(gitParameter)
	by = slices.DeleteFunc(by, func(state string) bool { return state == "failure" }) // which it writes again where it wrote over it
	if !slices.Equal(by, []string{"pending", "success"}) || !slices.Equal(failures, []string{"failure"}) {
		t.Errorf("by the secret's token %v was told, and by the parameter's %v", by, failures)
	}
	for _, token := range []string{gitToken, gitParameter} {
		if strings.Contains(strings.Join(r.log.list(), "\n"), token) {
			t.Error("a token is in a log")
		}
	}
	for _, d := range r.Decisions() {
		if !d.Allowed && strings.HasPrefix(d.Action, "ssm:") {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
}

func TestAGitHostThatIsOutOfItsMindChangesNothingForADeployment(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1000)
	git := newGitHost(t, func(w http.ResponseWriter, r *http.Request) {
		defer func() { asked <- struct{}{} }()
		switch len(asked) % 4 {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusForbidden)
		case 2:
			_, _ = io.WriteString(w, "<html>")
		default:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	})
	r := enter(t, 60, git.traced(t))
	r.push("v1", r.built("v1", first, ""), r.password())
	if now := r.goesLive("v1"); now.Deployment.Status != "Succeeded" {
		t.Errorf("%+v", now.Deployment)
	}
	select {
	case <-asked:
	case <-time.After(r.patience):
		t.Error("nobody asked it")
	}
	if strings.Contains(r.log.String(), gitToken) {
		t.Error("the token is in a log")
	}
}
