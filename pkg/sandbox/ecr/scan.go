package ecr

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

const (
	// scanTime is how long a scan takes, on the clock. AWS publishes no figure for basic scanning; people see seconds.
	scanTime = 20 * time.Second
	// scanEvery is how often one image may be scanned.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
	scanEvery = 24 * time.Hour
)

// Findings are what a scan is to find: how many of each severity. Failed scans find nothing.
type Findings struct {
	Counts map[types.FindingSeverity]int32
	Failed bool
}

// scan is the newest scan of an image.
type scan struct {
	started, ended time.Time
	status         types.ScanStatus
	counts         map[types.FindingSeverity]int32
}

// imageScan is the detail of ECR's event.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
type imageScan struct {
	Status     string           `json:"scan-status"`
	Repository string           `json:"repository-name"`
	Counts     map[string]int32 `json:"finding-severity-counts"`
	Digest     string           `json:"image-digest"`
	Tags       []string         `json:"image-tags"`
}

func (s *Service) startImageScan(_ context.Context, in *ecr.StartImageScanInput) (*ecr.StartImageScanOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, img, err := s.scannable(in.RepositoryName, in.RegistryId, in.ImageId)
	if err != nil {
		return nil, err
	}
	if last := r.scans[img.digest]; last != nil && s.opts.Clock.Now().Sub(last.started) < s.opts.Clock.Scale(scanEvery) {
		return nil, &types.LimitExceededException{Message: new(fmt.Sprintf(
			"The scan quota per image has been exceeded. Wait and try again: an image is scanned once in 24 hours ('%s')", img.digest))}
	}
	s.scan(r, img)
	return &ecr.StartImageScanOutput{
		ImageId: s.identity(in.ImageId, img), ImageScanStatus: r.scans[img.digest].told(),
		RegistryId: &s.opts.Account, RepositoryName: &r.name,
	}, nil
}

// scannable is an image that can be scanned; the caller holds the lock.
func (s *Service) scannable(name, registry *string, id *types.ImageIdentifier) (*repository, *stored, error) {
	r, err := s.repo(name, registry)
	if err != nil {
		return nil, nil, err
	}
	img, err := s.named(r, id)
	if err == nil && img.index != nil {
		err = &types.UnsupportedImageTypeException{Message: new("The image type is not supported for scanning: an index of images is not scanned, its images are")}
	}
	return r, img, err
}

func (s *Service) named(r *repository, id *types.ImageIdentifier) (*stored, error) {
	if id == nil {
		return nil, invalid("imageId", "must not be null")
	}
	return s.image(r, *id)
}

func (s *Service) identity(asked *types.ImageIdentifier, img *stored) *types.ImageIdentifier {
	return &types.ImageIdentifier{ImageDigest: new(img.digest), ImageTag: asked.ImageTag}
}

// scan begins a scan and ends it in time; the caller holds the lock.
func (s *Service) scan(r *repository, img *stored) {
	one := &scan{started: s.opts.Clock.Now(), status: types.ScanStatusInProgress}
	r.scans[img.digest] = one
	s.work.Go(func() {
		if s.opts.Clock.Wait(s.work.Context(), "image-scan", scanTime) != nil {
			return
		}
		s.mu.Lock()
		tags := r.tagsOf(img.digest)
		s.mu.Unlock()
		found := s.opts.Findings(r.name, img.digest, tags)
		s.mu.Lock()
		one.ended, one.status, one.counts = s.opts.Clock.Now(), types.ScanStatusComplete, found.Counts
		if found.Failed {
			one.status, one.counts = types.ScanStatusFailed, nil
		}
		told := imageScan{Status: string(one.status), Repository: r.name, Counts: map[string]int32{}, Digest: img.digest, Tags: append([]string{}, tags...)}
		for severity, n := range one.counts {
			told.Counts[string(severity)] = n
		}
		s.mu.Unlock()
		s.opts.Emit("aws.ecr", "ECR Image Scan", []string{s.arn(r.name)}, told)
	})
}

// told is a scan's status as answers show it.
func (c *scan) told() *types.ImageScanStatus {
	text := map[types.ScanStatus]string{
		types.ScanStatusComplete: "The scan was completed successfully.", types.ScanStatusFailed: "The scan failed.",
	}[c.status]
	status := &types.ImageScanStatus{Status: c.status}
	if text != "" {
		status.Description = &text
	}
	return status
}

func (s *Service) describeImageScanFindings(_ context.Context, in *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	img, err := s.named(r, in.ImageId)
	if err != nil {
		return nil, err
	}
	one := r.scans[img.digest]
	if one == nil {
		return nil, &types.ScanNotFoundException{Message: new(fmt.Sprintf(
			"Image scan does not exist for the image with '{imageDigest:'%s'}' in the repository with name '%s' in the registry with id '%s'",
			img.digest, r.name, s.opts.Account))}
	}
	out := &ecr.DescribeImageScanFindingsOutput{
		ImageId: s.identity(in.ImageId, img), ImageScanStatus: one.told(), RegistryId: &s.opts.Account, RepositoryName: &r.name,
	}
	if one.status != types.ScanStatusComplete {
		return out, nil
	}
	shown, next, err := page(one.list(), in.MaxResults, in.NextToken)
	out.NextToken = next
	out.ImageScanFindings = &types.ImageScanFindings{
		Findings: shown, FindingSeverityCounts: one.severities(), ImageScanCompletedAt: new(one.ended), VulnerabilitySourceUpdatedAt: new(one.started),
	}
	return out, err
}

// list names what was found. The names are the sandbox's own: it knows of no real vulnerabilities.
func (c *scan) list() []types.ImageScanFinding {
	all := []types.ImageScanFinding{}
	for _, severity := range slices.Backward(types.FindingSeverity("").Values()) {
		for i := range c.counts[severity] {
			all = append(all, types.ImageScanFinding{Name: new(fmt.Sprintf("SANDBOX-%s-%d", severity, i+1)), Severity: severity,
				Description: new("A finding that the sandbox was told to report.")})
		}
	}
	return all
}

func (c *scan) severities() map[string]int32 {
	counts := map[string]int32{}
	for severity, n := range c.counts {
		counts[string(severity)] = n
	}
	return counts
}

// summary is what DescribeImages tells of a scan; nil while there is nothing to tell.
func (c *scan) summary() *types.ImageScanFindingsSummary {
	if c.status != types.ScanStatusComplete {
		return nil
	}
	return &types.ImageScanFindingsSummary{FindingSeverityCounts: c.severities(), ImageScanCompletedAt: new(c.ended), VulnerabilitySourceUpdatedAt: new(c.started)}
}
