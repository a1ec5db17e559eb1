package ecr

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// scanned lets the scan under way end, and returns its event.
func (s *stand) scanned() string {
	s.t.Helper()
	emitted := s.emitted.Changed()
	if err := s.opts.Clock.SkipNext(s.t.Context(), "image-scan"); err != nil {
		s.t.Fatal(err)
	}
	<-emitted
	return strings.Join(s.take(), " ")
}

func TestAScanEndsInItsFindingsAndAnEvent(t *testing.T) {
	s := newStand(t)
	s.create("web", types.ImageTagMutabilityMutable)
	image := img(t, "amd64", "one")
	s.mustPush("web:v1", image)
	s.take()
	id := &types.ImageIdentifier{ImageTag: new("v1")}
	find := &ecr.DescribeImageScanFindingsInput{RepositoryName: new("web"), ImageId: id}
	if _, err := wire.Call[ecr.DescribeImageScanFindingsOutput](t.Context(), s.wire, find); code(err) != "ScanNotFoundException" {
		t.Error(err)
	}
	s.findings = Findings{Counts: map[types.FindingSeverity]int32{types.FindingSeverityCritical: 2, types.FindingSeverityLow: 1}}
	started := call[ecr.StartImageScanOutput](s, &ecr.StartImageScanInput{RepositoryName: new("web"), ImageId: id})
	if started.ImageScanStatus.Status != types.ScanStatusInProgress || *started.ImageId.ImageDigest != digest(t, image) {
		t.Errorf("%+v", started)
	}
	if out := call[ecr.DescribeImageScanFindingsOutput](s, find); out.ImageScanFindings != nil || out.ImageScanStatus.Status != types.ScanStatusInProgress {
		t.Errorf("%+v", out)
	}
	want := `{"scan-status":"COMPLETE","repository-name":"web","finding-severity-counts":{"CRITICAL":2,"LOW":1},"image-digest":"` + digest(t, image) + `","image-tags":["v1"]}`
	if got := s.scanned(); got != want {
		t.Errorf("event %s", got)
	}
	out := call[ecr.DescribeImageScanFindingsOutput](s, find)
	var names []string
	for _, f := range out.ImageScanFindings.Findings {
		names = append(names, *f.Name+" "+string(f.Severity))
	}
	if diff := cmp.Diff([]string{"SANDBOX-CRITICAL-1 CRITICAL", "SANDBOX-CRITICAL-2 CRITICAL", "SANDBOX-LOW-1 LOW"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int32{"CRITICAL": 2, "LOW": 1}, out.ImageScanFindings.FindingSeverityCounts); diff != "" {
		t.Error(diff)
	}
	detail := call[ecr.DescribeImagesOutput](s, &ecr.DescribeImagesInput{RepositoryName: new("web")}).ImageDetails[0]
	if detail.ImageScanStatus.Status != types.ScanStatusComplete || detail.ImageScanFindingsSummary.FindingSeverityCounts["CRITICAL"] != 2 {
		t.Errorf("%+v", detail)
	}
	if _, err := wire.Call[ecr.StartImageScanOutput](t.Context(), s.wire, &ecr.StartImageScanInput{RepositoryName: new("web"), ImageId: id}); code(err) != "LimitExceededException" {
		t.Errorf("a second scan within a day: %v", err)
	}
}

func TestARepositoryThatScansOnPushScansEachNewImageOnce(t *testing.T) {
	s := newStand(t)
	call[ecr.CreateRepositoryOutput](s, &ecr.CreateRepositoryInput{RepositoryName: new("web"), ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true}})
	s.findings = Findings{Failed: true}
	image := img(t, "amd64", "one")
	s.mustPush("web:v1", image)
	s.take()
	if got := s.scanned(); !strings.Contains(got, `"scan-status":"FAILED"`) || !strings.Contains(got, `"finding-severity-counts":{}`) {
		t.Error(got)
	}
	s.mustPush("web:v2", image) // known
	if n := len(s.opts.Clock.Waits()); n != 0 {
		t.Errorf("%d scans are under way", n)
	}
	if detail := call[ecr.DescribeImagesOutput](s, &ecr.DescribeImagesInput{RepositoryName: new("web")}).ImageDetails[0]; detail.ImageScanFindingsSummary != nil {
		t.Errorf("%+v", detail)
	}
}

func TestWhatCannotBeScannedIsSaid(t *testing.T) {
	s := newStand(t)
	s.create("web", types.ImageTagMutabilityMutable)
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img(t, "amd64", "one")})
	if err := remote.WriteIndex(s.ref("web:all"), index, remote.WithAuth(s.auth)); err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"all": "UnsupportedImageTypeException", "none": "ImageNotFoundException"} {
		in := &ecr.StartImageScanInput{RepositoryName: new("web"), ImageId: &types.ImageIdentifier{ImageTag: &tag}}
		if _, err := wire.Call[ecr.StartImageScanOutput](t.Context(), s.wire, in); code(err) != want {
			t.Errorf("%s: %v", tag, err)
		}
	}
}
