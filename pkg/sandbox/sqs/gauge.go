package sqs

import "time"

// Gauge is the present value of a metric of CloudWatch's namespace AWS/SQS; false for those that are not kept, and for a
// queue that is not there.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (s *Service) Gauge(namespace, metric string, dims map[string]string) (float64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[dims["QueueName"]]
	if namespace != "AWS/SQS" || metric != "ApproximateNumberOfMessagesVisible" || q == nil {
		return 0, false
	}
	now, n := time.Now(), 0
	q.expire(now)
	for _, m := range q.messages {
		if !m.visible.After(now) {
			n++
		}
	}
	return float64(n), true
}
