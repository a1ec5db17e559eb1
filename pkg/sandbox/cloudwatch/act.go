package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Principal is the caller of every alarm's action.
const Principal = "cloudwatch.amazonaws.com"

// act tells the topics among the actions of an alarm's new state, each by itself. An action of another kind is kept and
// described, and not taken. One that fails is told nobody but the log, as AWS tells it in the alarm's history alone.
func (s *Service) act(a *alarm, state types.StateValue, message []byte) {
	if s.srv == nil || a.ActionsEnabled != nil && !*a.ActionsEnabled {
		return
	}
	actions := map[types.StateValue][]string{
		types.StateValueAlarm: a.AlarmActions, types.StateValueOk: a.OKActions, types.StateValueInsufficientData: a.InsufficientDataActions,
	}[state]
	subject := fmt.Sprintf("%s: %q in %s", state, *a.AlarmName, s.opts.Region)
	for _, arn := range actions {
		if !strings.HasPrefix(arn, "arn:aws:sns:") {
			continue
		}
		s.work.Go(func() {
			ctx := wire.WithCaller(s.work.Context(), wire.Caller{ARN: Principal, Source: *a.AlarmArn})
			if err := s.publish(ctx, arn, subject[:min(len(subject), 100)], string(message)); err != nil {
				s.opts.Log.Warn("an alarm could not take its action", "alarm", *a.AlarmName, "action", arn, "error", err)
			}
		})
	}
}

func (s *Service) publish(ctx context.Context, topic, subject, message string) error {
	_, err := wire.Call[sns.PublishOutput](ctx, s.srv, &sns.PublishInput{TopicArn: &topic, Subject: &subject, Message: &message})
	return err
}

// message is what an action tells, in the shape of alarms' notifications
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html). The caller holds s.mu.
func (s *Service) message(a *alarm, before types.StateValue) []byte {
	dims := []map[string]string{}
	for _, d := range a.Dimensions {
		dims = append(dims, map[string]string{"name": *d.Name, "value": *d.Value})
	}
	text, _ := json.Marshal(map[string]any{ // texts and numbers
		"AlarmName": *a.AlarmName, "AlarmDescription": a.AlarmDescription, "AWSAccountId": s.opts.Account, "Region": s.opts.Region, "AlarmArn": *a.AlarmArn,
		"NewStateValue": a.StateValue, "OldStateValue": before, "NewStateReason": *a.StateReason, "StateChangeTime": stamp(*a.StateUpdatedTimestamp),
		"Trigger": map[string]any{
			"MetricName": *a.MetricName, "Namespace": *a.Namespace, "StatisticType": "Statistic", "Statistic": strings.ToUpper(string(a.Statistic)),
			"Dimensions": dims, "Period": *a.Period, "EvaluationPeriods": *a.EvaluationPeriods, "DatapointsToAlarm": a.DatapointsToAlarm,
			"ComparisonOperator": a.ComparisonOperator, "Threshold": *a.Threshold, "TreatMissingData": missing(a),
		},
	})
	return text
}
