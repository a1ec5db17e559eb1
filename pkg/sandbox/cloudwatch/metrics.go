package cloudwatch

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func (s *Service) putMetricData(in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	if str(in.Namespace) == "" {
		return nil, invalid("Namespace must not be empty")
	}
	for _, d := range in.MetricData {
		if str(d.MetricName) == "" {
			return nil, invalid("MetricName must not be empty")
		}
		if err := checkDimensions(d.Dimensions); err != nil {
			return nil, err
		}
		if len(d.Counts) > 0 && len(d.Counts) != len(d.Values) {
			return nil, invalid("Values and Counts must be of the same length")
		}
	}
	for _, d := range in.MetricData {
		at := time.Now()
		if d.Timestamp != nil {
			at = *d.Timestamp
		}
		m := naming(id{*in.Namespace, *d.MetricName, dimensions(d.Dimensions)})
		for _, p := range pointsOf(d) {
			s.add(m, at, p)
		}
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

func pointsOf(d types.MetricDatum) []point {
	var out []point
	if d.Value != nil {
		out = append(out, point{1, *d.Value, *d.Value, *d.Value})
	}
	for i, v := range d.Values {
		n := 1.0
		if len(d.Counts) > 0 {
			n = d.Counts[i]
		}
		if n > 0 {
			out = append(out, point{n, n * v, v, v})
		}
	}
	if v := d.StatisticValues; v != nil && v.SampleCount != nil && v.Sum != nil && v.Minimum != nil && v.Maximum != nil && *v.SampleCount > 0 {
		out = append(out, point{*v.SampleCount, *v.Sum, *v.Minimum, *v.Maximum})
	}
	return out
}

// getMetricStatistics answers in real time: its period is not shortened by the clock, since its start and end are
// not either.
func (s *Service) getMetricStatistics(in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	if in.StartTime == nil || in.EndTime == nil || !in.StartTime.Before(*in.EndTime) {
		return nil, invalid("StartTime must be before EndTime")
	}
	if in.Period == nil || *in.Period < 1 {
		return nil, invalid("Period must be at least 1")
	}
	period := time.Duration(*in.Period) * time.Second
	if in.EndTime.Sub(*in.StartTime)/period > 1440 {
		return nil, &types.InvalidParameterCombinationException{Message: ptr("You have requested more than the limit of 1,440 datapoints; reduce the range or enlarge the period")}
	}
	if len(in.ExtendedStatistics) > 0 || len(in.Statistics) == 0 {
		return nil, invalid("Statistics must name SampleCount, Average, Sum, Minimum or Maximum; percentiles are not part of the sandbox")
	}
	if err := checkDimensions(in.Dimensions); err != nil {
		return nil, err
	}
	key := id{str(in.Namespace), str(in.MetricName), dimensions(in.Dimensions)}.key()
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := in.StartTime.UTC().Truncate(period); at.Before(*in.EndTime); at = at.Add(period) {
		p := s.between(key, at, at.Add(period))
		if p.count == 0 {
			continue
		}
		d := types.Datapoint{Timestamp: ptr(at), Unit: types.StandardUnitNone}
		for _, stat := range in.Statistics {
			v, ok := p.value(string(stat))
			if !ok {
				return nil, invalid("Statistic %q is not known", stat)
			}
			*map[types.Statistic]**float64{"Sum": &d.Sum, "Average": &d.Average, "Minimum": &d.Minimum,
				"Maximum": &d.Maximum, "SampleCount": &d.SampleCount}[stat] = &v
		}
		out.Datapoints = append(out.Datapoints, d)
	}
	return out, nil
}

func (s *Service) listMetrics(in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(s.series)) {
		m := s.series[key].id
		if n := str(in.Namespace); n != "" && n != m.namespace {
			continue
		}
		if n := str(in.MetricName); n != "" && n != m.name {
			continue
		}
		if slices.ContainsFunc(in.Dimensions, func(f types.DimensionFilter) bool {
			v, has := m.dims[str(f.Name)]
			return !has || f.Value != nil && *f.Value != v
		}) {
			continue
		}
		one := types.Metric{Namespace: ptr(m.namespace), MetricName: ptr(m.name), Dimensions: []types.Dimension{}}
		for k, v := range m.dims {
			one.Dimensions = append(one.Dimensions, types.Dimension{Name: ptr(k), Value: ptr(v)})
		}
		slices.SortFunc(one.Dimensions, func(a, b types.Dimension) int { return cmp.Compare(*a.Name, *b.Name) })
		out.Metrics = append(out.Metrics, one)
	}
	return out, nil
}
