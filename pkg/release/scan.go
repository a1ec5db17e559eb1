package release

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// Scan is what the registry's scan says of an image; of an index, what the scans of its images for the task's platform
// say together.
type Scan struct {
	// Problem is why there is nothing to judge by; empty when there is.
	Problem string
	// Findings are severities, by the finding's id, in lower case. Of several of one id it is the worst.
	Findings map[string]string
	// failed is why it could not be read.
	failed error
}

// mostFindings bounds the reading of one image's findings: ten pages of what ECR gives at most.
const (
	mostFindings = 10
	findingsPage = 1000
)

// scan reads the scans of the wish's images that were not read yet; it reports whether there were any. What production
// runs already is not asked about.
func (l *Loop) scan(ctx context.Context, desired Desired, o *Observed, wish live.Wish) (asked bool) {
	if desired.Service.Gates.Scan == nil {
		return false
	}
	for _, i := range wish.Images {
		if _, known := o.Scans[i.Digest]; known || serves(i, *o) {
			continue
		}
		if o.Scans == nil {
			o.Scans = map[string]Scan{}
		}
		scan := l.scanOf(ctx, *o, i)
		if scan.failed != nil && l.permitted("the scan of "+i.Name(), scan.failed) {
			scan = Scan{}
		}
		o.Scans[i.Digest], asked = scan, true
	}
	return asked
}

// serves reports whether production runs the image.
func serves(i live.Image, o Observed) bool {
	is, ok := o.Primary.Image(i.Container)
	return ok && is.Digest == i.Digest
}

// scanOf is the scan of an image. An index is not scanned; the images that a task may run of it are.
func (l *Loop) scanOf(ctx context.Context, o Observed, i live.Image) Scan {
	from, digests := l.deployed.Service.Source(i.Repository), []string{i.Digest}
	if o.isIndex(i) {
		index, read := o.Indexes[i.Digest]
		if !read {
			var err error
			if index, err = readIndex(ctx, l.aws.Images, from, i); err != nil {
				return Scan{Problem: err.Error()}
			}
		}
		want := platform(o.Base)
		if digests = index.Images[want]; len(digests) == 0 {
			return Scan{Problem: cmp.Or(index.Problem, "it holds no image for "+want)}
		}
	}
	all := Scan{Findings: map[string]string{}}
	for _, digest := range digests {
		one := readScan(ctx, l.aws.Scans, from, digest)
		if one.Problem != "" {
			return one
		}
		for id, severity := range one.Findings {
			all.add(id, severity)
		}
	}
	return all
}

// add notes a finding; of several of one id the worst counts.
func (s Scan) add(id, severity string) {
	if is, ok := s.Findings[id]; !ok || worse(severity, is) < 0 {
		s.Findings[id] = severity
	}
}

// readScan reads an image's scan, basic or enhanced. Whatever is not a complete scan is a problem.
func readScan(ctx context.Context, api Scans, from config.Repository, digest string) Scan {
	in := &ecr.DescribeImageScanFindingsInput{
		Repository: oci.Repository(from),
		ImageId:    ecr.ImageIdentifier{ImageDigest: digest}, MaxResults: findingsPage,
	}
	s := Scan{Findings: map[string]string{}}
	for range mostFindings {
		out, err := api.DescribeImageScanFindings(ctx, in)
		switch {
		case call.Refused(err, ecr.ScanNotFound):
			return Scan{Problem: fmt.Sprintf("it has not been scanned: let the repository %s scan on push, or scan it with aws ecr start-image-scan", from)}
		case err != nil:
			err = admitted(from, err)
			return Scan{Problem: fmt.Sprintf("its scan could not be read: %v", err), failed: err}
		}
		if problem := unscanned(out.ImageScanStatus); problem != "" {
			return Scan{Problem: problem}
		}
		if out.ImageScanFindings == nil {
			return Scan{Problem: "its scan is complete and tells no findings"}
		}
		s.note(out.ImageScanFindings)
		if out.NextToken == "" {
			return s
		}
		in.NextToken = out.NextToken
	}
	return Scan{Problem: fmt.Sprintf("its scan has more than %d findings", mostFindings*findingsPage)}
}

// unscanned is why a scan is not one to judge by; empty when it is. ACTIVE is what a complete one is called where images
// are scanned again and again
// (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html).
func unscanned(status *ecr.ImageScanStatus) string {
	if status == nil {
		return "its scan has no status"
	}
	switch status.Status {
	case ecrtypes.ScanStatusComplete, ecrtypes.ScanStatusActive:
		return ""
	case ecrtypes.ScanStatusInProgress, ecrtypes.ScanStatusPending:
		return "its scan is under way"
	}
	return strings.TrimSuffix(fmt.Sprintf("its scan is %s: %s", status.Status, status.Description), ": ")
}

// note takes a page's findings: those of a basic scan, and of an enhanced one those that are neither suppressed nor
// closed (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EnhancedImageScanFinding.html).
func (s Scan) note(page *ecr.ImageScanFindings) {
	for _, f := range page.Findings {
		s.add(f.Name, strings.ToLower(string(f.Severity)))
	}
	for _, f := range page.EnhancedFindings {
		if f.Status == "SUPPRESSED" || f.Status == "CLOSED" {
			continue
		}
		id := cmp.Or(f.PackageVulnerabilityDetails.VulnerabilityId, f.Title, f.FindingArn)
		s.add(id, strings.ToLower(f.Severity))
	}
}

// scanHolds holds the images whose scans do not speak for them; the others, and a new base, may go without them.
func scanHolds(desired Desired, o Observed) (Decision, bool) {
	gate := desired.Service.Gates.Scan
	if gate == nil {
		return Decision{}, false
	}
	var held, texts []string
	for _, i := range desired.Wish.Images {
		scan, asked := o.Scans[i.Digest]
		if !asked || serves(i, o) {
			continue
		}
		why := scan.Problem
		if why == "" {
			why = scan.against(gate, o)
		}
		if why != "" {
			held, texts = append(held, i.Container), append(texts, fmt.Sprintf("the scan gate holds %s: %s", i.Name(), why))
		}
	}
	if len(held) == 0 {
		return Decision{}, false
	}
	return Decision{Verdict: Hold, gated: true, imagesHeld: true, held: held, Reason: strings.Join(texts, "; ")}, true
}

// mostNamed is how many findings are told by name.
const mostNamed = 5

// against tells the findings that are not let through, the worst first; empty when there is none.
func (s Scan) against(gate *config.ScanGate, o Observed) string {
	var named []string
	counts, over := map[string]int{}, ""
	for _, id := range s.worstFirst() {
		severity := s.Findings[id]
		exception, holds := gate.Except(id, o.At)
		if holds || gate.Lets(severity) {
			continue
		}
		if exception != nil {
			over += "; the exception for " + id + " ended with " + exception.Until
		}
		counts[severity]++
		named = append(named, id)
	}
	if len(named) == 0 {
		return ""
	}
	var many []string
	for _, severity := range slices.SortedFunc(maps.Keys(counts), worse) {
		many = append(many, fmt.Sprintf("%d %s", counts[severity], severity))
	}
	if more := len(named) - mostNamed; more > 0 {
		named = append(named[:mostNamed], fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("its scan found %s (%s), and %s is the worst that is let through%s", strings.Join(many, ", "), strings.Join(named, ", "), gate.Allow, over)
}

// worstFirst are the ids of the findings.
func (s Scan) worstFirst() []string {
	return slices.SortedFunc(maps.Keys(s.Findings), func(a, b string) int {
		return cmp.Or(worse(s.Findings[a], s.Findings[b]), strings.Compare(a, b))
	})
}

// worse orders severities, the worst first. One that is none of the known counts as the worst.
func worse(a, b string) int {
	rank := func(severity string) int {
		if r := slices.Index(config.Severities, severity); r >= 0 {
			return r
		}
		return len(config.Severities)
	}
	return cmp.Or(rank(b)-rank(a), strings.Compare(a, b))
}

// excepted tells which findings a release goes out with that are let through for a while only; empty when there is none.
func excepted(desired Desired, o Observed) string {
	gate := desired.Service.Gates.Scan
	if gate == nil || desired.back {
		return ""
	}
	var texts []string
	for _, i := range desired.Wish.Images {
		scan := o.Scans[i.Digest]
		for _, id := range slices.Sorted(maps.Keys(scan.Findings)) {
			if e, holds := gate.Except(id, o.At); holds && !gate.Lets(scan.Findings[id]) {
				texts = append(texts, fmt.Sprintf("%s until %s: %s", id, e.Until, e.Reason))
			}
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return ", with findings that are let through for a while (" + strings.Join(texts, "; ") + ")"
}
