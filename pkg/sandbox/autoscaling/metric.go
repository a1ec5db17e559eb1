package autoscaling

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

// metric is the sum of one or more of CloudWatch's; those without data count nothing, and without any there is none.
type metric []part

// part is a metric with its statistic.
type part struct {
	namespace, name string
	dimensions      map[string]string
	statistic       string
}

// label is a target group as a predefined metric names it: app/<balancer>/<id>/targetgroup/<group>/<id>.
var label = regexp.MustCompile(`^(app/[^/]+/[^/]+)/(targetgroup/[^/]+/[^/]+)$`)

// metricOf reads which metric a policy tracks
// (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html).
func metricOf(c *types.TargetTrackingScalingPolicyConfiguration, id string) (metric, error) {
	cluster, service := parts(id)
	p, own := c.PredefinedMetricSpecification, c.CustomizedMetricSpecification
	switch {
	case (p == nil) == (own == nil):
		return nil, invalid("One of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.")
	case own != nil:
		return customized(own)
	}
	use := func(name string) (metric, error) {
		return metric{{"AWS/ECS", name, map[string]string{"ClusterName": cluster, "ServiceName": service}, "Average"}}, nil
	}
	switch p.PredefinedMetricType {
	case types.MetricTypeECSServiceAverageCPUUtilization:
		return use("CPUUtilization")
	case types.MetricTypeECSServiceAverageMemoryUtilization:
		return use("MemoryUtilization")
	case types.MetricTypeALBRequestCountPerTarget:
		m := label.FindStringSubmatch(aws.ToString(p.ResourceLabel))
		if m == nil {
			return nil, invalid("Invalid resource label: %s", aws.ToString(p.ResourceLabel))
		}
		return metric{{"AWS/ApplicationELB", "RequestCountPerTarget", map[string]string{"LoadBalancer": m[1], "TargetGroup": m[2]}, "Sum"}}, nil
	}
	return nil, invalid("The predefined metric type %s is not supported for ecs.", p.PredefinedMetricType)
}

func customized(c *types.CustomizedMetricSpecification) (metric, error) {
	if len(c.Metrics) == 0 {
		if aws.ToString(c.MetricName) == "" || aws.ToString(c.Namespace) == "" || c.Statistic == "" {
			return nil, invalid("A customized metric needs MetricName, Namespace and Statistic, or Metrics.")
		}
		return metric{{*c.Namespace, *c.MetricName, dimensions(c.Dimensions, func(d types.MetricDimension) (n, v *string) { return d.Name, d.Value }), string(c.Statistic)}}, nil
	}
	known := map[string]part{}
	expression := ""
	for _, q := range c.Metrics {
		returns := q.ReturnData == nil || *q.ReturnData
		switch {
		case q.MetricStat != nil && q.Expression == nil && q.MetricStat.Metric != nil:
			m := q.MetricStat.Metric
			known[aws.ToString(q.Id)] = part{aws.ToString(m.Namespace), aws.ToString(m.MetricName),
				dimensions(m.Dimensions, func(d types.TargetTrackingMetricDimension) (n, v *string) { return d.Name, d.Value }), aws.ToString(q.MetricStat.Stat)}
			if returns {
				expression = aws.ToString(q.Id)
			}
		case q.Expression != nil && returns:
			expression = *q.Expression
		default:
			return nil, invalid("The sandbox computes one expression over metrics, which returns the data.")
		}
	}
	var all metric
	for _, id := range summands(expression) {
		p, ok := known[id]
		if !ok {
			return nil, invalid("The sandbox computes sums of metrics, SUM([m1, m2]) or m1 + m2, not %q.", expression)
		}
		all = append(all, p)
	}
	return all, nil
}

var sum = regexp.MustCompile(`^SUM\(\[([^\]]*)\]\)$`)

// summands are the ids of an expression that is a sum.
func summands(expression string) []string {
	separator := "+"
	if m := sum.FindStringSubmatch(strings.TrimSpace(expression)); m != nil {
		expression, separator = m[1], ","
	}
	ids := strings.Split(expression, separator)
	for i := range ids {
		ids[i] = strings.TrimSpace(ids[i])
	}
	return slices.Compact(ids)
}

func dimensions[T any](all []T, pair func(T) (name, value *string)) map[string]string {
	out := map[string]string{}
	for _, d := range all {
		n, v := pair(d)
		out[aws.ToString(n)] = aws.ToString(v)
	}
	return out
}

// read is the metric's value over one minute that ended ago; false without data.
func (s *Service) read(m metric, ago time.Duration) (total float64, ok bool) {
	for _, p := range m {
		if v, has := s.opts.Metric(p.namespace, p.name, p.dimensions, p.statistic, ago, minute); has {
			total, ok = total+v, true
		}
	}
	return total, ok
}
