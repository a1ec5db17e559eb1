package config

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// Reports says where the reports of verifications are kept: in S3, as one JSON document and one page each, at
// <prefix><service>/<deployment>/<lifecycle event>.json and .html.
type Reports struct {
	// Bucket is an existing bucket's name. Default: the platform's stack makes one that is private, encrypted and asked
	// over TLS only. A bucket with a KMS key of its own needs a key policy that lets the verify functions use it.
	Bucket string `json:"bucket,omitempty"`
	// Prefix of all keys. Default "verify/".
	Prefix string `json:"prefix,omitempty"`
	// KeepDays is how long the platform's own bucket keeps a report. Default 90; an existing bucket has its own rules.
	KeepDays int `json:"keepDays,omitempty"`
}

// bucketLimit is the longest that a platform's name may be in a bucket's, which has account and region beside it.
const bucketLimit = 24

// BucketName is the bucket's name; of the platform's own with ${AWS::AccountId} and ${AWS::Region} in it. Empty when no
// reports are kept.
func (p Platform) BucketName() string {
	switch {
	case p.Reports == nil:
		return ""
	case p.Reports.Bucket != "":
		return p.Reports.Bucket
	}
	return strings.Trim(firstOf(strings.ToLower(p.Name), bucketLimit), "-") + "-reports-${AWS::AccountId}-${AWS::Region}"
}

// Shelf is where a service's reports are kept.
type Shelf struct {
	Bucket string
	// Prefix of the service's keys, with a slash at its end.
	Prefix string
}

// ShelfOf is the shelf of a service; empty when no reports are kept.
func (p Platform) ShelfOf(service string) Shelf {
	if p.Reports == nil {
		return Shelf{}
	}
	return Shelf{Bucket: p.BucketName(), Prefix: p.Reports.Prefix + service + "/"}
}

// String is the shelf as a function is told it.
func (s Shelf) String() string {
	if s.Bucket == "" {
		return ""
	}
	return s.Bucket + "/" + s.Prefix
}

// shelf reads what String wrote.
func shelf(text string) Shelf {
	bucket, prefix, _ := strings.Cut(text, "/")
	return Shelf{Bucket: bucket, Prefix: prefix}
}

// Key of a report: its kind is "json" or "html".
func (s Shelf) Key(deployment string, stage appspec.Event, kind string) string {
	return s.Prefix + deployment + "/" + string(cmp.Or(stage, Main)) + "." + kind
}

// ConsoleHost is where AWS's console for a region is; that of the usual partition when no region is said.
func ConsoleHost(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "console.amazonaws.cn"
	}
	return "console.aws.amazon.com"
}

// Link leads to a report's page in the AWS console, for people who may read it.
func (s Shelf) Link(region, deployment string, stage appspec.Event) string {
	return fmt.Sprintf("https://%s/s3/object/%s?region=%s&prefix=%s", ConsoleHost(region), s.Bucket, region, url.QueryEscape(s.Key(deployment, stage, "html")))
}

func (r Reports) check(path string, f *Findings) {
	matches(f, path+".bucket", r.Bucket, bucket, "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens")
	matches(f, path+".prefix", r.Prefix, keyPrefix, `a prefix such as "verify/": letters, digits and ._-/, a slash at its end`)
	if r.KeepDays < 0 || r.KeepDays > 3650 {
		f.add(path+".keepDays", "%d must be 1 to 3650", r.KeepDays)
	}
}
