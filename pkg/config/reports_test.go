package config

import (
	"strings"
	"testing"
)

func TestAReportHasOnePlaceAndOneLink(t *testing.T) {
	c, err := Parse([]byte(`{"platform": {"name": "A-Platform-With-A-Long-Name-Of-Ours", "reports": {}}, "services": [{"name": "shop"}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Platform.ShelfOf("shop")
	if s.String() != "a-platform-with-a-long-n-reports-${AWS::AccountId}-${AWS::Region}/verify/shop/" || c.Platform.Reports.KeepDays != 90 {
		t.Errorf("kept at %s for %d days", s, c.Platform.Reports.KeepDays)
	}
	whole := strings.NewReplacer("${AWS::AccountId}", "111122223333", "${AWS::Region}", "ap-northeast-1").Replace(s.Bucket)
	if len(whole) > 63 || !bucket().MatchString(whole) {
		t.Errorf("%s is not a bucket's name", whole)
	}
	if shelf(s.String()) != s {
		t.Errorf("read back as %+v", shelf(s.String()))
	}
	s.Bucket = "reports"
	if got := s.Link("eu-west-1", "d-A", ""); got != "https://console.aws.amazon.com/s3/object/reports?region=eu-west-1&prefix=verify%2Fshop%2Fd-A%2FAfterAllowTestTraffic.html" {
		t.Errorf("linked as %s", got)
	}
	if got := (Platform{}).ShelfOf("shop").String(); got != "" {
		t.Errorf("kept at %q though nothing is said", got)
	}
}

func TestImpossibleReportsAreRefused(t *testing.T) {
	_, err := Parse([]byte(`{"platform": {"reports": {"bucket": "A_B", "prefix": "/x", "keepDays": -1, "days": 1}}, "services": [{"name": "shop"}]}`), ranges)
	for _, want := range []string{"platform.reports.bucket: \"A_B\"", "platform.reports.prefix: \"/x\"", "platform.reports.keepDays: -1 must be 1 to 3650", "platform.reports.days: is not a key here"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}
