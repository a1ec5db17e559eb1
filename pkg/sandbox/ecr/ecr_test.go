package ecr

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	gtypes "github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	account = "111122223333"
	region  = "us-east-1"
)

// stand is a registry with its front and what it emitted.
type stand struct {
	*Service
	t      *testing.T
	wire   *wire.Server
	host   string
	dir    string
	auth   authn.Authenticator
	mu     sync.Mutex
	events []string

	emitted  signal.Signal
	findings Findings // of every scan
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, dir: filepath.Join(t.TempDir(), "blobs")}
	s.Service = New(Options{
		Dir: s.dir, Account: account, Region: region, Host: func() string { return s.host },
		Findings: func(string, string, []string) Findings { return s.findings },
		Emit: func(source, detailType string, resources []string, detail any) {
			body, err := json.Marshal(detail)
			scan := detailType == "ECR Image Scan"
			if err != nil || source != "aws.ecr" || !scan && detailType != "ECR Image Action" || resources == nil || !scan && len(resources) > 0 {
				t.Errorf("event %s %s %v %v", source, detailType, resources, err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, string(body))
			s.emitted.Raise()
		},
	})
	t.Cleanup(s.Close)
	front := httptest.NewServer(s.Handler())
	t.Cleanup(front.Close)
	s.host = strings.TrimPrefix(front.URL, "http://")
	s.wire = wire.New(wire.Options{Account: account, Region: region})
	s.Register(s.wire)
	token := call[ecr.GetAuthorizationTokenOutput](s, &ecr.GetAuthorizationTokenInput{}).AuthorizationData[0]
	login, err := base64.StdEncoding.DecodeString(*token.AuthorizationToken)
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := strings.Cut(string(login), ":")
	s.auth = &authn.Basic{Username: user, Password: password}
	if *token.ProxyEndpoint != "http://"+s.host {
		t.Errorf("proxy endpoint %s", *token.ProxyEndpoint)
	}
	return s
}

func call[Out any](s *stand, in any) *Out {
	s.t.Helper()
	out, err := wire.Call[Out](s.t.Context(), s.wire, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *stand) create(repo string, mutability types.ImageTagMutability) *types.Repository {
	s.t.Helper()
	return call[ecr.CreateRepositoryOutput](s, &ecr.CreateRepositoryInput{RepositoryName: &repo, ImageTagMutability: mutability}).Repository
}

func (s *stand) ref(at string) name.Reference {
	s.t.Helper()
	ref, err := name.ParseReference(s.host + "/" + at)
	if err != nil {
		s.t.Fatal(err)
	}
	return ref
}

func (s *stand) push(at string, img v1.Image) error {
	return remote.Write(s.ref(at), img, remote.WithAuth(s.auth), remote.WithContext(s.t.Context()))
}

func (s *stand) mustPush(at string, img v1.Image) {
	s.t.Helper()
	if err := s.push(at, img); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.events
	s.events = nil
	return taken
}

func img(t *testing.T, arch, content string) v1.Image {
	t.Helper()
	made, err := image.FromFiles(arch, map[string]image.File{"app": {Body: []byte(content), Mode: 0o755}}, v1.Config{Entrypoint: []string{"/app"}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func digest(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	d, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func pushed(tag, digest string) string {
	return `{"result":"SUCCESS","repository-name":"web","image-digest":"` + digest + `","action-type":"PUSH","image-tag":"` + tag +
		`","manifest-media-type":"application/vnd.oci.image.manifest.v1+json","artifact-media-type":"application/vnd.oci.image.config.v1+json"}`
}

func TestARepositoryIsDescribedAsAWSDoes(t *testing.T) {
	s := newStand(t)
	got := s.create("team/web", "")
	if *got.RepositoryArn != "arn:aws:ecr:us-east-1:111122223333:repository/team/web" || *got.RepositoryUri != s.host+"/team/web" ||
		got.ImageTagMutability != types.ImageTagMutabilityMutable || *got.RegistryId != account {
		t.Errorf("repository: %+v", got)
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{&ecr.CreateRepositoryInput{RepositoryName: new("team/web")}, "RepositoryAlreadyExistsException: The repository with name 'team/web' already exists in the registry with id '111122223333'"},
		{&ecr.CreateRepositoryInput{RepositoryName: new("Web")}, "InvalidParameterException"},
		{&ecr.DescribeRepositoriesInput{RepositoryNames: []string{"none"}}, "RepositoryNotFoundException: The repository with name 'none' does not exist in the registry with id '111122223333'"},
		{&ecr.DescribeImagesInput{RepositoryName: new("team/web"), ImageIds: []types.ImageIdentifier{{ImageTag: new("v1")}}}, "ImageNotFoundException: The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the repository with name 'team/web' in the registry with id '111122223333'"},
		{&ecr.GetLifecyclePolicyInput{RepositoryName: new("team/web")}, "LifecyclePolicyNotFoundException"},
		{&ecr.PutLifecyclePolicyInput{RepositoryName: new("team/web"), LifecyclePolicyText: new("{")}, "InvalidParameterException"},
	} {
		if err := callAny(t.Context(), s.wire, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v", c.in, err)
		}
	}
	call[ecr.PutLifecyclePolicyOutput](s, &ecr.PutLifecyclePolicyInput{RepositoryName: new("team/web"), LifecyclePolicyText: new(`{"rules":[]}`)})
	if out := call[ecr.GetLifecyclePolicyOutput](s, &ecr.GetLifecyclePolicyInput{RepositoryName: new("team/web")}); *out.LifecyclePolicyText != `{"rules":[]}` {
		t.Errorf("lifecycle policy %s", *out.LifecyclePolicyText)
	}
	s.create("other", "")
	first := call[ecr.DescribeRepositoriesOutput](s, &ecr.DescribeRepositoriesInput{MaxResults: new(int32(1))})
	second := call[ecr.DescribeRepositoriesOutput](s, &ecr.DescribeRepositoriesInput{MaxResults: new(int32(1)), NextToken: first.NextToken})
	if *first.Repositories[0].RepositoryName != "other" || *second.Repositories[0].RepositoryName != "team/web" || second.NextToken != nil {
		t.Error("pages are wrong")
	}
}

func callAny(ctx context.Context, srv *wire.Server, in any) error {
	_, err := wire.Call[any](ctx, srv, in)
	return err
}

func TestAPushRaisesOneEventAndThePullGivesTheSame(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	one := img(t, runtime.GOARCH, "one")
	s.mustPush("web:v1", one)
	if diff := cmp.Diff([]string{pushed("v1", digest(t, one))}, s.take()); diff != "" {
		t.Error(diff)
	}
	back, err := remote.Image(s.ref("web:v1"), remote.WithAuth(s.auth))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := back.Layers()
	if err != nil || len(layers) != 1 || digest(t, back) != digest(t, one) {
		t.Fatalf("pulled %d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	if body, err := io.ReadAll(content); err != nil || !strings.Contains(string(body), "one") {
		t.Errorf("layer: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "upload-*")); len(left) > 0 {
		t.Errorf("left on disk: %v", left)
	}
}

func TestAnUntaggedPushHasAnEmptyTagInItsEvent(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	one := img(t, "arm64", "one")
	s.mustPush("web@"+digest(t, one), one)
	if diff := cmp.Diff([]string{pushed("", digest(t, one))}, s.take()); diff != "" {
		t.Error(diff)
	}
	untagged := call[ecr.DescribeImagesOutput](s, &ecr.DescribeImagesInput{RepositoryName: new("web"), Filter: &types.DescribeImagesFilter{TagStatus: types.TagStatusUntagged}})
	if len(untagged.ImageDetails) != 1 || untagged.ImageDetails[0].ImageTags != nil {
		t.Errorf("images: %+v", untagged.ImageDetails)
	}
}

func TestAnIndexIsOneEventAManifestAndPicksThePlatform(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	amd, arm := img(t, "amd64", "amd"), img(t, "arm64", "arm")
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, gtypes.OCIImageIndex),
		mutate.IndexAddendum{Add: amd, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: arm, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}})
	if err := remote.WriteIndex(s.ref("web:v1"), index, remote.WithAuth(s.auth)); err != nil {
		t.Fatal(err)
	}
	events := s.take()
	last := `{"result":"SUCCESS","repository-name":"web","image-digest":"` + digest(t, index) +
		`","action-type":"PUSH","image-tag":"v1","manifest-media-type":"application/vnd.oci.image.index.v1+json"}`
	if len(events) != 3 || events[2] != last || !strings.Contains(events[0], `"image-tag":""`) {
		t.Errorf("events: %s", strings.Join(events, "\n"))
	}
	uri := account + ".dkr.ecr." + region + ".amazonaws.com/web"
	for arch, want := range map[string]v1.Image{"X86_64": amd, "amd64": amd, "ARM64": arm} {
		for _, ref := range []string{uri + ":v1", uri + "@" + digest(t, index), s.host + "/web:v1", uri + ":v1@" + digest(t, index)} {
			got, err := s.Image(t.Context(), ref, arch)
			if err != nil || digest(t, got) != digest(t, want) {
				t.Errorf("%s for %s: %v", ref, arch, err)
			}
		}
	}
	if _, err := s.Image(t.Context(), uri+":v1", "riscv64"); err == nil || !strings.Contains(err.Error(), "descriptor matching platform 'linux/riscv64': it is for linux/amd64, linux/arm64") {
		t.Errorf("image: %v", err)
	}
	out := call[ecr.BatchDeleteImageOutput](s, &ecr.BatchDeleteImageInput{RepositoryName: new("web"), ImageIds: []types.ImageIdentifier{{ImageDigest: new(digest(t, amd))}}})
	if len(out.Failures) != 1 || out.Failures[0].FailureCode != types.ImageFailureCodeImageReferencedByManifestList {
		t.Errorf("delete: %+v", out)
	}
}

func TestATagMovesAndAnImageKeepsItsPushTime(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	one, two := img(t, "arm64", "one"), img(t, "arm64", "two")
	s.mustPush("web:latest", one)
	before := call[ecr.DescribeImagesOutput](s, &ecr.DescribeImagesInput{RepositoryName: new("web")}).ImageDetails[0]
	s.mustPush("web:latest", two)
	s.mustPush("web:again", one)
	byTag := func(tag string) types.ImageDetail {
		return call[ecr.DescribeImagesOutput](s, &ecr.DescribeImagesInput{RepositoryName: new("web"), ImageIds: []types.ImageIdentifier{{ImageTag: &tag}}}).ImageDetails[0]
	}
	if got := byTag("latest"); *got.ImageDigest != digest(t, two) {
		t.Errorf("latest is %s", *got.ImageDigest)
	}
	after := byTag("again")
	if !after.ImagePushedAt.Equal(*before.ImagePushedAt) || !cmp.Equal(after.ImageTags, []string{"again"}) {
		t.Errorf("before %v, after %v %v", before.ImagePushedAt, after.ImagePushedAt, after.ImageTags)
	}
	manifest, _ := one.Manifest()
	if want := manifest.Config.Size + manifest.Layers[0].Size; *after.ImageSizeInBytes != want ||
		*after.ArtifactMediaType != string(gtypes.OCIConfigJSON) || *after.ImageManifestMediaType != string(gtypes.OCIManifestSchema1) {
		t.Errorf("size %d, not %d; %s", *after.ImageSizeInBytes, want, *after.ImageManifestMediaType)
	}
	if ids := call[ecr.ListImagesOutput](s, &ecr.ListImagesInput{RepositoryName: new("web")}).ImageIds; len(ids) != 2 {
		t.Errorf("list: %+v", ids)
	}
}

func TestAnImmutableTagStays(t *testing.T) {
	s := newStand(t)
	s.create("web", types.ImageTagMutabilityImmutable)
	one, two := img(t, "arm64", "one"), img(t, "arm64", "two")
	s.mustPush("web:v1", one)
	s.mustPush("web:v1", one) // The same again changes nothing.
	s.take()
	err := s.push("web:v1", two)
	var refused *transport.Error
	if !errors.As(err, &refused) || refused.StatusCode != http.StatusBadRequest || refused.Errors[0].Code != "TAG_INVALID" {
		t.Fatalf("push: %v", err)
	}
	if want := "The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable."; refused.Errors[0].Message != want {
		t.Errorf("message %q", refused.Errors[0].Message)
	}
	if events := s.take(); len(events) > 0 {
		t.Errorf("events: %v", events)
	}
	call[ecr.PutImageTagMutabilityOutput](s, &ecr.PutImageTagMutabilityInput{
		RepositoryName: new("web"), ImageTagMutability: types.ImageTagMutabilityImmutableWithExclusion,
		ImageTagMutabilityExclusionFilters: []types.ImageTagMutabilityExclusionFilter{{Filter: new("dev*"), FilterType: types.ImageTagMutabilityExclusionFilterTypeWildcard}},
	})
	s.mustPush("web:dev-1", one)
	s.mustPush("web:dev-1", two)
	if s.push("web:v1", two) == nil {
		t.Error("an immutable tag moved")
	}
}

func TestPutImageGivesATag(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	one := img(t, "arm64", "one")
	s.mustPush("web:v1", one)
	s.take()
	got := call[ecr.BatchGetImageOutput](s, &ecr.BatchGetImageInput{RepositoryName: new("web"), ImageIds: []types.ImageIdentifier{{ImageTag: new("v1")}, {ImageTag: new("v9")}, {}}})
	if len(got.Images) != 1 || len(got.Failures) != 2 || got.Failures[1].FailureCode != types.ImageFailureCodeMissingDigestAndTag {
		t.Fatalf("images: %+v", got)
	}
	in := &ecr.PutImageInput{RepositoryName: new("web"), ImageManifest: got.Images[0].ImageManifest, ImageTag: new("prod")}
	call[ecr.PutImageOutput](s, in)
	if diff := cmp.Diff([]string{pushed("prod", digest(t, one))}, s.take()); diff != "" {
		t.Error(diff)
	}
	var exists *types.ImageAlreadyExistsException
	if err := callAny(t.Context(), s.wire, in); !errors.As(err, &exists) {
		t.Errorf("put again: %v", err)
	}
	call[ecr.BatchDeleteImageOutput](s, &ecr.BatchDeleteImageInput{RepositoryName: new("web"), ImageIds: []types.ImageIdentifier{{ImageTag: new("v1")}}})
	if _, err := s.Image(t.Context(), s.host+"/web:prod", "arm64"); err != nil {
		t.Errorf("the other tag went too: %v", err)
	}
	call[ecr.BatchDeleteImageOutput](s, &ecr.BatchDeleteImageInput{RepositoryName: new("web"), ImageIds: []types.ImageIdentifier{{ImageTag: new("prod")}}})
	events := s.take()
	if len(events) != 2 || !strings.Contains(events[1], `"action-type":"DELETE","image-tag":"prod"`) {
		t.Errorf("events: %v", events)
	}
	if images := call[ecr.DescribeImagesOutput](s, &ecr.DescribeImagesInput{RepositoryName: new("web")}).ImageDetails; images == nil || len(images) > 0 {
		t.Errorf("images: %+v", images)
	}
}

func TestADeletedRepositoryIsGone(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	s.mustPush("web:v1", img(t, "arm64", "one"))
	var full *types.RepositoryNotEmptyException
	if err := callAny(t.Context(), s.wire, &ecr.DeleteRepositoryInput{RepositoryName: new("web")}); !errors.As(err, &full) {
		t.Errorf("delete: %v", err)
	}
	call[ecr.DeleteRepositoryOutput](s, &ecr.DeleteRepositoryInput{RepositoryName: new("web"), Force: true})
	if err := s.push("web:v2", img(t, "arm64", "two")); err == nil || !strings.Contains(err.Error(), "NAME_UNKNOWN: The repository with name 'web' does not exist in the registry with id '111122223333'") {
		t.Errorf("push: %v", err)
	}
}

func TestTheDoorIsClosedWithoutAToken(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	for name, set := range map[string]func(*http.Request){
		"nothing":       func(*http.Request) {},
		"another user":  func(r *http.Request) { c, _ := s.auth.Authorization(); r.SetBasicAuth("aws", c.Password) },
		"no token":      func(r *http.Request) { r.SetBasicAuth("AWS", "x") },
		"a forged date": func(r *http.Request) { c, _ := s.auth.Authorization(); r.SetBasicAuth("AWS", "9"+c.Password) },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.host+"/v2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		set(r)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(response.Header.Get("WWW-Authenticate"), `Basic realm="`) {
			t.Errorf("%s: %s %v", name, response.Status, response.Header)
		}
	}
}

func TestWhatIsIncompleteOrWrongIsRefused(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	raw, err := img(t, "arm64", "never pushed").RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, at, kind, body, want string }{
		{"layers are missing", "v1", string(gtypes.OCIManifestSchema1), string(raw), "MANIFEST_BLOB_UNKNOWN"},
		{"another digest", "sha256:" + strings.Repeat("0", 64), string(gtypes.OCIManifestSchema1), string(raw), "DIGEST_INVALID"},
		{"no manifest", "v1", string(gtypes.OCIManifestSchema1), "{}", "MANIFEST_INVALID"},
		{"no JSON", "v1", string(gtypes.OCIManifestSchema1), "<", "MANIFEST_INVALID"},
		{"an unknown kind", "v1", "text/plain", string(raw), "MANIFEST_INVALID"},
		{"a bad tag", "-v1", string(gtypes.OCIManifestSchema1), string(raw), "MANIFEST_INVALID"},
		{"too large", "v1", string(gtypes.OCIManifestSchema1), strings.Repeat(" ", maxManifest+1), "SIZE_INVALID"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/v2/web/manifests/"+c.at, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		login, _ := s.auth.Authorization()
		r.SetBasicAuth(login.Username, login.Password)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code < 400 || !strings.Contains(w.Body.String(), `"code":"`+c.want+`"`) {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	if events := s.take(); len(events) > 0 {
		t.Errorf("events: %v", events)
	}
}

func TestTagsAreListed(t *testing.T) {
	s := newStand(t)
	s.create("team/tags/web", "")
	for _, tag := range []string{"c", "a", "b"} {
		s.mustPush("team/tags/web:"+tag, img(t, "arm64", "one"))
	}
	for _, size := range []int{1, 2, 100} {
		got, err := remote.List(s.ref("team/tags/web").Context(), remote.WithAuth(s.auth), remote.WithPageSize(size))
		if err != nil || !cmp.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("pages of %d: %v %v", size, got, err)
		}
	}
}

func TestASeededImageIsFoundByItsReference(t *testing.T) {
	s := newStand(t)
	amd, arm := img(t, "amd64", "caddy"), img(t, "arm64", "caddy")
	const ref = "public.ecr.aws/docker/library/caddy:2-alpine"
	for _, one := range []v1.Image{amd, arm} {
		if err := s.Seed(ref, one); err != nil {
			t.Fatal(err)
		}
	}
	for arch, want := range map[string]v1.Image{"amd64": amd, "ARM64": arm} {
		if got, err := s.Image(t.Context(), ref, arch); err != nil || digest(t, got) != digest(t, want) {
			t.Errorf("%s: %v", arch, err)
		}
	}
	if _, err := s.Image(t.Context(), "public.ecr.aws/docker/library/caddy@"+digest(t, arm), "arm64"); err != nil {
		t.Errorf("by digest: %v", err)
	}
	s.create("web", "")
	for _, c := range []struct{ ref, want string }{
		{"nginx:1", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref nginx:1: nginx:1: not found"},
		{"public.ecr.aws/docker/library/caddy@" + digest(t, arm), "matching platform 'linux/amd64': it is for linux/arm64"},
		{s.host + "/none:1", "The repository with name 'none' does not exist"},
		{s.host + "/web:1", "imageTag:'1'"},
		{"999999999999.dkr.ecr.us-east-1.amazonaws.com/web:1", "not found"},
		{"A B", "CannotPullContainerError: invalid reference format"},
	} {
		if _, err := s.Image(t.Context(), c.ref, "amd64"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.ref, err)
		}
	}
}

func TestAPushedImageIsReadFromDisk(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	one := img(t, "arm64", "one")
	s.mustPush("web:v1", one)
	got, err := s.Image(t.Context(), s.host+"/web:v1", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	want, _ := one.ConfigFile()
	config, err := got.ConfigFile()
	if err != nil || !cmp.Equal(config.Config.Entrypoint, want.Config.Entrypoint) {
		t.Errorf("configuration: %v %v", config, err)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Image(t.Context(), s.host+"/web:v1", "arm64"); err == nil || !strings.HasPrefix(err.Error(), "CannotPullContainerError") {
		t.Errorf("image without blobs: %v", err)
	}
}

func TestWildcards(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"v*", "v1", true}, {"v*", "w1", false}, {"*", "", true}, {"a*b*c", "axxbyyc", true}, {"a*b*c", "ac", false}, {"v1", "v1", true}, {"v1", "v12", false}, {"a*a", "a", false},
	} {
		if got := wildcard(c.pattern, c.s); got != c.want {
			t.Errorf("%q %q: %t", c.pattern, c.s, got)
		}
	}
}
