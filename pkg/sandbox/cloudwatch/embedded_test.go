package cloudwatch

import (
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
)

func TestMetricsInALogLineAreTaken(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want bool
	}{
		"whole":                {`{"service": "web", "Refused": 1, "_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "Cutover", "Dimensions": [["service"]], "Metrics": [{"Name": "Refused"}]}]}}`, true},
		"without the value":    {`{"service": "web", "_aws": {"CloudWatchMetrics": [{"Namespace": "Cutover", "Dimensions": [["service"]], "Metrics": [{"Name": "Refused"}]}]}}`, false},
		"without a dimension":  {`{"Refused": 1, "_aws": {"CloudWatchMetrics": [{"Namespace": "Cutover", "Dimensions": [["service"]], "Metrics": [{"Name": "Refused"}]}]}}`, false},
		"not in the form":      {`{"service": "web", "Refused": 1}`, false},
		"no document":          {`"_aws" {`, false},
		"a member of its kind": {`{"_aws": 7}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Clock: clock.New(1)})
			defer s.Close()
			s.Line(c.line)
			_, got := s.Statistic("Cutover", "Refused", map[string]string{"service": "web"}, "Sum", -time.Minute, 2*time.Minute)
			if got != c.want {
				t.Errorf("it is taken: %v", got)
			}
		})
	}
}
