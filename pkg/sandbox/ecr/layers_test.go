package ecr

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestAnImagesConfigurationIsHadByItsSignedAddressAlone(t *testing.T) {
	s := newStand(t)
	s.create("web", "")
	s.create("other", "")
	one := img(t, "arm64", "one")
	s.mustPush("web:v1", one)
	front := httptest.NewServer(s.Layers())
	t.Cleanup(front.Close)
	get := func(address string) (int, string) {
		t.Helper()
		response, err := http.Get(strings.Replace(address, "http://"+s.host, front.URL, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	ask := func(repository string, digest v1.Hash) (*ecr.GetDownloadUrlForLayerOutput, error) {
		in := &ecr.GetDownloadUrlForLayerInput{RepositoryName: &repository, LayerDigest: new(digest.String())}
		return wire.Call[ecr.GetDownloadUrlForLayerOutput](t.Context(), s.wire, in)
	}
	configuration, err := one.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	out, err := ask("web", configuration)
	if err != nil {
		t.Fatal(err)
	}
	address := *out.DownloadUrl
	want, err := one.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(address); status != http.StatusOK || body != string(want) {
		t.Errorf("%d %q", status, body)
	}
	for name, bad := range map[string]string{
		"without a signature":   strings.Split(address, "?")[0],
		"of another time":       strings.Replace(address, "Expires=", "Expires=9", 1),
		"of another blob":       strings.Replace(address, configuration.Hex, strings.Repeat("0", 64), 1),
		"with a path out of it": strings.Replace(address, "sha256:"+configuration.Hex, "..%2F..%2Fetc", 1),
	} {
		if status, body := get(bad); status != http.StatusForbidden || !strings.Contains(body, "<Code>SignatureDoesNotMatch</Code>") {
			t.Errorf("%s: %d %q", name, status, body)
		}
	}
	if _, err := ask("other", configuration); !is[*types.LayerInaccessibleException](err) {
		t.Errorf("of a repository that has no such image: %v", err)
	}
	if _, err := ask("web", v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}); !is[*types.LayersNotFoundException](err) {
		t.Errorf("that is not there: %v", err)
	}
	if _, err := ask("web", v1.Hash{Algorithm: "sha256", Hex: "nonsense"}); err == nil {
		t.Error("nonsense was taken for a digest")
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
