package ecr_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
)

// cloud gives its answers in turn, the last again and again, and keeps what it was sent.
type cloud struct {
	answers []answer
	sent    []string // without the signature
}

type answer struct {
	status int
	body   string
}

func (c *cloud) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=AKIDEXAMPLE/")
	scope, _, _ = strings.Cut(scope, ",")
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	c.sent = append(c.sent, fmt.Sprintln(r.Method, r.URL, r.Header.Get("Content-Type"), r.Header.Get("X-Amz-Target"), scope, in))
	a := c.answers[min(len(c.sent), len(c.answers))-1]
	return &http.Response{StatusCode: a.status, Header: http.Header{"X-Amzn-Requestid": {"r-1"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func (c *cloud) config(region string) aws.Config {
	return aws.Config{Region: region, HTTPClient: c, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "token")}
}

func TestARefusalIsToldByItsCodeAndWhatIsBusyIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answers []answer
		code    string // "" where it is answered in the end
		times   int
	}{
		"no repository": {[]answer{{400, `{"__type":"RepositoryNotFoundException","message":"The repository with name 'shop' does not exist"}`}}, ecr.RepositoryNotFound, 1},
		"no image":      {[]answer{{400, `{"__type":"ImageNotFoundException","message":"The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist"}`}}, ecr.ImageNotFound, 1},
		"no scan":       {[]answer{{400, `{"__type":"ScanNotFoundException","message":"none"}`}}, ecr.ScanNotFound, 1},
		"malformed":     {[]answer{{400, `{"__type":"com.amazonaws.ecr#InvalidParameterException","message":"Invalid parameter at 'imageTag'"}`}}, ecr.InvalidParameter, 1},
		"nobody may":    {[]answer{{400, `{"__type":"AccessDeniedException","Message":"not authorized"}`}}, "AccessDeniedException", 1},
		"busy, once":    {[]answer{{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`}, {200, `{"imageDetails":[]}`}}, "", 2},
		"busy, always":  {[]answer{{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`}}, "ThrottlingException", 3},
		"broken, once":  {[]answer{{500, `{"__type":"ServerException"}`}, {503, ``}, {200, `{"imageDetails":[],"nextToken":null}`}}, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := &cloud{answers: c.answers}, &cloud{answers: c.answers}
				_, got := ecr.NewFromConfig(ours.config("eu-west-1")).DescribeImages(t.Context(), &ecr.DescribeImagesInput{Repository: ecr.Repository{RepositoryName: "shop"}, NextToken: "n"})
				_, want := sdk.NewFromConfig(theirs.config("eu-west-1")).DescribeImages(t.Context(), &sdk.DescribeImagesInput{RepositoryName: aws.String("shop"), NextToken: aws.String("n")})
				if (got == nil) != (c.code == "") || (want == nil) != (got == nil) || got != nil && (!call.Refused(got, c.code) || !call.Refused(want, c.code)) {
					t.Errorf("%v\nthe SDK says %v", got, want)
				}
				if got != nil && plain(got) != plain(want) {
					t.Errorf("%v\nthe SDK says %v", got, want)
				}
				if d := cmp.Diff(theirs.sent, ours.sent); d != "" || len(ours.sent) != c.times {
					t.Errorf("sent %d times (-by the SDK +by ours)\n%s", len(ours.sent), d)
				}
			})
		})
	}
}

// plain is what an error says; the SDK's own types of errors say the code first.
func plain(err error) string { return strings.ReplaceAll(err.Error(), "api error ", "") }

func TestARepositoryIsAskedForInItsRegionAsTheSDKAsks(t *testing.T) {
	for _, region := range []string{"", "us-east-1", "eu-west-1", "eu-central-2", "mx-central-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1",
		"us-isof-south-1", "eusc-de-east-1"} {
		ours, theirs := &cloud{answers: []answer{{200, "{}"}}}, &cloud{answers: []answer{{200, "{}"}}}
		synctest.Test(t, func(t *testing.T) { // both sign on the same day
			client, at := ecr.NewFromConfig(ours.config("us-east-1")), ecr.Repository{RepositoryName: "shop", RegistryId: "444455556666", Region: region}
			like, there := sdk.NewFromConfig(theirs.config("us-east-1")), func(o *sdk.Options) {
				if region != "" {
					o.Region = region
				}
			}
			id := types.ImageIdentifier{ImageDigest: aws.String(digest)}
			for _, err := range []error{
				failed(client.DescribeImages(t.Context(), &ecr.DescribeImagesInput{Repository: at})),
				failed(client.BatchGetImage(t.Context(), &ecr.BatchGetImageInput{Repository: at, ImageIds: []ecr.ImageIdentifier{{ImageDigest: digest}}})),
				failed(client.GetDownloadUrlForLayer(t.Context(), &ecr.GetDownloadUrlForLayerInput{Repository: at, LayerDigest: digest})),
				failed(client.DescribeImageScanFindings(t.Context(), &ecr.DescribeImageScanFindingsInput{Repository: at, ImageId: ecr.ImageIdentifier{ImageDigest: digest}})),
				failed(client.DescribeImages(t.Context(), &ecr.DescribeImagesInput{Repository: ecr.Repository{RepositoryName: "own"}})),
				failed(like.DescribeImages(t.Context(), &sdk.DescribeImagesInput{RepositoryName: &at.RepositoryName, RegistryId: &at.RegistryId}, there)),
				failed(like.BatchGetImage(t.Context(), &sdk.BatchGetImageInput{RepositoryName: &at.RepositoryName, RegistryId: &at.RegistryId, ImageIds: []types.ImageIdentifier{id}}, there)),
				failed(like.GetDownloadUrlForLayer(t.Context(), &sdk.GetDownloadUrlForLayerInput{RepositoryName: &at.RepositoryName, RegistryId: &at.RegistryId, LayerDigest: aws.String(digest)}, there)),
				failed(like.DescribeImageScanFindings(t.Context(), &sdk.DescribeImageScanFindingsInput{RepositoryName: &at.RepositoryName, RegistryId: &at.RegistryId, ImageId: &id}, there)),
				failed(like.DescribeImages(t.Context(), &sdk.DescribeImagesInput{RepositoryName: aws.String("own")})),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		})
		if d := cmp.Diff(theirs.sent, ours.sent); d != "" || len(ours.sent) != 5 {
			t.Errorf("in %q (-by the SDK +by ours)\n%s", region, d)
		}
	}
}

func failed[T any](_ T, err error) error { return err }
