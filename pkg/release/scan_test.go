package release

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

const scanning = `{"name": "sample-website", "gates": {"scan": {"exceptions": [
	{"id": "CVE-2026-7", "until": "2026-11-23", "reason": "the parser is not used"}, {"id": "CVE-2026-8", "until": "2026-11-22", "reason": "was not used"}]}}}`

type scanAnswer = func(digest, page string) (*ecr.DescribeImageScanFindingsOutput, error)

// finds answers a complete basic scan with findings written "CVE-2026-1 HIGH".
func finds(findings ...string) scanAnswer {
	out := scanIs(ecrtypes.ScanStatusComplete, "")
	out.ImageScanFindings = &ecr.ImageScanFindings{}
	for _, f := range findings {
		id, severity, _ := strings.Cut(f, " ")
		out.ImageScanFindings.Findings = append(out.ImageScanFindings.Findings, ecr.ImageScanFinding{Name: id, Severity: ecrtypes.FindingSeverity(severity)})
	}
	return func(string, string) (*ecr.DescribeImageScanFindingsOutput, error) { return out, nil }
}

func scanIs(status ecrtypes.ScanStatus, description string) *ecr.DescribeImageScanFindingsOutput {
	return &ecr.DescribeImageScanFindingsOutput{ImageScanStatus: &ecr.ImageScanStatus{Status: status, Description: description}}
}

func answersScan(out *ecr.DescribeImageScanFindingsOutput, err error) scanAnswer {
	return func(string, string) (*ecr.DescribeImageScanFindingsOutput, error) { return out, err }
}

// enhanced is Inspector's scan, which has no name for a finding but a vulnerability's id.
func enhanced(id, severity, status string) scanAnswer {
	out := scanIs(ecrtypes.ScanStatusActive, "")
	out.ImageScanFindings = &ecr.ImageScanFindings{EnhancedFindings: []ecr.EnhancedImageScanFinding{{
		Severity: severity, Status: status, PackageVulnerabilityDetails: ecr.PackageVulnerabilityDetails{VulnerabilityId: id}}}}
	return answersScan(out, nil)
}

func TestAnImageGoesOutOnlyWhenItsScanSpeaksForIt(t *testing.T) {
	endless := func(_, page string) (*ecr.DescribeImageScanFindingsOutput, error) {
		out, _ := finds("CVE-2026-1 LOW")("", "")
		more := *out
		more.NextToken = page + "+"
		return &more, nil
	}
	second := func(_, page string) (*ecr.DescribeImageScanFindingsOutput, error) {
		if page == "" {
			return endless("", "")
		}
		return finds("CVE-2026-2 CRITICAL")("", "")
	}
	for name, c := range map[string]struct {
		scan scanAnswer
		want string // the words of the reason that holds it; empty: it goes out
	}{
		"nothing found":              {finds(), ""},
		"nothing worse than allowed": {finds("CVE-2026-1 MEDIUM", "CVE-2026-2 LOW", "CVE-2026-3 INFORMATIONAL"), ""},
		"something worse": {finds("CVE-2026-1 HIGH", "CVE-2026-2 CRITICAL", "CVE-2026-3 LOW"),
			"the scan gate holds sample-website:latest: its scan found 1 critical, 1 high (CVE-2026-2, CVE-2026-1), and medium is the worst that is let through"},
		"as the page tells": {finds("CVE-2026-1 CRITICAL", "CVE-2026-2 CRITICAL", "CVE-2026-3 HIGH"),
			strings.ReplaceAll(ofPage(t, "the scan gate holds"), ":v2:", ":latest:")},
		"too many to name":          {finds("A HIGH", "B HIGH", "C HIGH", "D HIGH", "E HIGH", "F HIGH", "G HIGH"), "7 high (A, B, C, D, E, and 2 more)"},
		"unrated":                   {finds("CVE-2026-1 UNDEFINED"), "1 undefined (CVE-2026-1)"},
		"of a later world":          {finds("CVE-2026-1 APOCALYPTIC"), "1 apocalyptic"},
		"excepted":                  {finds("CVE-2026-7 CRITICAL"), ""},
		"excepted once":             {finds("CVE-2026-8 CRITICAL"), "the exception for CVE-2026-8 ended with 2026-11-22"},
		"excepted, others not":      {finds("CVE-2026-7 CRITICAL", "CVE-2026-1 HIGH"), "found 1 high (CVE-2026-1)"},
		"worse by one package":      {finds("CVE-2026-1 LOW", "CVE-2026-1 CRITICAL", "CVE-2026-1 LOW"), "1 critical"},
		"on the second page":        {second, "1 critical (CVE-2026-2)"},
		"on pages without end":      {endless, "more than 10000 findings"},
		"Inspector's":               {enhanced("CVE-2026-1", "CRITICAL", "ACTIVE"), "1 critical (CVE-2026-1)"},
		"Inspector's, suppressed":   {enhanced("CVE-2026-1", "CRITICAL", "SUPPRESSED"), ""},
		"Inspector's, not triaged":  {enhanced("CVE-2026-1", "UNTRIAGED", "ACTIVE"), "1 untriaged"},
		"under way":                 {answersScan(scanIs(ecrtypes.ScanStatusInProgress, ""), nil), "its scan is under way"},
		"waiting for Inspector":     {answersScan(scanIs(ecrtypes.ScanStatusPending, ""), nil), "its scan is under way"},
		"failed":                    {answersScan(scanIs(ecrtypes.ScanStatusFailed, "UnsupportedImageError"), nil), "its scan is FAILED: UnsupportedImageError"},
		"complete without findings": {answersScan(scanIs(ecrtypes.ScanStatusComplete, ""), nil), "tells no findings"},
		"without a status":          {answersScan(&ecr.DescribeImageScanFindingsOutput{}, nil), "its scan has no status"},
		"never":                     {answersScan(nil, &ecrtypes.ScanNotFoundException{}), "it has not been scanned: let the repository sample-website scan on push"},
		"an error":                  {answersScan(nil, errors.New("AccessDeniedException: no")), "its scan could not be read: AccessDeniedException: no"},
	} {
		t.Run(name, func(t *testing.T) {
			w := toRelease()
			w.scan = c.scan
			got, err := w.handle(t, deployedWith(scanning), byInvocation)
			verdict := map[bool]Verdict{true: Deploy, false: Hold}[c.want == ""]
			if err != nil || got.Decision != verdict || !strings.Contains(got.Reason, c.want) || (count(w.calls, "CreateDeployment") > 0) != (verdict == Deploy) {
				t.Errorf("got %+v, %v", got, err)
			}
			if told := strings.Contains(got.Reason, "let through for a while (CVE-2026-7 until 2026-11-23: the parser is not used)"); told != (name == "excepted") {
				t.Errorf("the reason is %q", got.Reason)
			}
		})
	}
}

func TestAnExceptionHoldsToTheEndOfItsDay(t *testing.T) {
	for at, want := range map[string]Verdict{"2026-11-23T23:59:59Z": Deploy, "2026-11-24T00:00:00Z": Hold} {
		w := toRelease()
		w.scan = finds("CVE-2026-7 CRITICAL")
		w.At, _ = time.Parse(time.RFC3339, at)
		if got, err := w.handle(t, deployedWith(scanning), byInvocation); err != nil || got.Decision != want {
			t.Errorf("%s: got %+v, %v", at, got, err)
		}
	}
}

func TestScansCostOneCallAnImageAndOnlyBeforeSomethingIsDone(t *testing.T) {
	calls := func(w *world, description string) int {
		w.scan = finds()
		if got, err := w.handle(t, deployedWith(description), byInvocation); err != nil {
			t.Fatalf("got %+v, %v", got, err)
		}
		return len(w.calls)
	}
	if without, with := calls(toRelease(), `{"name": "sample-website"}`), calls(toRelease(), scanning); with != without+1 {
		t.Errorf("%d calls with the gate, %d without", with, without)
	}
	for name, w := range map[string]*world{
		"it is live":      newWorld(image(1, "latest")).runs(wished(1)),
		"it was tried":    newWorld(image(v2, "latest")).runs(wished(1)).had(deployment(wished(v2), failed)),
		"it is under way": newWorld(image(v2, "latest")).runs(wished(1)).had(deployment(wished(v2), inProgress)),
	} {
		if calls(w, scanning); count(w.calls, "DescribeImageScanFindings") > 0 {
			t.Errorf("%s, and its scan is read", name)
		}
	}
}

func TestANewBaseGoesOutWithTheLiveImageWhileAScanHoldsTheNewOne(t *testing.T) {
	d := deployedWith(scanning)
	w := newWorld(image(1, "before"), image(v2, "latest")).runs(wished(1)).had(deployment(wished(1), succeeded))
	d.Base = strings.TrimSuffix(d.Base, "3") + "4"
	w.Base.Definition.TaskDefinitionArn = &d.Base
	w.scan = finds("CVE-2026-1 CRITICAL")
	got, err := w.handle(t, d, byInvocation)
	if err != nil || got.Decision != Deploy || !strings.Contains(got.Image, digestOf(1)) || !strings.Contains(got.Reason, "the new base goes with the live") {
		t.Errorf("got %+v, %v", got, err)
	}
	if n := count(w.calls, "DescribeImageScanFindings"); n != 1 {
		t.Errorf("%d scans are read; what is live is not asked about", n)
	}
}

func TestTheGateFunctionIsAskedOnlyAboutWhatScansLetThrough(t *testing.T) {
	both := `{"name": "sample-website", "gates": {"scan": {}, "function": "` + gatesFunction + `"}}`
	for finding, asked := range map[string]int{"CVE-2026-1 HIGH": 0, "CVE-2026-1 LOW": 1} {
		w := toRelease()
		w.scan, w.gate = finds(finding), func([]byte) *lambda.InvokeOutput { return &lambda.InvokeOutput{Payload: []byte(`{"open": true}`)} }
		if got, err := w.handle(t, deployedWith(both), byInvocation); err != nil || count(w.calls, "Invoke") != asked {
			t.Errorf("%s: got %+v, %v: %v", finding, got, err, w.calls)
		}
	}
}

func TestGoingBackIsNotAskedForItsScan(t *testing.T) {
	w := newWorld(image(1, "v1"), image(v2, "latest")).runs(wished(v2)).had(deployment(wished(v2), succeeded), deployment(wished(1), succeeded))
	tag(w, live.TagBlocked, digestOf(v2)+" to "+digestOf(1))
	if got, err := w.handle(t, deployedWith(scanning), byInvocation); err != nil || got.Decision != Deploy || count(w.calls, "DescribeImageScanFindings") > 0 {
		t.Errorf("got %+v, %v: %v", got, err, w.calls)
	}
}

// An index is not scanned itself.
func TestOfAnIndexTheImagesForTheTasksPlatformAreAskedAbout(t *testing.T) {
	index := image(v2, "latest")
	index.ImageManifestMediaType = oci.IndexTypes[0]
	manifest := func(platforms ...string) string {
		var all []string
		for i, p := range platforms {
			all = append(all, fmt.Sprintf(`{"mediaType": %q, "digest": %q, "platform": {"os": "linux", "architecture": %q}}`, oci.ImageTypes[0], digestOf(40+i), p))
		}
		return `{"manifests": [` + strings.Join(all, ", ") + `]}`
	}
	for name, c := range map[string]struct {
		bad  string
		want Verdict
	}{
		"the other platform's is bad": {digestOf(41), Deploy},
		"the task's is bad":           {digestOf(40), Hold},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(index).runs(wished(1)).had(deployment(wished(1), succeeded))
			w.indexes = map[string]string{digestOf(v2): manifest(strings.TrimPrefix(platform(w.Base), "linux/"), "riscv64")}
			w.scan = func(digest, _ string) (*ecr.DescribeImageScanFindingsOutput, error) {
				if digest == c.bad {
					return finds("CVE-2026-1 CRITICAL")("", "")
				}
				return finds()("", "")
			}
			if got, err := w.handle(t, deployedWith(scanning), byInvocation); err != nil || got.Decision != c.want || count(w.calls, "BatchGetImage") != 1 {
				t.Errorf("got %+v, %v: %v", got, err, w.calls)
			}
		})
	}
}
