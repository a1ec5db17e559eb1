package ecr_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// answers is a registry of one operation, which keeps what it was asked by whichever client: ours and the SDK's.
func answers[In, Out any](t *testing.T, outs ...*Out) (ours *ecr.Client, theirs *sdk.Client, asked *[]*In) {
	t.Helper()
	asked = new([]*In)
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	wire.On(srv, "ecr", func(_ context.Context, in *In) (*Out, error) {
		*asked = append(*asked, in)
		return outs[(len(*asked)-1)%len(outs)], nil
	})
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	return ecr.NewFromConfig(cfg), sdk.NewFromConfig(cfg), asked
}

// alike sees that the registry was asked the same, first by ours and then as often by the SDK's.
func alike[In any](t *testing.T, asked []*In) {
	t.Helper()
	half := len(asked) / 2
	if half == 0 || len(asked)%2 > 0 {
		t.Fatalf("asked %d times", len(asked))
	}
	if d := cmp.Diff(asked[half:], asked[:half], cmpopts.IgnoreUnexported(*new(In), types.ImageIdentifier{}, types.DescribeImagesFilter{})); d != "" {
		t.Errorf("asked (-by the SDK +by ours)\n%s", d)
	}
}

const (
	digest  = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	awkward = "größer <b> & \"so\"\n+ %20"
)

// elsewhere is a repository of another account.
var elsewhere = ecr.Repository{RepositoryName: "team/shop", RegistryId: "444455556666"}

func told(images []types.ImageDetail, next *string) *sdk.DescribeImagesOutput {
	return &sdk.DescribeImagesOutput{ImageDetails: images, NextToken: next}
}

// detail is what is read of the SDK's.
func detail(d types.ImageDetail) ecr.ImageDetail {
	out := ecr.ImageDetail{RegistryId: aws.ToString(d.RegistryId), RepositoryName: aws.ToString(d.RepositoryName), ImageDigest: aws.ToString(d.ImageDigest), ImageTags: d.ImageTags,
		ImageManifestMediaType: aws.ToString(d.ImageManifestMediaType), ArtifactMediaType: aws.ToString(d.ArtifactMediaType), ImageStatus: d.ImageStatus}
	if d.ImagePushedAt != nil {
		out.ImagePushedAt = ecr.Time{Time: *d.ImagePushedAt}
	}
	return out
}

func TestImagesAreWhatTheSDKReadsPageByPage(t *testing.T) {
	at := func(seconds, nanos int64) *time.Time { return aws.Time(time.Unix(seconds, nanos)) }
	pages := []*sdk.DescribeImagesOutput{
		told([]types.ImageDetail{
			{RegistryId: aws.String("444455556666"), RepositoryName: aws.String("team/shop"), ImageDigest: aws.String(digest), ImageTags: []string{"v1", awkward},
				ImagePushedAt: at(1795928707, 0), LastRecordedPullTime: at(1795928708, 1), ImageSizeInBytes: aws.Int64(1 << 40), ImageStatus: types.ImageStatusActive,
				ImageManifestMediaType: aws.String("application/vnd.oci.image.manifest.v1+json"), ArtifactMediaType: aws.String("application/vnd.oci.image.config.v1+json"),
				ImageScanStatus: &types.ImageScanStatus{Status: types.ScanStatusComplete}, ImageScanFindingsSummary: &types.ImageScanFindingsSummary{FindingSeverityCounts: map[string]int32{"HIGH": 1}}},
			{ImageDigest: aws.String("sha256:archived"), ImageStatus: types.ImageStatusArchived, ImagePushedAt: at(1795928707, 789e6)},
		}, aws.String("a+b/c==")),
		told([]types.ImageDetail{{ImageDigest: aws.String("sha256:of a fraction"), ImagePushedAt: at(1795928707, 333e6), ImageTags: []string{"v2"}}, {}}, nil),
	}
	ours, theirs, asked := answers[sdk.DescribeImagesInput](t, pages...)
	in := &ecr.DescribeImagesInput{Repository: elsewhere, Filter: &ecr.DescribeImagesFilter{TagStatus: types.TagStatusTagged}, MaxResults: 1000}
	like := &sdk.DescribeImagesInput{RepositoryName: aws.String("team/shop"), RegistryId: aws.String("444455556666"),
		Filter: &types.DescribeImagesFilter{TagStatus: types.TagStatusTagged}, MaxResults: aws.Int32(1000)}
	var got, want []ecr.ImageDetail
	for range pages {
		out, err := ours.DescribeImages(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		got, in.NextToken = append(got, out.ImageDetails...), out.NextToken
	}
	for range pages {
		out, err := theirs.DescribeImages(t.Context(), like)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.ImageDetails {
			want = append(want, detail(d))
		}
		like.NextToken = out.NextToken
	}
	if d := cmp.Diff(want, got); d != "" || len(want) != 4 || in.NextToken != "" || !got[3].ImagePushedAt.IsZero() {
		t.Errorf("(-the SDK's +ours)\n%s", d)
	}
	alike(t, *asked)
}

func TestImagesThatAreNamedAreAskedForAsTheSDKAsks(t *testing.T) {
	ours, theirs, asked := answers[sdk.DescribeImagesInput](t, &sdk.DescribeImagesOutput{})
	for _, id := range []ecr.ImageIdentifier{{ImageTag: "v1"}, {ImageDigest: digest}} {
		*asked = nil
		if out, err := ours.DescribeImages(t.Context(), &ecr.DescribeImagesInput{Repository: ecr.Repository{RepositoryName: "shop"}, ImageIds: []ecr.ImageIdentifier{id}}); err != nil || len(out.ImageDetails) > 0 {
			t.Errorf("%+v, %v", out, err)
		}
		like := types.ImageIdentifier{}
		if id.ImageTag != "" {
			like.ImageTag = &id.ImageTag
		} else {
			like.ImageDigest = &id.ImageDigest
		}
		if _, err := theirs.DescribeImages(t.Context(), &sdk.DescribeImagesInput{RepositoryName: aws.String("shop"), ImageIds: []types.ImageIdentifier{like}}); err != nil {
			t.Fatal(err)
		}
		alike(t, *asked)
	}
}

func TestManifestsAreWhatTheSDKReads(t *testing.T) {
	manifest := `{"schemaVersion": 2, "annotations": {"a": "` + "<b>\u2028é" + `"}}`
	ours, theirs, asked := answers[sdk.BatchGetImageInput](t, &sdk.BatchGetImageOutput{
		Images: []types.Image{{ImageManifest: &manifest, ImageManifestMediaType: aws.String("application/vnd.oci.image.index.v1+json"), ImageId: &types.ImageIdentifier{ImageDigest: aws.String(digest)}},
			{ImageManifest: aws.String("{}")}},
		Failures: []types.ImageFailure{{FailureCode: types.ImageFailureCodeImageNotFound, FailureReason: aws.String("gone")}},
	})
	media := []string{"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
	got, err := ours.BatchGetImage(t.Context(), &ecr.BatchGetImageInput{Repository: elsewhere, ImageIds: []ecr.ImageIdentifier{{ImageDigest: digest}}, AcceptedMediaTypes: media})
	want := []ecr.Image{{ImageManifest: manifest, ImageManifestMediaType: media[0]}, {ImageManifest: "{}"}}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.Images); d != "" {
		t.Error(d)
	}
	is, err := theirs.BatchGetImage(t.Context(), &sdk.BatchGetImageInput{RepositoryName: aws.String("team/shop"), RegistryId: aws.String("444455556666"),
		ImageIds: []types.ImageIdentifier{{ImageDigest: aws.String(digest)}}, AcceptedMediaTypes: media})
	if err != nil || len(is.Images) != 2 || *is.Images[0].ImageManifest != got.Images[0].ImageManifest {
		t.Errorf("the SDK reads %+v, %v", is, err)
	}
	alike(t, *asked)
}

func TestWhereABlobLiesIsWhatTheSDKReads(t *testing.T) {
	address := "https://layers.example/x?X-Amz-Signature=a%2Fb&c=<d>"
	ours, theirs, asked := answers[sdk.GetDownloadUrlForLayerInput](t, &sdk.GetDownloadUrlForLayerOutput{DownloadUrl: &address, LayerDigest: aws.String(digest)})
	if got, err := ours.GetDownloadUrlForLayer(t.Context(), &ecr.GetDownloadUrlForLayerInput{Repository: elsewhere, LayerDigest: digest}); err != nil || got.DownloadUrl != address {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := theirs.GetDownloadUrlForLayer(t.Context(), &sdk.GetDownloadUrlForLayerInput{RepositoryName: aws.String("team/shop"), RegistryId: aws.String("444455556666"), LayerDigest: aws.String(digest)}); err != nil {
		t.Fatal(err)
	}
	alike(t, *asked)
}

// findings are what is read of the SDK's.
func findings(f *types.ImageScanFindings) *ecr.ImageScanFindings {
	if f == nil {
		return nil
	}
	out := &ecr.ImageScanFindings{}
	for _, b := range f.Findings {
		out.Findings = append(out.Findings, ecr.ImageScanFinding{Name: aws.ToString(b.Name), Severity: b.Severity})
	}
	for _, e := range f.EnhancedFindings {
		one := ecr.EnhancedImageScanFinding{FindingArn: aws.ToString(e.FindingArn), Title: aws.ToString(e.Title), Severity: aws.ToString(e.Severity), Status: aws.ToString(e.Status)}
		if p := e.PackageVulnerabilityDetails; p != nil {
			one.PackageVulnerabilityDetails.VulnerabilityId = aws.ToString(p.VulnerabilityId)
		}
		out.EnhancedFindings = append(out.EnhancedFindings, one)
	}
	return out
}

func TestScansAreWhatTheSDKReads(t *testing.T) {
	at := aws.Time(time.Unix(1795928707, 789e6))
	status := func(s types.ScanStatus, text *string) *types.ImageScanStatus {
		return &types.ImageScanStatus{Status: s, Description: text}
	}
	for name, out := range map[string]*sdk.DescribeImageScanFindingsOutput{
		"basic, a page of more": {ImageScanStatus: status(types.ScanStatusComplete, nil), NextToken: aws.String("n=="), ImageScanFindings: &types.ImageScanFindings{ImageScanCompletedAt: at, VulnerabilitySourceUpdatedAt: at,
			FindingSeverityCounts: map[string]int32{"HIGH": 1}, Findings: []types.ImageScanFinding{{Name: aws.String("CVE-1"), Severity: types.FindingSeverityHigh, Description: aws.String(awkward), Uri: aws.String("u"),
				Attributes: []types.Attribute{{Key: aws.String("package_name"), Value: aws.String("p")}}}, {Name: aws.String("CVE-2"), Severity: "APOCALYPTIC"}}}},
		"enhanced": {ImageScanStatus: status(types.ScanStatusActive, aws.String("Continuous scan is selected for image.")), ImageScanFindings: &types.ImageScanFindings{EnhancedFindings: []types.EnhancedImageScanFinding{
			{FindingArn: aws.String("arn:f"), Title: aws.String("CVE-3 - <p>"), Severity: aws.String("CRITICAL"), Status: aws.String("SUPPRESSED"), FirstObservedAt: at, UpdatedAt: at, LastObservedAt: at, Score: 9.8,
				PackageVulnerabilityDetails: &types.PackageVulnerabilityDetails{VulnerabilityId: aws.String("CVE-3"), VendorCreatedAt: at, Cvss: []types.CvssScore{{BaseScore: 9.8}},
					VulnerablePackages: []types.VulnerablePackage{{Name: aws.String("p"), Epoch: aws.Int32(1)}}},
				Resources: []types.Resource{{Id: aws.String("r"), Details: &types.ResourceDetails{AwsEcrContainerImage: &types.AwsEcrContainerImageDetails{PushedAt: at, ImageTags: []string{"v1"}}}}}},
			{FindingArn: aws.String("arn:without a package")}}}},
		"under way": {ImageScanStatus: status(types.ScanStatusInProgress, nil)},
		"failed":    {ImageScanStatus: status(types.ScanStatusFailed, aws.String("UnsupportedImageError: "+awkward))},
		"untold":    {},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs, asked := answers[sdk.DescribeImageScanFindingsInput](t, out)
			got, err := ours.DescribeImageScanFindings(t.Context(), &ecr.DescribeImageScanFindingsInput{Repository: elsewhere, ImageId: ecr.ImageIdentifier{ImageDigest: digest}, MaxResults: 1000, NextToken: "t=="})
			if err != nil {
				t.Fatal(err)
			}
			is, err := theirs.DescribeImageScanFindings(t.Context(), &sdk.DescribeImageScanFindingsInput{RepositoryName: aws.String("team/shop"), RegistryId: aws.String("444455556666"),
				ImageId: &types.ImageIdentifier{ImageDigest: aws.String(digest)}, MaxResults: aws.Int32(1000), NextToken: aws.String("t==")})
			if err != nil {
				t.Fatal(err)
			}
			want := &ecr.DescribeImageScanFindingsOutput{NextToken: aws.ToString(is.NextToken), ImageScanFindings: findings(is.ImageScanFindings)}
			if is.ImageScanStatus != nil {
				want.ImageScanStatus = &ecr.ImageScanStatus{Status: is.ImageScanStatus.Status, Description: aws.ToString(is.ImageScanStatus.Description)}
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-the SDK's +ours)\n%s", d)
			}
			alike(t, *asked)
		})
	}
}
