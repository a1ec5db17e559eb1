package oci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// shelf is a registry of manifests by digest, whose blobs lie on a server.
type shelf struct {
	manifests map[string]string
	media     map[string]string
	url       string
	err       error
	asked     []string
}

func (s *shelf) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	digest := in.ImageIds[0].ImageDigest
	s.asked = append(s.asked, in.RepositoryName+" of "+in.RegistryId+" "+digest)
	manifest, ok := s.manifests[digest]
	if !ok {
		return &ecr.BatchGetImageOutput{}, s.err
	}
	return &ecr.BatchGetImageOutput{Images: []ecr.Image{{ImageManifest: manifest, ImageManifestMediaType: s.media[digest]}}}, s.err
}

func (s *shelf) GetDownloadUrlForLayer(_ context.Context, in *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) {
	s.asked = append(s.asked, in.RepositoryName+" of "+in.RegistryId+" "+in.LayerDigest)
	return &ecr.GetDownloadUrlForLayerOutput{DownloadUrl: s.url + "/" + in.LayerDigest + "?X-Amz-Signature=hunter2"}, nil
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}

const (
	theirs = `{"architecture":"arm64","config":{"Env":["A=b"],"Labels":{"org.opencontainers.image.revision":"3f2c","team":"shop"}}}`
	plain  = `{"architecture":"amd64","config":{}}`
)

// stocked is a shelf with an image for arm64 that has labels, one for amd64 that has none, and an index of both.
func stocked(t *testing.T, answer http.HandlerFunc) *shelf {
	t.Helper()
	if answer == nil {
		answer = func(w http.ResponseWriter, r *http.Request) {
			for _, blob := range []string{theirs, plain} {
				if strings.HasSuffix(r.URL.Path, digestOf(blob)) && r.URL.Query().Get("X-Amz-Signature") == "hunter2" {
					fmt.Fprint(w, blob)
				}
			}
		}
	}
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	image := `{"config":{"digest":"` + digestOf(theirs) + `"},"annotations":{"org.opencontainers.image.revision":"of the manifest","org.opencontainers.image.source":"https://git.example/shop"}}`
	return &shelf{url: server.URL, manifests: map[string]string{
		"arm":   image,
		"amd":   `{"config":{"digest":"` + digestOf(plain) + `"}}`,
		"index": fmt.Sprintf(`{"annotations":{"org.opencontainers.image.version":"1.2"},"manifests":[%s,%s]}`, child("arm", "arm64"), child("amd", "amd64")),
		"cache": `{"manifests":[]}`, "nonsense": `{`, "chart": `{"layers":[]}`,
	}, media: map[string]string{"index": IndexTypes[0], "cache": IndexTypes[1], "arm": ImageTypes[0]}}
}

func child(digest, architecture string) string {
	return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"platform":{"os":"linux","architecture":%q}}`, ImageTypes[0], digest, architecture)
}

func TestLabelsAreThoseOfTheConfigurationAndAnnotationsStandInForThem(t *testing.T) {
	for name, c := range map[string]struct {
		digest, platform string
		want             map[string]string
	}{
		"an image": {"arm", "linux/arm64", map[string]string{Revision: "3f2c", Source: "https://git.example/shop", "team": "shop"}},
		"an index, by the platform": {"index", "linux/arm64", map[string]string{
			Revision: "3f2c", Source: "https://git.example/shop", "team": "shop", Version: "1.2"}},
		"an index, by another platform": {"index", "linux/amd64", map[string]string{Version: "1.2"}},
		"an index, by any platform": {"index", "", map[string]string{
			Revision: "3f2c", Source: "https://git.example/shop", "team": "shop", Version: "1.2"}},
		"an image without any": {"amd", "", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadLabels(t.Context(), stocked(t, nil), config.Repository{Name: "shop"}, c.digest, c.platform)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAnotherAccountsRegistryIsAsked(t *testing.T) {
	s := stocked(t, nil)
	if _, err := ReadLabels(t.Context(), s, config.Repository{Name: "shop", Account: "444455556666"}, "arm", ""); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"shop of 444455556666 arm", "shop of 444455556666 " + digestOf(theirs)}, s.asked); d != "" {
		t.Error(d)
	}
}

func TestAnImageThatTellsNothingIsToldFromAWayThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		digest, platform string
		answer           http.HandlerFunc
		unusable         bool
		want             string
	}{
		"it is gone":             {"none", "", nil, true, "is not in the registry any more"},
		"no image for it":        {"index", "linux/s390x", nil, true, "is an index without an image for linux/s390x"},
		"a build cache":          {"cache", "", nil, true, "an index without an image for any platform"},
		"nonsense":               {"nonsense", "", nil, true, "a manifest that cannot be read"},
		"a chart":                {"chart", "", nil, true, "has no configuration"},
		"another content":        {"arm", "", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, plain) }, false, "is not what its digest"},
		"an address that is old": {"arm", "", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, false, "answered 403"},
		"a redirect": {"arm", "", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, false, "answered 302"},
		"an end too early": {"arm", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "x")
		}, false, "unexpected EOF"},
		"a body without end": {"arm", "", func(w http.ResponseWriter, _ *http.Request) {
			for range mostBlob/1024 + 2 {
				fmt.Fprint(w, strings.Repeat("x", 1024))
			}
		}, true, "longer than"},
		"nobody": {"arm", "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadLabels(t.Context(), stocked(t, c.answer), config.Repository{Name: "shop"}, c.digest, c.platform)
			unusable := Unusable("")
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &unusable) != c.unusable {
				t.Errorf("%v", err)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("the error tells the signature: %v", err)
			}
		})
	}
}

func TestABlobIsFetchedOverTLSOrFromThisMachine(t *testing.T) {
	for _, address := range []string{"http://layers.example/x?X-Amz-Signature=hunter2", "file:///etc/passwd", "://", ""} {
		if _, err := fetch(t.Context(), address); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "the address that ECR gives") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWhatECRRefusesIsItsOwnError(t *testing.T) {
	s := stocked(t, nil)
	s.err = &types.RepositoryNotFoundException{}
	if _, err := ReadLabels(t.Context(), s, config.Repository{Name: "shop"}, "arm", ""); !call.Refused(err, ecr.RepositoryNotFound) {
		t.Errorf("%v", err)
	}
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{"manifests":[` + child("arm", "arm64") + `]}`))
	f.Add([]byte(`{"manifests": [{}, {"platform": null}, {"platform": {"os": "windows"}}]}`))
	f.Fuzz(func(t *testing.T, manifest []byte) {
		if i := ParseIndex(manifest); i.Problem != "" && len(i.Platforms) > 0 {
			t.Errorf("%+v", i)
		}
	})
}
