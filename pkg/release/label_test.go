package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

const proving = `{"name": "sample-website", "verify": {"version": {"header": "X-Revision", "is": "revision"}}}`

// labelled is a registry whose images have these configurations, by digest.
type labelled struct {
	configurations map[string]string
	server         *httptest.Server
	asked          int
	err            error
}

func newLabelled(t *testing.T, configurations map[string]string) *labelled {
	r := &labelled{configurations: configurations}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for _, c := range r.configurations {
			if "/"+sumOf(c) == req.URL.Path {
				fmt.Fprint(w, c)
			}
		}
	}))
	t.Cleanup(r.server.Close)
	return r
}

func sumOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func revisionOf(commit string) string {
	return fmt.Sprintf(`{"config": {"Labels": {%q: %q}}}`, oci.Revision, commit)
}

func (r *labelled) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	r.asked++
	manifest := fmt.Sprintf(`{"config": {"digest": %q}}`, sumOf(r.configurations[in.ImageIds[0].ImageDigest]))
	return &ecr.BatchGetImageOutput{Images: []ecr.Image{{ImageManifest: manifest, ImageManifestMediaType: oci.ImageTypes[0]}}}, r.err
}

func (r *labelled) GetDownloadUrlForLayer(_ context.Context, in *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) {
	r.asked++
	return &ecr.GetDownloadUrlForLayerOutput{DownloadUrl: r.server.URL + "/" + in.LayerDigest}, nil
}

// handleWith sends an event through the loop with a registry that tells labels.
func (w *world) handleWith(t *testing.T, r *labelled, service, event string) (Outcome, error) {
	t.Helper()
	l := w.loop(deployedWith(service))
	l.aws.Labels = r
	return l.Handle(t.Context(), []byte(event))
}

// registered are the tags of the revision that was.
func (w *world) registered(t *testing.T) map[string]string {
	t.Helper()
	for _, in := range w.sent {
		if r, ok := in.(*ecs.RegisterTaskDefinitionInput); ok {
			return live.Tags(r.Tags)
		}
	}
	t.Fatal("no revision was registered")
	return nil
}

func TestTheRevisionTellsTheCommitOfItsImageWhereASuiteAsksForIt(t *testing.T) {
	r := newLabelled(t, map[string]string{digestOf(2): revisionOf("3f2c")})
	for service, want := range map[string]string{"": "", proving: "3f2c@" + digestOf(2)} {
		w := newWorld(image(2, "latest"))
		r.asked = 0
		got, err := w.handleWith(t, r, service, byInvocation)
		if err != nil || got.Decision != Deploy || w.registered(t)[live.TagSource] != want || (r.asked > 0) != (want != "") {
			t.Errorf("%+v, %v, %d calls", got, err, r.asked)
		}
	}
}

func TestAnImageWhoseVersionCouldNotBeProvedIsRefusedBeforeItStarts(t *testing.T) {
	for configuration, want := range map[string]string{
		`{}`:                                 "sample-website:latest has no label " + oci.Revision + ", and the suite's version.is asks for its revision: build it with docker build --label",
		`{`:                                  "has a configuration that cannot be read",
		revisionOf("a\nb"):                   "that a tag of ECS cannot hold",
		revisionOf(strings.Repeat("a", 200)): "that a tag of ECS cannot hold",
	} {
		w := newWorld(image(2, "latest"))
		got, err := w.handleWith(t, newLabelled(t, map[string]string{digestOf(2): configuration}), proving, byInvocation)
		if err != nil || got.Decision != Refuse || !strings.Contains(got.Reason, want) || len(w.sent) > 0 {
			t.Errorf("%+v, %v, sent %v", got, err, w.sent)
		}
	}
}

func TestAnImageWithoutALabelMakesNoRoomAndHoldsNoNewBase(t *testing.T) {
	r := newLabelled(t, map[string]string{digestOf(2): `{}`, digestOf(1): revisionOf("1a1a")})
	w := newWorld(image(2, "latest"))
	w.runs(wished(1)).had(waiting(wished(1)))
	w.moved(time.Hour)
	if got, err := w.handleWith(t, r, proving, byInvocation); err != nil || got.Decision != Refuse || len(w.sent) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	old := wished(1, "2")
	w.runs(old).had(deployment(old, succeeded))
	got, err := w.handleWith(t, r, proving, byInvocation)
	if err != nil || got.Decision != Deploy || !strings.Contains(got.Reason, "the new base goes with the live") || w.registered(t)[live.TagSource] != "1a1a@"+digestOf(1) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestALabelThatCannotBeReadNowIsReadAgain(t *testing.T) {
	r := newLabelled(t, map[string]string{digestOf(2): revisionOf("3f2c")})
	r.server.Close()
	w := newWorld(image(2, "latest"))
	if got, err := w.handleWith(t, r, proving, byInvocation); err == nil || len(w.sent) > 0 {
		t.Errorf("the way is closed: %+v, %v", got, err)
	}
	r.err = &ecrtypes.RepositoryNotFoundException{}
	if got, err := w.handleWith(t, r, proving, byInvocation); err != nil || got.Decision != Refuse || len(w.sent) > 0 {
		t.Errorf("ECR says no: %+v, %v", got, err)
	}
}

func TestARevisionIsUsedAgainOnlyIfItTells(t *testing.T) {
	r := newLabelled(t, map[string]string{digestOf(2): revisionOf("3f2c")})
	for name, told := range map[string]bool{"it does": true, "it was registered before anybody asked": false} {
		t.Run(name, func(t *testing.T) {
			w, wish := newWorld(image(2, "latest")), wished(2)
			if told {
				wish.Images[0].Source = "3f2c"
			}
			serves := w.Primary
			w.runs(wish)
			w.Latest, w.Primary = w.Primary, serves
			w.Service.TaskSets = newWorld().Service.TaskSets
			r.asked = 0
			got, err := w.handleWith(t, r, proving, byInvocation)
			if err != nil || got.Decision != Deploy || slices.Contains(w.calls, "RegisterTaskDefinition") == told || (r.asked == 0) != told {
				t.Errorf("%+v, %v: %v and %d", got, err, w.calls, r.asked)
			}
		})
	}
}

func TestATagOfTheBaseDoesNotTellOfAnImage(t *testing.T) {
	w := newWorld(image(2, "latest"))
	w.Base.Tags = append(w.Base.Tags, ecstypes.Tag{Key: aws.String(live.TagSource), Value: aws.String("9999@" + digestOf(1))})
	in, err := Revise(w.Base, "sample-website", wished(2))
	if err != nil || live.Tags(in.Tags)[live.TagSource] != "" {
		t.Errorf("%v, %v", in.Tags, err)
	}
}
