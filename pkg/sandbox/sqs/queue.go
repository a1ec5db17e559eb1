package sqs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// maxMessages that one queue keeps; AWS knows no such limit.
const maxMessages = 100_000

// queue is guarded by Service.mu.
type queue struct {
	name, url, arn string
	created        time.Time
	modified       time.Time
	attributes     map[string]string
	tags           map[string]string
	messages       []*message // oldest first
	changed        signal.Signal
	gone           bool
}

type message struct {
	id         string
	body       string
	md5        string
	attributes map[string]types.MessageAttributeValue
	attrMD5    string
	sender     string
	sent       time.Time
	visible    time.Time // not received before
	first      time.Time // first received
	received   int
	handle     string
	under      sealed
}

// defaults of a standard queue's attributes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func defaults() map[string]string {
	return map[string]string{
		"VisibilityTimeout": "30", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "DelaySeconds": "0",
		"ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true",
	}
}

// bounds of the numeric attributes.
var bounds = map[string][2]int{
	"VisibilityTimeout": {0, 43200}, "MaximumMessageSize": {1024, 1048576}, "MessageRetentionPeriod": {60, 1209600},
	"DelaySeconds": {0, 900}, "ReceiveMessageWaitTimeSeconds": {0, 20}, "KmsDataKeyReusePeriodSeconds": {60, 86400},
}

// texts are the attributes that are kept as they are.
var texts = []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"}

// check says which of the attributes cannot be set.
func check(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		v := attributes[name]
		b, numeric := bounds[name]
		switch {
		case numeric:
			if n, err := strconv.Atoi(v); err != nil || n < b[0] || n > b[1] {
				return invalidValue(name)
			}
		case !slices.Contains(texts, name):
			return unknownAttribute(name)
		case name == "RedrivePolicy" && v != "":
			if _, ok := parseRedrive(v); !ok {
				return invalidValue(name)
			}
		}
	}
	return nil
}

type redrive struct {
	target string
	most   int
}

// parseRedrive reads {"deadLetterTargetArn": "…", "maxReceiveCount": 3}, whose count may be a string.
func parseRedrive(text string) (redrive, bool) {
	var p struct {
		DeadLetterTargetArn string          `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.RawMessage `json:"maxReceiveCount"`
	}
	if json.Unmarshal([]byte(text), &p) != nil {
		return redrive{}, false
	}
	n, err := strconv.Atoi(strings.Trim(string(p.MaxReceiveCount), `"`))
	return redrive{p.DeadLetterTargetArn, n}, err == nil && n >= 1 && n <= 1000 && p.DeadLetterTargetArn != ""
}

// seconds of a numeric attribute.
func (q *queue) seconds(name string) time.Duration {
	n, err := strconv.Atoi(q.attributes[name])
	if err != nil {
		return 0 // check has read it
	}
	return time.Duration(n) * time.Second
}

// expire drops what is older than the retention period.
func (q *queue) expire(now time.Time) {
	oldest := now.Add(-q.seconds("MessageRetentionPeriod"))
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return m.sent.Before(oldest) })
}

// all attributes, those that are counted too.
func (q *queue) all(now time.Time) map[string]string {
	q.expire(now)
	visible, delayed, hidden := 0, 0, 0
	for _, m := range q.messages {
		switch {
		case !m.visible.After(now):
			visible++
		case m.received == 0:
			delayed++
		default:
			hidden++
		}
	}
	out := maps.Clone(q.attributes)
	for name, v := range map[string]string{
		"QueueArn":                              q.arn,
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
	} {
		out[name] = v
	}
	return out
}
