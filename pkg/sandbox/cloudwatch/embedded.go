package cloudwatch

import (
	"encoding/json"
	"strings"
)

// Line takes the metrics out of a line of a log, where it has some in the embedded form: members at its top that its
// member _aws names. A set of dimensions counts when all of them are text at its top
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
func (s *Service) Line(line string) {
	if !strings.Contains(line, `"_aws"`) {
		return
	}
	var members map[string]any
	var told struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	if json.Unmarshal([]byte(line), &members) != nil || json.Unmarshal([]byte(line), &told) != nil {
		return
	}
	for _, d := range told.AWS.CloudWatchMetrics {
		for _, names := range d.Dimensions {
			dims := map[string]string{}
			for _, name := range names {
				if value, ok := members[name].(string); ok && value != "" {
					dims[name] = value
				}
			}
			for _, m := range d.Metrics {
				if value, ok := members[m.Name].(float64); ok && len(dims) == len(names) {
					s.Put(d.Namespace, m.Name, dims, value)
				}
			}
		}
	}
}
