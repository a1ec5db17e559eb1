package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// extraPeriods is how many more periods than it needs an alarm looks back for data when some are missing. AWS's
// examples use two for an alarm over three periods; the number in general is not documented. It is why an alarm over
// a sparse metric stays in ALARM for a while after the last bad data point.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
const extraPeriods = 2

// judge decides an alarm's state from its newest periods, newest first: n to evaluate, m of which must breach. A nil
// value is missing. keep means that the state stays what it is; breaching counts the periods that breached.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
func judge(newest []*bool, m, n int, missing string) (state types.StateValue, breaching int, keep bool) {
	var real []bool
	for _, v := range newest[:min(len(newest), n+extraPeriods)] {
		if v != nil && len(real) < n {
			real = append(real, *v)
		}
	}
	for _, bad := range real {
		if bad {
			breaching++
		}
	}
	gaps := n - len(real)
	if breaching >= m || missing == "breaching" && breaching+gaps >= m {
		return types.StateValueAlarm, breaching, false
	}
	switch {
	case missing == "breaching" || missing == "notBreaching" || breaching < len(real):
		return types.StateValueOk, breaching, false
	case missing == "ignore":
		return "", breaching, true
	case len(real) == 0:
		return types.StateValueInsufficientData, 0, false
	}
	// Everything known is bad, but it is too little: AWS alarms once the oldest bad period is m periods old.
	for age := min(n+extraPeriods, len(newest)); age >= m; age-- {
		if newest[age-1] != nil {
			return types.StateValueAlarm, breaching, false
		}
	}
	return "", breaching, true
}

var operators = map[types.ComparisonOperator]struct {
	words string
	holds func(v, threshold float64) bool
}{
	types.ComparisonOperatorGreaterThanThreshold:          {"greater than", func(v, t float64) bool { return v > t }},
	types.ComparisonOperatorGreaterThanOrEqualToThreshold: {"greater than or equal to", func(v, t float64) bool { return v >= t }},
	types.ComparisonOperatorLessThanThreshold:             {"less than", func(v, t float64) bool { return v < t }},
	types.ComparisonOperatorLessThanOrEqualToThreshold:    {"less than or equal to", func(v, t float64) bool { return v <= t }},
}
