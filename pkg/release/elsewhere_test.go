package release

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

const shared = `{"name": "sample-website", "image": {"account": "444455556666", "region": "eu-west-1"}}`

func TestAnImageOfAnotherAccountAndRegionIsReleasedFromThere(t *testing.T) {
	i := image(v2, "latest")
	i.RegistryId = "444455556666"
	w := newWorld(i)
	got, err := w.handle(t, deployedWith(shared), byInvocation)
	if err != nil || got.Decision != Deploy {
		t.Fatalf("got %+v, %v", got, err)
	}
	if is := *w.Latest.Definition.ContainerDefinitions[0].Image; is != "444455556666.dkr.ecr.eu-west-1.amazonaws.com/sample-website@"+digestOf(v2) {
		t.Errorf("the revision runs %s", is)
	}
	w.Repository = false
	if got, err := w.handle(t, deployedWith(shared), byInvocation); err != nil || !strings.Contains(got.Reason, "the repository sample-website of account 444455556666 in eu-west-1 does not exist yet") {
		t.Errorf("got %+v, %v", got, err)
	}
	w.fail["DescribeImages"] = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized", Fault: smithy.FaultClient}
	if got, err := w.handle(t, deployedWith(shared), byInvocation); err != nil || got.Decision != Refuse || !strings.Contains(got.Reason, "the policy of that repository must allow this function's role ecr:DescribeImages") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOnlyEventsOfTheImagesOwnPlaceAreItsPushes(t *testing.T) {
	push := func(place string) string {
		return strings.Replace(pushOf(v2, "latest"), `{"source"`, `{`+place+`"source"`, 1)
	}
	for name, c := range map[string]struct {
		config, place string
		ignored       bool
	}{
		"one's own":                            {"", `"account": "111122223333", "region": "us-east-1", `, false},
		"another account's of the same name":   {"", `"account": "444455556666", "region": "us-east-1", `, true},
		"another region's of the same name":    {"", `"account": "111122223333", "region": "eu-west-1", `, true},
		"forwarded from where the image is":    {shared, `"account": "444455556666", "region": "eu-west-1", `, false},
		"one's own while the image is another": {shared, `"account": "111122223333", "region": "us-east-1", `, true},
		"of an unknown place":                  {shared, ``, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ReadTrigger([]byte(push(c.place)), deployedWith(c.config)); (got.Ignored != "") != c.ignored {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// heard is a network that answers nothing and notes what was asked.
type heard struct {
	host, credential string
	in               map[string]any
}

func (h *heard) Do(r *http.Request) (*http.Response, error) {
	h.host, h.credential = r.URL.Host, r.Header.Get("Authorization")
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &h.in)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"imageDetails": [], "images": []}`))}, nil
}

func TestARepositoryElsewhereIsAskedThere(t *testing.T) {
	d := deployedWith(shared)
	net := &heard{}
	cfg := aws.Config{Region: "us-east-1", HTTPClient: net, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
	})}
	l := New(d, AWS{Images: ecr.NewFromConfig(cfg)}, slog.New(slog.DiscardHandler))
	asks := map[string]func() error{
		"its images":                      func() error { _, _, err := ReadImages(t.Context(), l.aws.Images, d.Service.Image); return err },
		"an image that an operator names": func() error { _, err := l.askedImage(t.Context(), "v1", nil); return err },
		"an index": func() error {
			_, err := l.indexes(t.Context(), Observed{Images: []ecr.ImageDetail{{RepositoryName: "sample-website", ImageTags: []string{"latest"},
				ImageDigest: digestOf(1), ImageManifestMediaType: oci.IndexTypes[0]}}})
			return err
		},
	}
	for what, ask := range asks {
		*net = heard{}
		if err := ask(); err != nil || net.host != "api.ecr.eu-west-1.amazonaws.com" || !strings.Contains(net.credential, "/eu-west-1/ecr/") || net.in["registryId"] != "444455556666" {
			t.Errorf("%s: %+v, %v", what, net, err)
		}
	}
	if got := d.Service.Source("sample-website"); got != (config.Repository{Account: "444455556666", Region: "eu-west-1", Name: "sample-website"}) {
		t.Errorf("it is from %+v", got)
	}
}
