package fault

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ecr"
)

// Scan says what scans of images find. Without it they find nothing.
type Scan struct {
	Repository string  `arg:"" optional:"" help:"The repository's name; * matches."`
	Image      string  `help:"Only the image with this tag or digest; * matches."`
	Critical   int32   `help:"How many findings are CRITICAL."`
	High       int32   `help:"How many are HIGH."`
	Medium     int32   `help:"How many are MEDIUM."`
	Low        int32   `help:"How many are LOW."`
	Fail       bool    `help:"The scan fails."`
	Skip       int     `help:"Let the first ones pass."`
	Times      int     `help:"How often; 0 is always."`
	Chance     float64 `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Kind implements Fault.
func (Scan) Kind() string { return "scan" }

func (f Scan) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f Scan) check() error {
	if f.Fail == (f.Critical+f.High+f.Medium+f.Low > 0) || f.Critical < 0 || f.High < 0 || f.Medium < 0 || f.Low < 0 {
		return errors.New("findings of at least one severity, or a failure, are needed")
	}
	return checkPattern(f.Repository, f.Image)
}

func (f Scan) matches(repository, digest string, tags []string) bool {
	image := like(f.Image, digest)
	for _, tag := range tags {
		image = image || like(f.Image, tag)
	}
	return image && like(f.Repository, repository)
}

// Findings of a scan; it has the form of ecr's option.
func (p *Plan) Findings(repository, digest string, tags []string) ecr.Findings {
	found := ecr.Findings{Counts: map[types.FindingSeverity]int32{}}
	for _, f := range strike(p, func(f Scan) bool { return f.matches(repository, digest, tags) }) {
		found.Failed = found.Failed || f.Fail
		for severity, n := range map[types.FindingSeverity]int32{
			types.FindingSeverityCritical: f.Critical, types.FindingSeverityHigh: f.High, types.FindingSeverityMedium: f.Medium, types.FindingSeverityLow: f.Low,
		} {
			if n > 0 {
				found.Counts[severity] += n
			}
		}
		p.tell("ecr", "ImageScan", "", "the scan of %s finds critical=%d high=%d medium=%d low=%d, failed=%t", repository, f.Critical, f.High, f.Medium, f.Low, f.Fail)
	}
	return found
}
